"""The tools as the rest of the product sees them: a body in, an answer out, nothing kept."""

from __future__ import annotations

from tracepass.core.clock import Clock
from tracepass.tools.barcodes import decode_barcode
from tracepass.tools.batches import Answer, answer_each
from tracepass.tools.countries import load_countries
from tracepass.tools.epcs import decode, encode
from tracepass.tools.models import BarcodeItem, DecodeItem, EncodeItem, SerialItem, ToolBody
from tracepass.tools.serials import validate_serial


class Tools:
    """The GS1 tools; they know the day, for years of two digits, and the rules of countries."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._countries = load_countries()

    def encode(self, body: ToolBody) -> Answer:
        """Write keys as EPCs.

        Raises:
            Invalid: the one item, or the batch as a whole, cannot be.
        """
        return answer_each(body, EncodeItem, encode)

    def decode(self, body: ToolBody) -> Answer:
        """Read EPCs in any notation.

        Raises:
            Invalid: the one item, or the batch as a whole, cannot be.
        """
        return answer_each(body, DecodeItem, decode)

    def decode_barcode(self, body: ToolBody) -> Answer:
        """Read scans; what the standard refuses is answered with its faults.

        Raises:
            Invalid: the request is malformed.
        """
        today = self._clock().date()
        return answer_each(body, BarcodeItem, lambda item: decode_barcode(item, today=today))

    def validate_serial(self, body: ToolBody) -> Answer:
        """Hold serial numbers against the standard and the rules of a country.

        Raises:
            Invalid: the request is malformed.
            UnknownCountry: there are no rules for that country.
        """
        return answer_each(body, SerialItem, lambda item: validate_serial(item, self._countries))
