"""Runs n8n itself, headless, with our nodes against a TracePass of its own: ``make test-n8n``.

One workflow makes a product and a passport and publishes it; another is started by ``passport.published`` through the
trigger and writes what it was told into the product. At the end the trigger has taken its webhook away.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "integrations/n8n-nodes-tracepass"
WORKFLOWS = Path(__file__).parent / "workflows"
#: The newest n8n that installs whole; linkedom 0.18.13 and later need a package that the registry may lack.
N8N: dict[str, Any] = {
    "private": True,
    "dependencies": {"n8n": "2.41.1", "node": "24.21.0"},
    "overrides": {"linkedom": "0.18.12"},
}
OWNER = {"email": "ada@voltwerk.example", "firstName": "Ada", "lastName": "Lovelace", "password": "Correct-horse-1"}
QUIET = ("DIAGNOSTICS", "PERSONALIZATION", "VERSION_NOTIFICATIONS", "TEMPLATES")


def command(*words: str, cwd: Path) -> None:
    """Run a command, and end with it if it fails."""
    subprocess.run(words, cwd=cwd, check=True)


def install(directory: Path) -> Path:
    """Install n8n and its Node.js, once, and give the folder of modules."""
    modules = directory / "node_modules"
    if not (modules / "sqlite3/build/Release/node_sqlite3.node").exists():
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "package.json").write_text(json.dumps(N8N))
        options = ("--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--engine-strict=false")
        command("npm", "install", *options, cwd=directory)
        command("npm", "rebuild", "node", "sqlite3", cwd=directory)
    return modules


def check_package() -> None:
    """Build the package, lint it and run its own tests."""
    if not (PACKAGE / "node_modules/.bin/n8n-node").exists():
        command("npm", "install", "--no-save", cwd=PACKAGE)
    for script in ("build", "lint", "test"):
        command("npm", "run", script, cwd=PACKAGE)


def put_package(home: Path) -> None:
    """Put the package where n8n keeps those that it installed."""
    target = home / ".n8n/nodes/node_modules/n8n-nodes-tracepass"
    target.mkdir(parents=True)
    shutil.copy(PACKAGE / "package.json", target)
    shutil.copytree(PACKAGE / "dist", target / "dist")


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(what: str, find: Callable[[], Any], seconds: float = 180) -> Any:
    """What ``find`` gives once it gives something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = find()
        if found:
            return found
        time.sleep(0.25)
    raise TimeoutError(what)


def answers(url: str) -> bool:
    """Whether a server says that it is well."""
    try:
        return httpx2.get(url).is_success
    except httpx2.TransportError:
        return False


@contextmanager
def running(log: Path, *words: str, **settings: str) -> Iterator[None]:
    """A process inside, which has ended after; its output is in ``log``."""
    with log.open("wb") as output:
        process = subprocess.Popen(words, env={**os.environ, **settings}, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def n8n_settings(home: Path, port: int) -> dict[str, str]:
    """Settings of an n8n that is alone and talks to nobody."""
    return {
        "N8N_USER_FOLDER": str(home),
        "N8N_PORT": str(port),
        "N8N_RUNNERS_BROKER_PORT": str(free_port()),
        "N8N_LISTEN_ADDRESS": "127.0.0.1",
        "N8N_SECURE_COOKIE": "false",
        "WEBHOOK_URL": f"http://127.0.0.1:{port}/",
        **{f"N8N_{name}_ENABLED": "false" for name in QUIET},
    }


class Editor:
    """n8n as its editor uses it."""

    def __init__(self, url: str) -> None:
        self._http = httpx2.Client(base_url=url, timeout=60)
        self.post("/rest/owner/setup", OWNER)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What n8n answers to a POST."""
        answer = self._http.post(path, json=body)
        assert answer.is_success, f"{path}: {answer.text}"
        found: dict[str, Any] = answer.json()["data"]
        return found

    def keep_credential(self, data: dict[str, str]) -> dict[str, str]:
        """Keep a credential once n8n has tested it."""
        named = {"name": "TracePass", "type": "tracePassApi"}
        kept = self.post("/rest/credentials", {**named, "data": data})
        tested = self.post("/rest/credentials/test", {"credentials": {**named, "id": kept["id"], "data": data}})
        assert tested["status"] == "OK", tested
        return {"id": kept["id"], "name": named["name"]}

    def activate(self, name: str, credential: dict[str, str]) -> str:
        """Import a workflow and activate it; its id."""
        workflow = json.loads((WORKFLOWS / f"{name}.json").read_text("utf-8"))
        for node in workflow["nodes"]:
            if node["type"].startswith("n8n-nodes-tracepass."):
                node["credentials"] = {"tracePassApi": credential}
        made = self.post("/rest/workflows", {**workflow, "active": False})
        self.post(f"/rest/workflows/{made['id']}/activate", {"versionId": made["versionId"]})
        identity: str = made["id"]
        return identity

    def order(self, body: dict[str, str]) -> dict[str, Any] | None:
        """Start the workflow that makes passports; nothing while it does not listen yet."""
        answer = self._http.post("/webhook/tracepass-make", json=body)
        if answer.status_code == httpx2.codes.NOT_FOUND:
            return None
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found


def play(editor: Editor, api: httpx2.Client, key: str) -> None:
    """The story, from the credential to the last webhook."""
    webhooks: Callable[[], list[dict[str, Any]]] = lambda: api.get("/webhooks").json()["data"]["items"]  # noqa: E731 - asked again and again
    origin = str(api.base_url).removesuffix("/api/v1/")
    credential = editor.keep_credential({"baseUrl": f"{origin}/", "apiKey": key})
    workflows = [editor.activate(name, credential) for name in ("react", "make")]
    wait_for("the webhook of the trigger", webhooks)
    serial = f"N8N-{secrets.token_hex(4)}"
    body = {"name": "Pack", "model": serial, "gtin": "09501101530003", "serial": serial}
    made = wait_for("the workflow that makes passports", lambda: editor.order(body))
    assert made["passport"]["status"] == "published", made
    assert made["passport"]["fields"]["rated_capacity"]["value"] == 100, made
    assert made["code"]["mediaType"] == "image/png", made
    product = f"/products/{made['passport']['productId']}"
    told = f"Published as {serial}, told by passport.published"
    wait_for("the trigger", lambda: api.get(product).json()["description"] == told)
    for workflow in workflows:
        editor.post(f"/rest/workflows/{workflow}/deactivate", {})
    wait_for("the end of the webhook", lambda: not webhooks())


def main(directory: Path) -> None:
    """Install, build, start and play."""
    modules = install(directory)
    check_package()
    tracepass, n8n = free_port(), free_port()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tracepass-n8n-")))
        put_package(home)
        demo = (sys.executable, "-m", "tracepass", "demo", "--port", str(tracepass), "--data-dir", str(home / "data"))
        stack.enter_context(running(home / "tracepass.log", *demo, TRACEPASS_WEBHOOKS__ALLOW_LOCAL="true"))
        start = (str(modules / ".bin/node"), str(modules / ".bin/n8n"), "start")
        stack.enter_context(running(home / "n8n.log", *start, **n8n_settings(home, n8n)))
        shown = (home / "tracepass.log").read_text
        key = wait_for("TracePass", lambda: re.search(r"^  API key +(\S+)$", shown("utf-8"), re.MULTILINE)).group(1)
        wait_for("n8n", lambda: answers(f"http://127.0.0.1:{n8n}/healthz/readiness"))
        api = httpx2.Client(
            base_url=f"http://127.0.0.1:{tracepass}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=30
        )
        try:
            play(Editor(f"http://127.0.0.1:{n8n}"), api, key)
        except BaseException:
            sys.stderr.write((home / "n8n.log").read_text("utf-8")[-4000:])
            raise
    sys.stdout.write("n8n made, published and was told of a passport, and left no webhook behind.\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/n8n")
