"""The heart: digital product passports, from draft to archive."""
