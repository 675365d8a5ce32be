"""Valid values of every AI, messages and links of them, for hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hypothesis import strategies as st

from tracepass.gs1.applicationidentifiers import AI_TABLE, ApplicationIdentifier, Part
from tracepass.gs1.checkdigit import check_digit
from tracepass.gs1.codes import COUNTRY_BY_LETTERS, COUNTRY_BY_NUMBER, CURRENCY_BY_NUMBER, PACKAGE_TYPES
from tracepass.gs1.elements import Element
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.linkpaths import PATHS
from tracepass.gs1.linters import CSET39, CSET64, CSET82, check_characters

Texts = st.SearchStrategy[str]
ALPHABETS = {"n": "0123456789", "x": CSET82, "y": CSET39, "z": CSET64}
ANYTHING = st.text() | st.text("()^|\\\x1d0123456789ABCab%/?&=#:.+]CQdeEJ~_- ", max_size=60)


def digits(shortest: int, longest: int) -> Texts:
    return st.text(ALPHABETS["n"], min_size=shortest, max_size=longest)


def with_check_digit(width: int) -> Texts:
    return digits(width - 1, width - 1).map(lambda body: body + check_digit(body))


def days(*, whole: bool) -> Texts:
    return st.dates().map(lambda day: f"{day:%y%m%d}" if whole or day.day % 7 else f"{day:%y%m}00")


def times() -> Texts:
    return st.times().map(lambda time: f"{time:%H%M}")


def numbers(lowest: int, highest: int, width: int) -> Texts:
    return st.integers(lowest, highest).map(lambda number: str(number).zfill(width))


def ibans() -> Texts:
    """Return IBANs of a made-up bank, with the check digits of ISO 13616."""
    return digits(10, 20).map(lambda account: f"DE{98 - int(account + '131400') % 97:02}{account}")


def pieces() -> Texts:
    return st.integers(1, 99).flatmap(lambda total: st.integers(1, total).map(lambda piece: f"{piece:02}{total:02}"))


BY_CHECK: Mapping[str, Callable[[Part], Texts]] = {
    "check-digit": lambda part: with_check_digit(part.maximum),
    "country": lambda _: st.sampled_from(sorted(COUNTRY_BY_NUMBER)),
    "country-letters": lambda _: st.sampled_from(sorted(COUNTRY_BY_LETTERS)),
    "country-or-999": lambda _: st.sampled_from([*sorted(COUNTRY_BY_NUMBER), "999"]),
    "coupon": lambda _: digits(11, 11).map(lambda body: f"0614141{body[:6]}1{body[6]}1{body[7]}0{body[8:]}"),
    "currency": lambda _: st.sampled_from(sorted(CURRENCY_BY_NUMBER)),
    "date": lambda _: days(whole=True),
    "date-or-month": lambda _: days(whole=False),
    "flag": lambda _: st.sampled_from("01"),
    "hour": lambda _: numbers(0, 23, 2),
    "hyphen": lambda _: st.just("-"),
    "iban": lambda _: ibans(),
    "importer-index": lambda _: st.sampled_from(CSET64),
    "latitude": lambda _: numbers(0, 1_800_000_000, 10),
    "long-date": lambda _: st.dates().map(lambda day: day.strftime("%Y%m%d").zfill(8)),
    "longitude": lambda _: numbers(0, 3_600_000_000, 10),
    "media-type": lambda _: numbers(80, 99, 2),
    "minute": lambda _: numbers(0, 59, 2),
    "no-leading-zero": lambda part: st.integers(1, 10**part.maximum - 1).map(str),
    "not-zero": lambda part: numbers(1, 10**part.maximum - 1, part.maximum),
    "package-type": lambda _: st.sampled_from(sorted(PACKAGE_TYPES)),
    "percent-encoded": lambda _: st.just("Caf%C3%A9+1"),
    "piece-of-total": lambda _: pieces(),
    "place-of-all": lambda _: st.sampled_from(["1/1", "1/9", "9/9"]),
    "positive-offer": lambda _: digits(18, 18).map(lambda body: f"00{body[:6]}{body[6:12]}0{body[12:]}"),
    "second": lambda _: numbers(0, 59, 2),
    "sex": lambda _: st.sampled_from("0129"),
    "time": lambda _: times(),
    "winding": lambda _: st.sampled_from("019"),
    "zero": lambda part: st.just("0" * part.maximum),
}


def _of_part(part: Part) -> Texts:
    if "check-pair" in part.checks:
        bodies = st.text(ALPHABETS["x"], max_size=part.maximum - 7).map(lambda tail: f"1987A{tail}")
        if "prefix-at-1" in part.checks:
            bodies = bodies.map(lambda body: f"1987{body[4:]}")
        return bodies.map(lambda body: body + check_characters(body))
    for check in part.checks:
        if check in BY_CHECK:
            return BY_CHECK[check](part)
    texts = st.text(ALPHABETS[part.characters], min_size=part.minimum, max_size=part.maximum)
    if part.checks == ("prefix-at-1",):
        return texts.map(lambda text: f"9521{text}"[: part.maximum])
    return texts


@st.composite
def values(draw: st.DrawFn, ai: ApplicationIdentifier) -> str:
    """Return a valid value of an AI; optional parts are left out from some part on."""
    written = ""
    for part in ai.parts:
        if part.optional and draw(st.booleans()):
            break
        written += draw(_of_part(part))
    return written


@st.composite
def elements(draw: st.DrawFn) -> Element:
    """Return a valid AI with its value."""
    ai = draw(st.sampled_from(list(AI_TABLE.values())))
    return Element(ai.code, draw(values(ai)))


def messages() -> st.SearchStrategy[list[Element]]:
    """Return AIs with valid values that stand beside each other as they like."""
    return st.lists(elements(), min_size=1, max_size=6, unique_by=lambda element: element.ai)


@st.composite
def linkable(draw: st.DrawFn) -> list[Element]:
    """Return the AIs of a link: a key with some of its qualifiers, and attributes that belong nowhere else."""
    path = draw(st.sampled_from(sorted(PATHS)))
    attributes = [
        ai
        for ai in AI_TABLE.values()
        if ai.attribute
        and not ai.primary_key
        and ai.code not in {"10", "22", "21", "235", "254", "7040", "8011", "8019"}
    ]
    chosen = draw(st.lists(st.sampled_from(attributes), max_size=4, unique_by=lambda ai: ai.code))
    codes = [*path, *(ai.code for ai in chosen if ai.code not in path)]
    if path[0] == "415":
        codes = [code for code in codes if code != "8020" or code in path]
    return [Element(code, draw(values(AI_TABLE[code]))) for code in codes]


def fault_of(read: Callable[[], object]) -> Gs1SyntaxError | None:
    """Return why something is refused, if it is; any other error passes through."""
    try:
        read()
    except Gs1SyntaxError as refused:
        return refused
    return None


def bare(elements: object) -> list[tuple[str, str]]:
    """Return AIs and values without their places."""
    assert isinstance(elements, list | tuple)
    return [(element.ai, element.value) for element in elements]
