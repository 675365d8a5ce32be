"""Whether a passport says all that the law asks of it: rules as a table of small pure functions."""

from tracepass.passports.compliance.engine import Report, examine
from tracepass.passports.compliance.facts import Facts
from tracepass.passports.compliance.tally import tally, tally_key

__all__ = ["Facts", "Report", "examine", "tally", "tally_key"]
