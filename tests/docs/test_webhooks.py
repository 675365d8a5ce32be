"""The snippets of the page on webhooks believe what TracePass signs, and nothing else."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tracepass.delivery.signing import REPLAY_WINDOW_SECONDS, new_secret, signature_headers
from tracepass.settings import Webhooks
from tracepass.webhooks.endpoints import KEPT, OVERLAP
from tracepass.webhooks.models import EVENTS
from tracepass.webhooks.service import MOST

PAGE = (Path(__file__).parents[2] / "docs/webhooks.md").read_text("utf-8")
SNIPPETS = dict(re.findall(r"```(python|typescript|php|java|csharp)\n(.*?)```", PAGE, re.DOTALL))
BODY = '{"id":"evt_1","data":{"name":"Größe\\n"}}'.encode()

PYTHON = """
import base64, sys
for body, *rest in zip(*[iter(sys.argv[1:])] * 4):
    print(str(is_from_tracepass(base64.b64decode(body), *rest)).lower())
"""
NODE = """
const given = process.argv.slice(2);
for (let at = 0; at < given.length; at += 4) {
  console.log(isFromTracePass(Buffer.from(given[at], "base64"), given[at + 1], given[at + 2], given[at + 3]));
}
"""
JAVA = """
class Main {
    public static void main(String[] given) throws Exception {
        for (int at = 0; at < given.length; at += 4) {
            byte[] body = java.util.Base64.getDecoder().decode(given[at]);
            System.out.println(TracePassWebhook.isFromTracePass(body, given[at + 1], given[at + 2], given[at + 3]));
        }
    }
}
"""
PHP = """
foreach (array_chunk(array_slice($argv, 1), 4) as [$body, $timestamp, $signature, $secret]) {
    echo is_from_tracepass(base64_decode($body), $timestamp, $signature, $secret) ? "true\\n" : "false\\n";
}
"""


def cases() -> list[tuple[bool, list[str]]]:
    """Messages, and whether they are to be believed."""
    secret, older, now = new_secret(), new_secret(), int(time.time())

    def case(
        *, believed: bool, body: bytes = BODY, at: int = now, timestamp: str = "", signature: str | None = None
    ) -> tuple[bool, list[str]]:
        signed = signature_headers("evt_1", at, BODY, keys=[secret])
        sent = signed["X-TracePass-Signature"] if signature is None else signature
        return believed, [base64.b64encode(body).decode(), timestamp or signed["X-TracePass-Timestamp"], sent, secret]

    def signed_by(*keys: str) -> str:
        return signature_headers("evt_1", now, BODY, keys=keys)["X-TracePass-Signature"]

    return [
        case(believed=True),
        case(believed=True, signature=signed_by(older, secret)),
        case(believed=True, signature=signed_by(secret, older)),
        case(believed=True, at=now - REPLAY_WINDOW_SECONDS + 60),
        case(believed=False, at=now - REPLAY_WINDOW_SECONDS - 60),
        case(believed=False, at=now + REPLAY_WINDOW_SECONDS + 60),
        case(believed=False, body=BODY + b" "),
        case(believed=False, signature=signed_by(older)),
        case(believed=False, signature=""),
        case(believed=False, signature="v1=zz,v1=,nonsense"),
        case(believed=False, timestamp="yesterday"),
        case(believed=False, timestamp=str(now + 1)),
    ]


def _python(snippet: str, folder: Path) -> list[str]:
    (folder / "check.py").write_text(snippet + PYTHON)
    return [sys.executable, str(folder / "check.py")]


def _node(snippet: str, folder: Path) -> list[str]:
    plain = re.sub(r"(\w|\)): (?:Buffer|string|boolean)\b", r"\1", snippet)
    (folder / "check.mjs").write_text(plain + NODE)
    return [_runtime("node"), str(folder / "check.mjs")]


def _java(snippet: str, folder: Path) -> list[str]:
    imports, _, code = snippet.partition("final class")
    (folder / "Main.java").write_text(f"{imports}{JAVA}final class{code}")
    return [_runtime("java"), str(folder / "Main.java")]


def _php(snippet: str, folder: Path) -> list[str]:
    (folder / "check.php").write_text(f"<?php\n{snippet}{PHP}")
    return [_runtime("php"), str(folder / "check.php")]


def _runtime(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.mark.parametrize(
    ("language", "prepare"), [("python", _python), ("typescript", _node), ("java", _java), ("php", _php)]
)
def test_a_snippet_believes_what_is_signed_and_nothing_else(
    language: str, prepare: Callable[[str, Path], list[str]], tmp_path: Path
) -> None:
    given = cases()
    command = [*prepare(SNIPPETS[language], tmp_path), *(argument for _, arguments in given for argument in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(believed).lower() for believed, _ in given]


def test_every_language_has_its_snippet() -> None:
    assert SNIPPETS.keys() == {"python", "typescript", "php", "java", "csharp"}


def test_every_event_is_explained() -> None:
    table = PAGE.partition("## Events")[2].partition('`"events"')[0]
    assert set(re.findall(r"`((?:passport|quota|webhook|extraction|supplier|epcis)\.\w+)`", table)) == set(EVENTS)


def test_the_page_says_what_the_settings_are() -> None:
    usual = Webhooks()
    words = "after 5 seconds, 5 minutes, 30 minutes, 2, 5, 10 and 10 hours"
    assert words in PAGE
    assert usual.ladder == (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
    assert (usual.timeout_seconds, usual.disable_after_days) == (15, 5)
    assert (KEPT.days, OVERLAP.total_seconds() / 3600, MOST, REPLAY_WINDOW_SECONDS) == (30, 24, 50, 300)
