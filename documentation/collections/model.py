"""Requests as every client has them: with a place to put values in, written ``{{name}}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

UNIQUE = "{{unique}}"
"""Stands for digits that no other request has."""
UUID = "{{uuid}}"
"""Stands for a UUID that no other request has."""
DYNAMIC = {UNIQUE: "{{$timestamp}}{{$randomBankAccount}}", UUID: "{{$guid}}"}
"""Both as Postman and Bruno spell them: seconds and eight digits."""
_PARAMETER = re.compile(r"\{(\w+)\}")


def spelt(text: str, tokens: Mapping[str, str] = DYNAMIC) -> str:
    """Return a text with what stands for values that are made anew."""
    for token, spelling in tokens.items():
        text = text.replace(token, spelling)
    return text


def member(path: str) -> str:
    """Return the place of a value, ``data.items.0._id``, as JavaScript and JSONPath write it."""
    return re.sub(r"\.(\d+)", r"[\1]", path)


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter or header; one that is not ``sent`` stands there to be ticked."""

    name: str
    value: str
    description: str
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries; ``text`` of a file is its name beside the collection."""

    kind: Literal["json", "text", "form", "file"]
    media: str
    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    ``saves`` are the variables that its answer fills, and where in the answer their values are. ``waits_for`` is the
    variable that a person has to fill in first, of a request that nothing can make work before.
    """

    title: str
    operation: str
    method: str
    path: str
    places: tuple[Value, ...]
    query: tuple[Value, ...]
    headers: tuple[Value, ...]
    body: Body | None
    keyed: bool
    follows: bool
    statuses: tuple[int, ...]
    saves: Mapping[str, str]
    waits_for: str | None
    description: str

    def address(self, place: Callable[[str], str], written: Callable[[str], str] = spelt) -> str:
        """Return path and query, with each parameter of the path as ``place`` writes it by its name."""
        path = _PARAMETER.sub(lambda found: place(found[1]), self.path)
        query = "&".join(f"{one.name}={written(one.value)}" for one in self.query if one.sent)
        return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True)
class Folder:
    """Requests that work in their order, and by themselves."""

    name: str
    description: str
    requests: tuple[Request, ...]
    folders: tuple[Folder, ...] = ()

    def walk(self) -> Iterator[Request]:
        """Give every request, in the order in which they are run."""
        yield from self.requests
        for folder in self.folders:
            yield from folder.walk()


@dataclass(frozen=True, slots=True)
class Collection:
    """All folders, and the variables that people fill in."""

    name: str
    description: str
    variables: Mapping[str, str]
    folders: tuple[Folder, ...]

    def walk(self) -> Iterator[Request]:
        """Give every request, in the order in which they are run."""
        for folder in self.folders:
            yield from folder.walk()
