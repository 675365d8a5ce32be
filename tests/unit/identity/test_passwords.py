"""How passwords are kept."""

from __future__ import annotations

import asyncio
import time

import pytest
from argon2 import extract_parameters

from tracepass.core.errors import Invalid
from tracepass.identity.passwords import Passwords, _hash_of_nobody, check_password

PASSWORD = "correct horse battery staple"


async def test_a_password_fits_its_own_hash_alone() -> None:
    passwords = Passwords()
    stored = await passwords.hash(PASSWORD)
    assert await passwords.verify(PASSWORD, stored)
    assert not await passwords.verify(PASSWORD + " ", stored)
    assert not await passwords.verify(PASSWORD, "no hash at all")
    assert stored != await passwords.hash(PASSWORD)


async def test_nobody_has_a_password_that_fits() -> None:
    passwords = Passwords()
    assert not await passwords.verify(PASSWORD, None)
    assert not await passwords.verify("", None)


async def test_an_unknown_account_takes_as_long_as_a_known_one() -> None:
    stored = await Passwords().hash(PASSWORD)
    assert extract_parameters(stored) == extract_parameters(_hash_of_nobody())


async def test_a_hash_with_other_parameters_is_outdated() -> None:
    stored = await Passwords(time_cost=2).hash(PASSWORD)
    assert Passwords().is_outdated(stored)
    assert not Passwords(time_cost=2).is_outdated(stored)
    assert await Passwords().verify(PASSWORD, stored)


async def test_hashing_leaves_the_event_loop_free() -> None:
    passwords, turns = Passwords(time_cost=8), 0
    hashing = asyncio.create_task(passwords.hash(PASSWORD))
    started = time.perf_counter()
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10
    assert time.perf_counter() - started < 30


@pytest.mark.parametrize("password", ["x" * 12, "x" * 1024, "pass word 12", "пароль-пароль", "🔑" * 12])
def test_any_twelve_characters_are_a_password(password: str) -> None:
    check_password(password)


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 1025, "e\u0301" * 11])
def test_shorter_and_longer_ones_are_none(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password, field="newPassword")
    assert refused.value.details is not None
    assert list(refused.value.details["fieldErrors"]) == ["newPassword"]
