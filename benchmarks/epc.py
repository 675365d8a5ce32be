"""``python -m benchmarks.epc``: what one EPC costs us and what it costs epcpy, in microseconds, in the same run."""

from __future__ import annotations

import importlib
import timeit
import warnings
from collections.abc import Callable, Mapping

from tracepass.gs1.epc import encode_tag, from_values, parse_hex, parse_urn, to_hex, to_urn, to_values

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # epcpy's patterns hold escapes that Python warns of when it compiles them
    peer = importlib.import_module("epcpy")
    parsers = importlib.import_module("epcpy.utils.parsers")
    sgtins = importlib.import_module("epcpy.epc_schemes.sgtin")

URN = "urn:epc:id:sgtin:0614141.812345.6789"
VALUES = {"01": "80614141123458", "21": "6789"}
ELEMENT_STRING = "(01)80614141123458(21)6789"
MEMORY = "3034257BF7194E4000001A85"
CODING = sgtins.SGTIN.BinaryCodingScheme.SGTIN_96
FILTER = sgtins.SGTINFilterValue.POS_ITEM
ROUNDS, TIMES = 5, 20_000

CASES: Mapping[str, tuple[Callable[[], object], Callable[[], object]]] = {
    "URN to key": (
        lambda: to_values(parse_urn(URN)),
        lambda: peer.epc_pure_identity_to_gs1_element_string(URN),
    ),
    "key to URN": (
        lambda: to_urn(from_values(VALUES, 7)),
        lambda: parsers.gs1_element_string_to_gs1_element(ELEMENT_STRING, 7).epc_uri,
    ),
    "URN to memory": (
        lambda: to_hex(encode_tag(parse_urn(URN), "sgtin-96", filter_value=1)),
        lambda: peer.epc_pure_identity_to_tag_encodable(URN).hex(binary_coding_scheme=CODING, filter_value=FILTER),
    ),
    "memory to URN": (
        lambda: to_urn(parse_hex(MEMORY).epc),
        lambda: peer.hex_to_tag_encodable(MEMORY).epc_uri,
    ),
}


def main() -> None:
    """Measure each case on both sides, turn by turn, and print the table."""
    print(f"{'':16}{'ours us':>10}{'epcpy us':>10}{'ratio':>8}")
    for name, sides in CASES.items():
        ours, theirs = (min(times) for times in zip(*(_turn(sides) for _ in range(ROUNDS)), strict=True))
        print(f"{name:16}{ours:>10.2f}{theirs:>10.2f}{ours / theirs:>8.2f}")


def _turn(sides: tuple[Callable[[], object], ...]) -> list[float]:
    return [timeit.timeit(side, number=TIMES) / TIMES * 1e6 for side in sides]


if __name__ == "__main__":
    main()
