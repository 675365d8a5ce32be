"""A run of bits that is written and read a few at a time."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

_HEXADECIMAL = "0123456789ABCDEF"
_GROUP = 4
_GROUP_BYTES = 3
_CHARACTER_BITS = 6


class BitsEnded(Exception):
    """More bits were asked for than there are."""


class Bits:
    """Bits in one number, most significant first, with a place to read from."""

    def __init__(self, number: int = 0, length: int = 0) -> None:
        self._number = number
        self._length = length
        self._at = 0

    @classmethod
    def from_base64(cls, text: str) -> Bits:
        """Read characters of file-safe base64 as six bits each."""
        missing = -len(text) % _GROUP
        number = int.from_bytes(urlsafe_b64decode(text + "A" * missing), "big")
        return cls(number >> missing * _CHARACTER_BITS, len(text) * _CHARACTER_BITS)

    def to_base64(self) -> str:
        """Write the bits as characters of file-safe base64, filled up with zeros."""
        count = -(-self._length // _CHARACTER_BITS)
        groups = -(-count // _GROUP)
        number = self._number << groups * _GROUP * _CHARACTER_BITS - self._length
        return urlsafe_b64encode(number.to_bytes(groups * _GROUP_BYTES, "big")).decode()[:count]

    @property
    def left(self) -> int:
        """Return how many bits have not been read."""
        return self._length - self._at

    @property
    def only_zeros_left(self) -> bool:
        """Tell whether what has not been read is all zeros."""
        return not self._number & ((1 << self.left) - 1)

    def write(self, number: int, width: int) -> None:
        """Append a number as that many bits."""
        self._number = self._number << width | number
        self._length += width

    def write_digits(self, digits: str) -> None:
        """Append hexadecimal digits, four bits each."""
        for digit in digits:
            self.write(_HEXADECIMAL.index(digit), 4)

    def read(self, width: int) -> int:
        """Take a number of that many bits.

        Raises:
            BitsEnded: there are not so many.
        """
        if width > self.left:
            raise BitsEnded
        self._at += width
        return self._number >> self.left & ((1 << width) - 1)

    def read_digits(self, count: int) -> str:
        """Take that many hexadecimal digits."""
        return "".join(_HEXADECIMAL[self.read(4)] for _ in range(count))

    def back(self, width: int) -> None:
        """Step back by that many bits."""
        self._at -= width
