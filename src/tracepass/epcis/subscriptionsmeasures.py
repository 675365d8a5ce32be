"""What metrics tell of subscriptions."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

ATTEMPTS = Counter(
    "tracepass_epcis_subscription_attempts_total", "Attempts to send events to a subscription, by outcome", ("outcome",)
)
EVENTS = Counter("tracepass_epcis_subscription_events_total", "Events that subscriptions have taken")
FEED = Gauge(
    "tracepass_epcis_feed_entries",
    "Captures nobody has held against subscriptions yet, counted up to 10,000",
    multiprocess_mode="mostrecent",
)
OVERDUE = Gauge(
    "tracepass_epcis_subscription_oldest_overdue_seconds",
    "How long the oldest subscription is due",
    multiprocess_mode="mostrecent",
)
