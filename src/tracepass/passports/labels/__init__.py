"""Sheets and rolls of labels for many passports, as PDF."""
