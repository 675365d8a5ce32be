"""Writes as values: what a transaction shall do, told beforehand, so that it can go to the server in one message.

A write says itself what it means if it does not hold: that a key is taken, or that a document is not as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Refusal = Callable[[], Exception]


@dataclass(frozen=True, slots=True)
class Insert:
    """Add a document; ``taken`` makes what is raised if one of its unique keys is there already."""

    collection: str
    document: Document
    taken: Refusal


@dataclass(frozen=True, slots=True)
class Update:
    """Change the one document that matches; ``missed`` makes what is raised if there is none.

    With ``only_looks`` the change leaves the document as it is, so that it is enough for the same to be done once.
    """

    collection: str
    query: Mapping[str, Any]
    change: Mapping[str, Any]
    missed: Refusal
    only_looks: bool = False


Write = Insert | Update
