"""What products in use tell of themselves: readings of the fields of a template that are filled by telemetry."""
