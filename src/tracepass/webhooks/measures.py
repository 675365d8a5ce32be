"""What metrics tell of webhooks."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

ATTEMPTS = Counter("tracepass_webhook_attempts_total", "Attempts to deliver an event, by outcome", ("outcome",))
ENDED = Counter("tracepass_webhook_deliveries_total", "Deliveries that are over, by outcome", ("outcome",))
LATENCY = Histogram("tracepass_webhook_attempt_seconds", "Time a receiver took to answer, in seconds")
OUTBOX = Gauge(
    "tracepass_webhook_outbox_records",
    "Events nobody has looked at yet, counted up to 10,000",
    multiprocess_mode="mostrecent",
)
PENDING = Gauge("tracepass_webhook_deliveries_pending", "Deliveries that are not over", multiprocess_mode="mostrecent")
OVERDUE = Gauge(
    "tracepass_webhook_oldest_overdue_seconds", "How long the oldest delivery is due", multiprocess_mode="mostrecent"
)
