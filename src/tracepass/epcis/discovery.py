"""What OPTIONS tells of a path (EPCIS 2.0, 12.6): methods, versions, forms and limits."""

from __future__ import annotations

from collections.abc import Collection

from tracepass import __version__
from tracepass.api.policy import JSON_LIMIT
from tracepass.epcis.contexts import STANDARD_PREFIXES
from tracepass.epcis.models import CAPTURE_BYTES, CAPTURE_LIMIT
from tracepass.epcis.negotiation import FULL, WRITTEN

NEWEST, OLDEST = FULL[WRITTEN[0]], FULL[WRITTEN[-1]]
LIMITS = {"GS1-EPCIS-Capture-Limit": str(CAPTURE_LIMIT), "GS1-EPCIS-Capture-File-Size-Limit": str(CAPTURE_BYTES)}
_ONE = {"GS1-EPCIS-Capture-Limit": "1", "GS1-EPCIS-Capture-File-Size-Limit": str(JSON_LIMIT)}
_VERSIONS = {
    "GS1-EPCIS-Version": NEWEST,
    "GS1-EPCIS-Min": OLDEST,
    "GS1-EPCIS-Max": NEWEST,
    "GS1-CBV-Version": NEWEST,
    "GS1-CBV-Min": OLDEST,
    "GS1-CBV-Max": NEWEST,
}
_FORMS = {"GS1-EPC-Format": "No_Preference", "GS1-CBV-XML-Format": "No_Preference"}
"""Any form is written here."""


def discovery_headers(path: str, methods: Collection[str]) -> dict[str, str]:
    """Return what is told of a path that takes some methods."""
    told = {
        "Allow": ", ".join(sorted({*methods, "OPTIONS"})),
        **_VERSIONS,
        **_FORMS,
        "GS1-Extensions": ", ".join(f"{prefix}={STANDARD_PREFIXES[prefix]}" for prefix in ("cbvmda", "gs1")),
        "GS1-Vendor-Version": f"TracePass {__version__}",
    }
    if path.endswith("/capture"):
        told |= {**LIMITS, "GS1-Capture-Error-Behaviour": "all"}
    return told


def limits_of(place: str) -> dict[str, str]:
    """Return how much may be sent to a path below the prefix; empty where nothing is captured."""
    return {"/capture": LIMITS, "/events": _ONE}.get(place, {})
