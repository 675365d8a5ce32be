"""Receivers of messages that write down what they are sent: one that takes everything, and one that fails and hangs."""

from __future__ import annotations

import asyncio
import random
from typing import Protocol

from tests.receiver import Behaviour, Message, Reply


class Book(Protocol):
    """Knows what a receiver was sent."""

    def write(self, message: Message, *, taken: bool) -> None:
        """Write down a message, and whether it was taken."""
        ...


def taking(book: Book) -> Behaviour:
    """Return what takes everything."""

    async def take(message: Message) -> Reply:
        book.write(message, taken=True)
        return Reply()

    return take


def taking_some(book: Book, chance: random.Random, *, fails: float, hangs: float) -> Behaviour:
    """Return what fails, or never answers, for some parts of what it is sent."""

    async def take(message: Message) -> Reply:
        luck = chance.random()
        book.write(message, taken=luck >= fails + hangs)
        if luck < hangs:
            await asyncio.Event().wait()
        return Reply(500) if luck < fails + hangs else Reply()

    return take
