"""``python -m benchmarks.gs1``: what reading GS1 data costs us and what it costs biip, in microseconds, in one run.

Both sides read the same valid messages. biip reads less strictly: it neither refuses AIs that must not stand beside
each other nor AIs that lack what they need.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable, Sequence
from typing import NamedTuple

from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_messages import GS1Message

from tracepass.gs1.elements import GS, parse_element_string
from tracepass.gs1.link import parse_link

MESSAGES = (
    ("01", "09521101221183", "21", "12345678", "10", "ABC123", "17", "261231"),
    ("01", "04012345000016", "10", "L-2026/11"),
    ("00", "952012345678912345"),
    ("02", "09520123456788", "37", "25", "00", "952012345678912345", "10", "ABC123"),
    ("01", "95012345678903", "3103", "000123", "3922", "0299", "15", "270131", "11", "261120"),
    ("01", "09521101221183", "422", "276", "7003", "2612312359", "21", "A1b2C3d4E5f6G7h8I9j0"),
    ("414", "9520123456788", "254", "32a/b"),
    ("8003", "09520123456788ABC"),
)
LINKS = (
    "https://id.gs1.org/01/09521101221183/10/ABC123/21/12345678?17=261231",
    "https://id.example.com/p/01/04012345000016/10/L-2026%2F11",
    "https://id.gs1.org/00/952012345678912345",
    "https://id.gs1.org/00/952012345678912345?02=09520123456788&37=25&10=ABC123",
    "https://example.com/01/95012345678903?3103=000123&3922=0299&15=270131&11=261120",
    "https://example.com/some/where/01/09521101221183/21/A1b2C3d4E5f6G7h8I9j0?422=276&7003=2612312359",
    "https://id.gs1.org/414/9520123456788/254/32a%2Fb",
    "https://id.gs1.org/8003/09520123456788ABC",
)
FIXED = frozenset({"00", "01", "02", "11", "15", "17", "3103", "414"})
ROUNDS, TIMES = 7, 300


class Side(NamedTuple):
    """One way of reading, and what it reads."""

    read: Callable[[str], object]
    texts: Sequence[str]

    def run(self) -> None:
        """Read everything once."""
        for text in self.texts:
            self.read(text)


def joined(message: tuple[str, ...]) -> str:
    """Write a message without its leading FNC1."""
    pairs = list(zip(message[::2], message[1::2], strict=True))
    ends = ["" if ai in FIXED else GS for ai, _ in pairs[:-1]]
    return "".join(ai + value + end for (ai, value), end in zip(pairs, [*ends, ""], strict=True))


def main() -> None:
    """Measure both kinds on both sides, turn by turn, and print the table."""
    texts = [joined(message) for message in MESSAGES]
    cases = {
        "element string": (Side(parse_element_string, [GS + text for text in texts]), Side(GS1Message.parse, texts)),
        "Digital Link": (Side(parse_link, LINKS), Side(GS1DigitalLinkURI.parse, LINKS)),
    }
    print(f"{'':16}{'ours us':>10}{'biip us':>10}{'ratio':>8}")
    for name, sides in cases.items():
        ours, theirs = (min(times) for times in zip(*(_turn(sides) for _ in range(ROUNDS)), strict=True))
        print(f"{name:16}{ours:>10.2f}{theirs:>10.2f}{ours / theirs:>8.2f}")


def _turn(sides: tuple[Side, ...]) -> list[float]:
    return [timeit.timeit(side.run, number=TIMES) / TIMES / len(side.texts) * 1e6 for side in sides]


if __name__ == "__main__":
    main()
