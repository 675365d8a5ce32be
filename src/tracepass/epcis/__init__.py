"""EPCIS 2.0: events are read, checked, brought into one form, hashed, stored and asked for."""
