"""Makes a site of the guides under docs/: ``make site``."""
