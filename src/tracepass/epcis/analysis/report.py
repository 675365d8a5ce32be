"""The answer of an analysis: findings within bounds, sums over all of them, and the tree of what is in what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, get_args

from tracepass.epcis.analysis.chain import Chain
from tracepass.epcis.analysis.hierarchy import tree_of
from tracepass.epcis.analysis.places import place_of
from tracepass.epcis.analysis.reading import Given
from tracepass.epcis.analysis.rule import Hit, Rule, Severity, Subject
from tracepass.epcis.analysis.rules import RULES
from tracepass.epcis.times import written

MOST_FINDINGS: Final = 1_000
MOST_OF_A_RULE: Final = 100
_LONGEST: Final = 300
_RANK: Final = {severity: rank for rank, severity in enumerate(get_args(Severity))}


def analyse(given: Given, *, now: datetime, rules: Sequence[Rule] = RULES) -> dict[str, Any]:
    """Return what is wrong with a document, gravest first and then in its order.

    At most 100 findings of a rule and 1,000 in all are listed; ``summary`` counts all of them, and ``truncated`` says
    whether some are missing. ``now`` is an instant in UTC.
    """
    chain = Chain(given, now)
    counts: Counter[str] = Counter()
    listed: list[tuple[Rule, Hit]] = []
    for rule in rules:
        for hit in rule.look(chain):
            counts[rule.code] += 1
            if counts[rule.code] <= MOST_OF_A_RULE:
                listed.append((rule, hit))
    listed.sort(key=lambda row: (_RANK[row[0].severity], -1 if row[1].happening is None else row[1].happening.index))
    return {
        "isClean": not counts,
        "findings": [_finding(rule, hit, is_xml=given.is_xml) for rule, hit in listed[:MOST_FINDINGS]],
        "truncated": counts.total() > min(len(listed), MOST_FINDINGS),
        "summary": _summary(chain, counts, rules),
        "hierarchy": {
            "aggregations": tree_of(chain.replay.packing),
            "associations": tree_of(chain.replay.associations),
        },
    }


def _finding(rule: Rule, hit: Hit, *, is_xml: bool) -> dict[str, Any]:
    happening = hit.happening
    words = {**hit.words, **({} if rule.more is None else rule.more(hit)), "epc": hit.epc}
    shown = {name: _short(word) for name, word in words.items()}
    return {
        "code": rule.code,
        "class": rule.subject,
        "severity": rule.severity,
        "message": rule.says.format(**shown),
        "fix": rule.fix.format(**shown),
        "event": None
        if happening is None
        else {"index": happening.index, "eventID": happening.event_id, "type": happening.kind or None},
        "epc": hit.epc,
        "place": place_of(hit, is_xml=is_xml),
    }


def _short(word: Any) -> str:
    text = str(word)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _summary(chain: Chain, counts: Counter[str], rules: Sequence[Rule]) -> dict[str, Any]:
    times = [happening.time for happening in chain.happenings if happening.time is not None]
    types = Counter(happening.kind or "unknown" for happening in chain.happenings)
    return {
        "findings": counts.total(),
        "byClass": dict(_sums(counts, rules, get_args(Subject), "subject")),
        "bySeverity": dict(_sums(counts, rules, get_args(Severity), "severity")),
        "byCode": dict(sorted(counts.items())),
        "events": len(chain.happenings),
        "eventsByType": dict(sorted(types.items())),
        "things": len(chain.lives),
        "firstEventTime": written(min(times)) if times else None,
        "lastEventTime": written(max(times)) if times else None,
    }


def _sums(
    counts: Counter[str], rules: Sequence[Rule], names: tuple[str, ...], attribute: str
) -> Iterator[tuple[str, int]]:
    for name in names:
        yield name, sum(counts[rule.code] for rule in rules if getattr(rule, attribute) == name)
