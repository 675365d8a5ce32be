"""Verifiable passports: what the public may see of a passport, signed by the key of its company."""
