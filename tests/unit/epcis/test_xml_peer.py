"""The published hash generator finds in our JSON what it finds in the XML that it was read from."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from epcis_event_hash_generator import hash_generator, json_to_py, xml_to_py
from pyld import jsonld
from tests.unit.epcis.xml_documents import EXAMPLE, OBJECT_EVENT, xml_document

from tracepass.epcis.contexts import load_context
from tracepass.epcis.xml import read_xml

FOLDER = Path(os.environ.get("TRACEPASS_CONFORMANCE", Path(__file__).parents[4] / "shared" / "conformance")) / "epcis"
# The peer cannot read a business transaction without type, as the second of these has.
APART = {"CaptureJob", "Example-TransactionEvent-2020_07_03y"}
EXAMPLES = [path for path in sorted(FOLDER.glob("examples-xml/**/*.xml")) if not APART & {path.parent.name, path.stem}]
STANDARD = {"gs1": "https://gs1.org/voc/", "cbv": "https://ref.gs1.org/cbv/", "cbvmda": "urn:epcglobal:cbv:mda:"}


@pytest.fixture(autouse=True)
def _own_contexts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = jsonld.get_document_loader()
    jsonld.set_document_loader(
        lambda url, _options: {"contextUrl": None, "documentUrl": url, "document": load_context(url)}
    )
    # The peer keeps the prefixes of all documents that it ever read.
    monkeypatch.setattr(json_to_py, "_namespaces", {})
    yield
    jsonld.set_document_loader(before)


def texts(value: Any) -> Any:
    """Truth values as XML writes them: the peer writes them as Python does."""
    if isinstance(value, dict):
        return {key: texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [texts(item) for item in value]
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def of_json(document: dict[str, Any]) -> list[str]:
    context = [*document["@context"], STANDARD]
    events = json_to_py.event_list_from_epcis_document_json(texts({**document, "@context": context}))
    return [sorted_lines(text) for text in hash_generator.derive_prehashes_from_events(events, "\n")]


def of_xml(source: str, document: dict[str, Any]) -> list[str]:
    """The peer knows nothing of ``xsi:type`` and leaves the prefixes of values as they are."""
    text = re.sub(r' xsi:(type|nil)="[^"]*"', "", source)
    text = text.replace("https://ref.gs1.org/cbv/Bizstep-", "https://ref.gs1.org/cbv/BizStep-")
    text = text.replace('"urn:epcglobal:cbv:mda"', '"urn:epcglobal:cbv:mda:"')
    for part in document["@context"][1:]:
        for prefix, uri in part.items():
            text = re.sub(rf'(\b(?:type|component)=")({prefix}):', rf"\g<1>{uri}", text)
    events = xml_to_py.event_list_from_epcis_document_str(text)
    return [sorted_lines(text) for text in hash_generator.derive_prehashes_from_events(events, "\n")]


def sorted_lines(text: str) -> str:
    """The peer's order follows the prefixes, so lines are compared without it."""
    for word in ("ilmd", "sensorElementList", "sensorElement", "sensorMetadata", "sensorReport"):
        text = text.replace(word, word + "\n")
    return "\n".join(sorted(text.split("\n")))


@pytest.mark.skipif(not EXAMPLES, reason="the published examples are not there")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_peer_finds_the_same_in_an_example_and_in_our_json_of_it(path: Path) -> None:
    source = path.read_text(encoding="utf-8-sig")
    document = read_xml(source.encode())
    if not document["epcisBody"]["eventList"]:
        pytest.skip("master data alone")
    assert of_json(json.loads(json.dumps(document))) == of_xml(source, document)


def test_the_peer_finds_the_same_in_an_event_of_ours() -> None:
    inner = """<sourceList><source type="urn:epcglobal:cbv:sdt:location">urn:epc:id:sgln:4012345.00225.0</source>
      </sourceList><ilmd><e:lot>7</e:lot><e:lot>8</e:lot></ilmd><e:a><e:b>1</e:b><e:c>2</e:c></e:a></ObjectEvent>"""
    source = xml_document(OBJECT_EVENT.replace("</ObjectEvent>", inner), root=f'xmlns:e="{EXAMPLE}"').decode()
    document = read_xml(source.encode())
    assert of_json(document) == of_xml(source, document)
