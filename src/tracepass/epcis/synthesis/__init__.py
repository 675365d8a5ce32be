"""Made-up chains of events, for tests and demonstrations: the same plan gives the same bytes."""
