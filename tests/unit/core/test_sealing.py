"""What is sealed opens where it was sealed for, by the keys that are here, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.core.sealing import SealBroken, Sealing

OLD, NEW, OTHER = (bytes([byte]) * 32 for byte in b"abc")


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_is_sealed_opens_again(plain: bytes, about: str) -> None:
    sealing = Sealing([NEW])
    sealed = sealing.seal(plain, purpose="webhook-secret", about=about)
    assert sealing.open(sealed, purpose="webhook-secret", about=about) == plain


def test_nothing_of_it_shows_and_no_two_seals_are_alike() -> None:
    sealing = Sealing([NEW])
    first, second = (sealing.seal(b"whsec_abcdefgh", purpose="p", about="1") for _ in range(2))
    assert first != second
    assert b"whsec" not in first


def test_a_key_that_was_replaced_still_opens_and_no_longer_seals() -> None:
    sealed = Sealing([OLD]).seal(b"plain", purpose="p", about="1")
    rotated = Sealing([NEW, OLD])
    assert rotated.open(sealed, purpose="p", about="1") == b"plain"
    fresh = rotated.seal(b"plain", purpose="p", about="1")
    assert Sealing([NEW]).open(fresh, purpose="p", about="1") == b"plain"
    with pytest.raises(SealBroken):
        Sealing([OLD]).open(fresh, purpose="p", about="1")


@pytest.mark.parametrize(("purpose", "about"), [("q", "1"), ("p", "2"), ("p\x001", "")])
def test_elsewhere_it_does_not_open(purpose: str, about: str) -> None:
    sealing = Sealing([NEW])
    with pytest.raises(SealBroken):
        sealing.open(sealing.seal(b"plain", purpose="p", about="1"), purpose=purpose, about=about)


def test_altered_by_one_bit_anywhere_or_cut_short_it_does_not_open() -> None:
    sealing = Sealing([NEW])
    sealed = sealing.seal(b"plain", purpose="p", about="1")
    altered = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    for broken in [*altered, *(sealed[:length] for length in range(len(sealed)))]:
        with pytest.raises(SealBroken):
            sealing.open(broken, purpose="p", about="1")


def test_without_the_key_it_does_not_open() -> None:
    with pytest.raises(SealBroken):
        Sealing([OTHER]).open(Sealing([NEW]).seal(b"plain", purpose="p", about="1"), purpose="p", about="1")
