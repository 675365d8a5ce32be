"""What a caller and we agree upon: media type, versions, and the notation of identifiers and vocabulary.

The headers are those of the REST binding (EPCIS 2.0, 12.6 and 12.7): a caller names the versions it can read, and how
it wants to read; the answer says what became of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, Protocol, get_args

from tracepass.core.errors import Invalid, Refusal
from tracepass.epcis.accepting import JSON, JSON_LD, TEXT_XML, XML, best_of
from tracepass.epcis.epcformats import EpcFormat
from tracepass.epcis.xml import CbvFormat

EVENTS: Final = (JSON, JSON_LD, XML, TEXT_XML)
"""Types of events and of documents of events."""
JOBS: Final = (JSON, XML, TEXT_XML)
COLLECTIONS: Final = (JSON, JSON_LD)
PLAIN: Final = (JSON,)

XML_TYPES: Final = frozenset({XML, TEXT_XML})
Version = Literal["2.0", "1.2"]
WRITTEN: Final[tuple[Version, ...]] = ("2.0", "1.2")
"""Versions of EPCIS and of its vocabulary that answers can be written in, newest first; JSON has the newest alone."""
FULL: Final[Mapping[Version, str]] = {"2.0": "2.0.0", "1.2": "1.2.0"}
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}")
SHORT = 500
_NONE, _MANY = (0, 0), (9999, 0)


class Headers(Protocol):
    """Headers of a request, each as often as it came."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Return names and values."""
        ...


Said = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Style:
    """How an answer is written.

    ``extensions`` are prefixes that the caller declares, by what they stand for.
    """

    media: str = JSON
    version: Version = "2.0"
    epc: EpcFormat = "Never_Translates"
    cbv: CbvFormat = "No_Preference"
    extensions: Mapping[str, str] | None = None

    @property
    def is_xml(self) -> bool:
        """Tell whether the answer is XML."""
        return self.media in XML_TYPES

    @property
    def headers(self) -> dict[str, str]:
        """Return what every answer says of itself."""
        about = {"GS1-EPCIS-Version": FULL[self.version], "GS1-CBV-Version": FULL[self.version], "Vary": "Accept"}
        if self.extensions:
            about["GS1-Extensions"] = ", ".join(f"{prefix}={uri}" for prefix, uri in self.extensions.items())
        return about


class NotAcceptable(Refusal):
    """Nothing that can be answered here is what the caller accepts."""

    def __init__(self, message: str, *, offered: Iterable[str]) -> None:
        super().__init__("not_acceptable", message, details={"offered": list(offered)})


def style_of(headers: Headers, offers: Sequence[str]) -> Style:
    """Agree with a caller; ``offers`` are the media types in which the answer can be written, the usual one first.

    Raises:
        Invalid: a header of the standard has a value that is none.
        NotAcceptable: no offer, or no version, is what the caller accepts.
    """
    said = tuple(_said(headers).items())
    # Callers say the same again and again; what is long is not remembered.
    agree = _agreed if sum(len(value) for _, value in said) <= SHORT else _agreed.__wrapped__
    return agree(said, tuple(offers))


@lru_cache(maxsize=256)
def _agreed(pairs: tuple[tuple[str, str], ...], offers: tuple[str, ...]) -> Style:
    said = dict(pairs)
    faults: dict[str, list[str]] = {}
    epc = _word(said, "GS1-EPC-Format", get_args(EpcFormat), "Never_Translates", faults)
    cbv = _word(said, "GS1-CBV-XML-Format", get_args(CbvFormat), "No_Preference", faults)
    extensions = _extensions(said, faults)
    epcis, vocabulary = (_bounds(said, name, faults) for name in ("EPCIS", "CBV"))
    if faults:
        raise Invalid(faults)
    for name, bounds in (("EPCIS", epcis), ("CBV", vocabulary)):
        _demand_known(name, bounds)
    versions = [one for one in WRITTEN if epcis.holds(one) and vocabulary.holds(one)]
    media, version = _chosen(said.get("accept", ""), offers, versions)
    return Style(media, version, epc, "Always_URN" if version == "1.2" else cbv, extensions)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Bounds:
    """The oldest and the newest version that a caller can read, and the one its request is written in."""

    least: tuple[int, int]
    most: tuple[int, int]
    spoken: tuple[int, int] | None

    def holds(self, version: Version) -> bool:
        """Tell whether a caller can read a version; what comes behind its second number mends it and no more."""
        return self.least <= _numbers(version) <= self.most


def _chosen(accept: str, offers: Sequence[str], versions: Sequence[Version]) -> tuple[str, Version]:
    """Return media type and version: the newest that can be written in a type that is accepted."""
    for version in versions:
        media = best_of(accept, offers if version == WRITTEN[0] else [one for one in offers if one in XML_TYPES])
        if media is not None:
            return media, version
    if not versions:
        message = "No version that can be read by you is written here."
        raise NotAcceptable(message, offered=FULL.values())
    raise NotAcceptable(f"This is answered as {', '.join(offers)}.", offered=offers)


def _demand_known(name: str, bounds: _Bounds) -> None:
    if bounds.spoken is not None and bounds.spoken not in map(_numbers, WRITTEN):
        message = f"GS1-{name}-Version: this version is not understood here."
        raise NotAcceptable(message, offered=FULL.values())


def _numbers(version: str) -> tuple[int, int]:
    first, second, *_ = [*map(int, version.split(".")), 0]
    return first, second


def _said(headers: Headers) -> Said:
    """Return what a request says of the form of its answer; a header that came in parts as one."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        if key == "accept" or key.startswith("gs1-"):
            found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _bounds(said: Said, name: str, faults: dict[str, list[str]]) -> _Bounds:
    least, most, spoken = (_version(said, f"GS1-{name}-{end}", faults) for end in ("Min", "Max", "Version"))
    if least is not None and most is not None and least > most:
        faults[f"GS1-{name}-Min"] = [f"must not be above GS1-{name}-Max"]
    return _Bounds(least or _NONE, most or _MANY, spoken)


def _version(said: Said, header: str, faults: dict[str, list[str]]) -> tuple[int, int] | None:
    text = said.get(header.lower())
    if not text:
        return None
    if not _VERSION.fullmatch(text):
        faults[header] = ["must be a version like 2.0.0"]
        return None
    return _numbers(text)


def _word(said: Said, header: str, known: Sequence[str], usual: str, faults: dict[str, list[str]]) -> str:
    text = said.get(header.lower()) or usual
    if text not in known:
        faults[header] = [f"must be one of {', '.join(known)}"]
    return text


def _extensions(said: Said, faults: dict[str, list[str]]) -> dict[str, str]:
    """Return the prefixes that a caller declares: ``GS1-Extensions: ex=http://ns.example.com/, ...``."""
    declared = {}
    for part in said.get("gs1-extensions", "").split(","):
        prefix, equals, namespace = part.strip().partition("=")
        if prefix and not (equals and namespace):
            faults["GS1-Extensions"] = ["must be prefix=namespace, with commas between"]
        elif prefix:
            declared[prefix] = namespace
    return declared
