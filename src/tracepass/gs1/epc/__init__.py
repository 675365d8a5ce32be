"""EPCs: pure identity URNs, class patterns, tag URIs and tag memory, to and from GS1 keys (EPC Tag Data Standard 1.13).

An ``Epc`` is the one value in the middle; every notation is a pair of functions around it::

    parse_urn   <-> to_urn            urn:epc:id:sgtin:0614141.812345.6789
    from_values <-> to_values         {"01": "80614141123458", "21": "6789"}
    from_link   <-> to_link           https://id.gs1.org/01/80614141123458/21/6789
    parse_tag_uri, parse_hex <-> encode_tag   urn:epc:tag:sgtin-96:3.0614141.812345.6789
"""

from __future__ import annotations

from tracepass.gs1.epc.errors import EpcError
from tracepass.gs1.epc.identity import Epc, from_values, parse_urn, to_urn, to_values
from tracepass.gs1.epc.links import from_link, to_link
from tracepass.gs1.epc.memory import parse_hex, to_hex
from tracepass.gs1.epc.patterns import Pattern, parse_pattern
from tracepass.gs1.epc.schemes import SCHEMES, Scheme, Serial
from tracepass.gs1.epc.tags import TAG_SCHEMES, Tag, TagScheme, encode_tag, parse_tag_uri

__all__ = [
    "SCHEMES",
    "TAG_SCHEMES",
    "Epc",
    "EpcError",
    "Pattern",
    "Scheme",
    "Serial",
    "Tag",
    "TagScheme",
    "encode_tag",
    "from_link",
    "from_values",
    "parse_hex",
    "parse_pattern",
    "parse_tag_uri",
    "parse_urn",
    "to_hex",
    "to_link",
    "to_urn",
    "to_values",
]
