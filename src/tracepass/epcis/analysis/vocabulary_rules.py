"""Rules on the words of events: those that the Core Business Vocabulary does not have, and those that contradict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from tracepass.epcis.analysis.chain import Chain
from tracepass.epcis.analysis.happenings import Happening, items_at, text_at
from tracepass.epcis.analysis.rule import Hit, Rule, within
from tracepass.epcis.problems import Problem
from tracepass.epcis.vocabulary import BARE, Vocabulary, bare, terms

_WORDS: Final[Mapping[str, Vocabulary]] = {
    "bizStep": Vocabulary.BIZ_STEP,
    "disposition": Vocabulary.DISPOSITION,
    "set": Vocabulary.DISPOSITION,
    "unset": Vocabulary.DISPOSITION,
    "bizTransactionList": Vocabulary.BIZ_TRANSACTION_TYPE,
    "sourceList": Vocabulary.SOURCE_DESTINATION_TYPE,
    "destinationList": Vocabulary.SOURCE_DESTINATION_TYPE,
    "reason": Vocabulary.ERROR_REASON,
}
_TYPED: Final = ("bizTransactionList", "sourceList", "destinationList")
_CBV: Final = ("https://ref.gs1.org/cbv/", "http://ref.gs1.org/cbv/", "urn:epcglobal:cbv:", "cbv:")
_LONGEST: Final = 60
_ACTIONS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "commissioning": ("ADD", frozenset({"ObjectEvent"})),
    "decommissioning": ("DELETE", frozenset({"ObjectEvent"})),
    "destroying": ("DELETE", frozenset({"ObjectEvent"})),
    "packing": ("ADD", frozenset({"AggregationEvent"})),
    "unpacking": ("DELETE", frozenset({"AggregationEvent"})),
    "installing": ("ADD", frozenset({"AssociationEvent"})),
    "assembling": ("ADD", frozenset({"AssociationEvent"})),
    "removing": ("DELETE", frozenset({"AssociationEvent"})),
    "disassembling": ("DELETE", frozenset({"AssociationEvent"})),
    "shipping": ("OBSERVE", frozenset({"ObjectEvent"})),
}
"""Step -> the action that means the same, in events of some types (CBV 2.0, 7.1.2); packing is also observed."""


def is_about_a_word(problem: Problem) -> bool:
    """Tell whether the schema stumbled over a word of the vocabulary, which a rule here tells of."""
    return problem.code == "invalid_value" and _vocabulary_at(problem.path) is not None


def _vocabulary_at(path: str) -> Vocabulary | None:
    """Return the vocabulary that the value at a place is taken from."""
    parts = path.split("/")[1:]
    if not parts:
        return None
    if parts[0] in _TYPED:
        return _WORDS[parts[0]] if parts[-1] == "type" else None
    if parts[0] in {"persistentDisposition", "errorDeclaration"} and len(parts) > 1:
        return _WORDS.get(parts[1])
    return _WORDS.get(parts[0]) if len(parts) == 1 else None


def _unknown(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        for problem in happening.given.problems:
            vocabulary = _vocabulary_at(problem.path) if problem.code == "invalid_value" else None
            if vocabulary is not None:
                yield _word(happening, problem.path, vocabulary)
        yield from _unknown_uris(happening)


def _word(happening: Happening, path: str, vocabulary: Vocabulary) -> Hit:
    value: Any = happening.event
    for part in path.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return within(happening, path, word=str(value)[:_LONGEST], vocabulary=vocabulary)


def _unknown_uris(happening: Happening) -> Iterator[Hit]:
    """Find URIs of the vocabulary that it does not have: the schema takes them for somebody else's."""
    for path, vocabulary, word in _words(happening.event):
        if word.startswith(_CBV) and word not in BARE[vocabulary] and happening.given.is_valid:
            yield within(happening, path, word=word[: 2 * _LONGEST], vocabulary=vocabulary)


def _words(event: Mapping[str, Any]) -> Iterator[tuple[str, Vocabulary, str]]:
    for name in ("bizStep", "disposition"):
        word = text_at(event, name)
        if word is not None:
            yield f"/{name}", _WORDS[name], word
    for name in _TYPED:
        for index, item in enumerate(items_at(event, name)):
            word = text_at(item, "type") if isinstance(item, dict) else None
            if word is not None:
                yield f"/{name}/{index}/type", _WORDS[name], word


def _meant(hit: Hit) -> Mapping[str, Any]:
    """Name the word that was meant, by its sound or because it stands there in another notation."""
    word, vocabulary = str(hit.words["word"]), hit.words["vocabulary"]
    known = bare(vocabulary, word)
    if known in terms(vocabulary) and known != word:
        return {"hint": f"Write {known}, which is how JSON has it."}
    last = word.rpartition(":")[2].rpartition("/")[2].partition("-")
    plain = (last[2] or last[0]).strip().lower().replace(" ", "_").replace("-", "_")
    near = get_close_matches(plain, sorted(terms(vocabulary)), 1, 0.7)
    return {"hint": f"Did you mean {near[0]}?" if near else "Write a term of the CBV, or the URI of one of your own."}


def _contradiction(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        wanted, kinds = _ACTIONS.get(happening.step or "", ("", frozenset()))
        observed = happening.kind == "AggregationEvent" and happening.action == "OBSERVE"
        if happening.kind in kinds and happening.action not in {wanted, None} and not observed:
            yield within(happening, "/action", step=happening.step, action=happening.action, wanted=wanted)


VOCABULARY_RULES: Final = (
    Rule(
        "unknown_term",
        "vocabulary",
        "error",
        "{word} is no term of the Core Business Vocabulary.",
        "{hint}",
        _unknown,
        _meant,
    ),
    Rule(
        "action_contradicts_step",
        "vocabulary",
        "warning",
        "The step {step} goes with the action {wanted}, here it is {action}.",
        "Write {wanted}, or the step that was meant.",
        _contradiction,
    ),
)
