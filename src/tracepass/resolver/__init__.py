"""What a scan leads to: the passport as a page for people and as data for programs, without a key."""
