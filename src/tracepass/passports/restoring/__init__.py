"""Passports of exports, taken in again."""
