"""Languages: the 24 of the European Union, negotiation, and which text of a field a reader gets."""

from tracepass.locale.negotiation import LOCALES, UnknownLocale, check_locale, negotiate
from tracepass.locale.resolution import ResolvedValue, resolve

__all__ = ["LOCALES", "ResolvedValue", "UnknownLocale", "check_locale", "negotiate", "resolve"]
