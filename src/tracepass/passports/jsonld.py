"""The public face of a passport as linked data: one JSON-LD 1.1 document in the terms of GS1 and schema.org.

The document is read twice: by developers as plain JSON with flat keys, and by RDF tools as a graph in which nothing
is lost. Its context stands inside, so no reader has to fetch anything.

What belongs to the product is said in the GS1 Web Vocabulary and schema.org, what belongs to the passport in
``<vocabulary>/passport#``, and each field of a template in ``<vocabulary>/<category>#<field key>``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final
from urllib.parse import quote, urljoin

from tracepass.templates.models import Field, Template, ValueType

Json = dict[str, Any]
Value = Any
"""A field's value: whatever JSON its type allows."""

BASE_CONTEXT: Final[Mapping[str, Any]] = json.loads(
    resources.files("tracepass.passports").joinpath("data/context.json").read_text("utf-8")
)
"""Terms of the envelope; what it does not name falls to the passport vocabulary."""

FILES_PATH: Final = "/api/v1/files/"
IRI_CHARACTERS: Final = "!#$%&'()*+,/:;=?@[]~"
"""What an address may hold besides letters, digits, ``-``, ``.`` and ``_`` (RFC 3986 2.2); the rest is encoded."""

_PARTY_TERMS: Final = {
    "legalName": "legalName",
    "gln": "globalLocationNumber",
    "legacyOperatorId": "identifier",
    "email": "email",
    "phone": "telephone",
}
_ADDRESS_TERMS: Final = {"address": "streetAddress", "country": "addressCountry"}
_DATATYPES: Final = {"month": "xsd:gYearMonth", "day": "xsd:date", "second": "xsd:dateTime"}
_ENVELOPE: Final = (
    "passportId", "granularity", "category", "templateVersion", "version", "environment",
    "publishedAt", "updatedAt", "expiresAt", "publishedIncomplete",
)  # fmt: skip


def public_jsonld(page: Mapping[str, Any], template: Template, *, vocabulary: str) -> Json:
    """Write the public data of one passport as a JSON-LD document.

    ``page`` is what the viewer shows (approved public fields only), ``vocabulary`` the address under which the terms
    of this installation stand, without a trailing slash. Relative addresses of pictures and files become absolute
    against the passport's own link. The result holds JSON values only.
    """
    link = page["gs1"]["digitalLinkUri"]
    values = _Values(link)
    return {
        "@context": _context(page, template, vocabulary=vocabulary.rstrip("/")),
        "@id": link,
        "@type": ["gs1:Product", "Product"],
        **_identity(page["gs1"]),
        **_product(page["product"], link),
        "status": page.get("status", "published"),
        **{key: page[key] for key in _ENVELOPE if page.get(key) is not None},
        "publisher": {"@type": "Organization", "name": page["publisher"]["name"]},
        **{role: _organization(party) for role, party in page["parties"].items()},
        **_lineage(page.get("lineage", {})),
        "fields": {
            key: values.of_field(template.fields.get(key), entry) for key, entry in _ordered(page["fields"], template)
        },
    }


def _ordered(fields: Mapping[str, Any], template: Template) -> Iterable[tuple[str, Any]]:
    """Return the fields in the order of the template, then those that it does not know."""
    known = [(key, fields[key]) for key in template.fields if key in fields]
    return known + [(key, entry) for key, entry in fields.items() if key not in template.fields]


def _identity(gs1: Mapping[str, Any]) -> Json:
    """Return the GS1 keys that the passport has: AI 01, 10 and 21."""
    return {key: gs1[key] for key in ("gtin", "lot", "serialNumber") if gs1.get(key) is not None}


def _product(product: Mapping[str, Any], link: str) -> Json:
    """Return what names and shows the product."""
    document: Json = {"name": product["name"], "model": product["model"]}
    if product.get("description"):
        document["description"] = {product.get("sourceLocale") or "@none": product["description"]}
    if product.get("imageUrls"):
        document["image"] = [_iri(urljoin(link, url)) for url in product["imageUrls"]]
    return document


def _iri(address: str) -> str:
    """Percent-encode what no IRI may hold, so that RDF tools keep the address."""
    return quote(address, safe=IRI_CHARACTERS)


def _lineage(lineage: Mapping[str, Any]) -> Json:
    """Return the passports before and after this one, and what became of the battery where everybody may know."""
    ends = (("predecessorPassports", "predecessors"), ("successorPassports", "successors"))
    document: Json = {term: [_iri(uri) for uri in lineage[name]] for term, name in ends if lineage.get(name)}
    return document | {name: lineage[name] for name in ("batteryStatus",) if name in lineage}


def _organization(party: Mapping[str, Any]) -> Json:
    """Return a party as a schema.org organization; members without a term of their own keep their name."""
    rest = {key: value for key, value in party.items() if value is not None}
    node: Json = {"@type": "Organization"}
    node |= {name: rest.pop(key) for key, name in _PARTY_TERMS.items() if key in rest}
    address = {name: rest.pop(key) for key, name in _ADDRESS_TERMS.items() if key in rest}
    if address:
        node["address"] = {"@type": "PostalAddress", **address}
    if "url" in rest:
        node["url"] = _iri(rest.pop("url"))
    return node | rest


@dataclass(frozen=True, slots=True)
class _Values:
    """Writes field values; ``link`` is what relative addresses are completed with."""

    link: str

    def of_field(self, kind: Field | None, entry: Mapping[str, Any]) -> Value:
        """Return the value of a field; translatable text as a map of languages, ``@none`` where none is known."""
        if kind is None or not kind.translatable:
            return self.of(kind, entry["value"])
        texts = {locale: one["value"] for locale, one in sorted(entry.get("translations", {}).items())}
        return {entry.get("sourceLocale") or "@none": entry["value"]} | texts

    def of(self, kind: ValueType | None, value: Value) -> Value:
        """Return one value in the way its type asks for; a value of a type we do not know stays as it is."""
        if kind is None or value is None:
            return value
        if kind.columns:
            return [self._row(kind, row) for row in value]
        if kind.schema is not None:
            return _organization(value) if kind.schema == "Party" else _range(kind, value)
        return self._scalar(kind, value)

    def _scalar(self, kind: ValueType, value: Value) -> Value:
        if kind.data_type == "file_reference":
            return self._file(value)
        if kind.data_type == "number":
            return _quantity(kind.unit, value)
        return _iri(value) if kind.data_type == "url" else value

    def _row(self, table: ValueType, row: Mapping[str, Any]) -> Json:
        columns = {column.key: column for column in table.columns}
        return {key: self.of(columns.get(key), cell) for key, cell in row.items() if cell is not None}

    def _file(self, reference: Mapping[str, Any]) -> Json:
        address = reference.get("url") or FILES_PATH + reference["fileId"]
        node: Json = {"@type": "MediaObject", "contentUrl": _iri(urljoin(self.link, address))}
        texts = {"name": reference.get("title"), "sha256": reference.get("sha256")}
        return node | {key: text for key, text in texts.items() if text}


def _number(value: float) -> float:
    """Write whole numbers without a fraction, since JSON-LD processors differ on how they type ``5.0``."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _quantity(unit: str | None, value: float) -> Json | float:
    if unit is None:
        return _number(value)
    return {"@type": "QuantitativeValue", "value": _number(value), "unitText": unit}


def _range(kind: ValueType, value: Mapping[str, Any]) -> Json:
    node: Json = {"@type": "QuantitativeValue"}
    for ours, theirs in (("min", "minValue"), ("max", "maxValue")):
        if value.get(ours) is not None:
            node[theirs] = _number(value[ours])
    texts = {"unitText": value.get("unit") or kind.unit, "description": value.get("note")}
    return node | {key: text for key, text in texts.items() if text}


def _context(page: Mapping[str, Any], template: Template, *, vocabulary: str) -> Json:
    """Return the context: the envelope's terms, and under ``fields`` those of the category that occur."""
    kinds = [template.fields[key] for key in template.fields if key in page["fields"]]
    fields = _terms(kinds, f"{vocabulary}/{template.category}#", outer=frozenset(BASE_CONTEXT))
    return {"@vocab": f"{vocabulary}/passport#", **BASE_CONTEXT, "fields": {"@context": fields}}


def _terms(kinds: Sequence[ValueType], vocabulary: str, *, outer: frozenset[str]) -> Json:
    """Return the context of some values.

    Their vocabulary alone names most of them; defined are those that have a type, and those whose key already means
    something in an ``outer`` context.
    """
    inner = outer | {kind.key for kind in kinds}
    typed = {kind.key: _typing(kind, vocabulary, outer=inner) for kind in kinds}
    clashing = {kind.key: {"@id": vocabulary + kind.key} for kind in kinds if kind.key in outer}
    return {"@vocab": vocabulary, **clashing, **{key: term for key, term in typed.items() if term}}


def _typing(kind: ValueType, vocabulary: str, *, outer: frozenset[str]) -> Json:
    """Return what the context has to say on the type of a value, which is nothing for plain ones."""
    if isinstance(kind, Field) and kind.translatable:
        return {"@container": "@language"}
    if kind.columns:
        return {"@container": "@list", "@context": _terms(kind.columns, f"{vocabulary}{kind.key}/", outer=outer)}
    if kind.data_type == "array":
        return {"@container": "@list"}
    if kind.data_type == "date":
        return {"@type": _DATATYPES[kind.precision or "day"]}
    return {"@type": "@id"} if kind.data_type == "url" else {}
