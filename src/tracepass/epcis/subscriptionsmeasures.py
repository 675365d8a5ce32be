"""What metrics tell of subscriptions."""

from __future__ import annotations

from prometheus_client import Counter

ATTEMPTS = Counter(
    "tracepass_epcis_subscription_attempts_total", "Attempts to send events to a subscription, by outcome", ("outcome",)
)
EVENTS = Counter("tracepass_epcis_subscription_events_total", "Events that subscriptions have taken")
