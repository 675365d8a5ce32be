"""TracePass: an open, self-hostable, multi-tenant Digital Product Passport platform."""

__version__ = "0.1.0"
