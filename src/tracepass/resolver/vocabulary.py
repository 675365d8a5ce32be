"""The terms of our JSON-LD, described where their addresses point (Best Practices for Publishing RDF Vocabularies)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core.errors import NotFound
from tracepass.locale import LOCALES
from tracepass.templates.models import Field, Template
from tracepass.templates.service import Templates

ENVELOPE: Mapping[str, str] = {
    "PassportStatus": "The status of a credential: its address answers the one that holds now, or why there is none.",
    "at": "When something happened.",
    "authorisedRepresentative": "Who acts for the manufacturer in the Union.",
    "batteryStatus": "What became of the battery: original, reused, repurposed, remanufactured or waste.",
    "bizStep": "The step of the supply chain, as the Core Business Vocabulary of GS1 names it.",
    "category": "The product group of the passport.",
    "country": "The country of a place, ISO 3166-1 alpha-2.",
    "description": "What happened, in words.",
    "distributor": "Who makes the product available on the market.",
    "documents": "Documents on what happened.",
    "entries": "What happened, the latest first.",
    "entryType": "Whether an entry is a service, a transfer to another owner, or an event of the supply chain.",
    "environment": "live, or test for a passport of no real product.",
    "expiresAt": "Until when the passport is valid.",
    "facility": "Where a step of the supply chain was done, by an identifier of its own.",
    "fields": "The public values, by the keys of the category's template.",
    "fromOwner": "Who owned or held the product before.",
    "gln": "A Global Location Number.",
    "granularity": "Whether the passport speaks of a model, a batch or an item.",
    "hasOlderEntries": "Whether there are older entries that are not shown.",
    "history": "What happened to the product, as far as everybody may know.",
    "importer": "Who places the product from a third country on the market.",
    "kind": "Which service was done, or why the product changed hands.",
    "legacyOperatorId": "An identifier of an operator that has no GLN.",
    "legalName": "The name of a company.",
    "name": "The name of a part or a place.",
    "operatorId": "An identifier of who did a step of the supply chain.",
    "ownerType": "Whether an owner is a company or a private person.",
    "partNumber": "The number of a kind of part.",
    "parts": "The parts that were put in.",
    "passportId": "The id of the passport in this installation.",
    "performedBy": "Who did it.",
    "place": "Where it was done.",
    "predecessorPassports": "The passports of the batteries that this one was made of.",
    "producerResponsibilityOrg": "The organisation that fulfils the producer's extended responsibility.",
    "publishedAt": "When the passport was first published.",
    "publishedIncomplete": "Whether the publisher declared that the passport is not yet complete.",
    "recycler": "Who recycles the product.",
    "reference": "What the publisher calls what happened, such as the number of a work order.",
    "serialNumber": "The serial number of a part.",
    "status": "The state of the passport.",
    "step": "A step of the supply chain, in the publisher's words.",
    "successorPassports": "The passports of batteries that were made of this one.",
    "templateVersion": "The version of the template that the passport was made with.",
    "toOwner": "Who owned or held the product from then on.",
    "updatedAt": "When the passport last changed.",
    "url": "An address on the web.",
    "version": "The number of the passport's latest change.",
}
PASSPORT = "passport"

_CONTEXT = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "schema": "https://schema.org/",
    "label": {"@id": "rdfs:label", "@container": "@language"},
    "comment": {"@id": "rdfs:comment", "@container": "@language"},
    "unit": "schema:unitText",
    "version": "owl:versionInfo",
    "terms": {"@reverse": "rdfs:isDefinedBy"},
}


class Vocabulary:
    """Describes the terms under ``<origin>/vocab``."""

    def __init__(self, templates: Templates, *, origin: str) -> None:
        self._templates = templates
        self._base = f"{origin}/vocab"

    def describe(self, name: str) -> dict[str, Any]:
        """Return the terms of a category, or of ``passport``, as JSON-LD.

        Raises:
            NotFound: there is no such vocabulary.
        """
        if name == PASSPORT:
            return self._ontology(name, {"en": "Digital product passport"}, self._envelope())
        template = self._templates.find(name)
        if template is None or template.category != name:
            raise NotFound("vocabulary")
        labels = {locale: self._templates.category_label(template, locale) for locale in LOCALES}
        terms = [self._term(template, field) for field in template.fields.values()]
        return {**self._ontology(name, labels, terms), "version": template.version}

    def _ontology(self, name: str, labels: Mapping[str, str], terms: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "@context": _CONTEXT,
            "@id": f"{self._base}/{name}",
            "@type": "owl:Ontology",
            "label": labels,
            "terms": terms,
        }

    def _envelope(self) -> list[dict[str, Any]]:
        return [
            {
                "@id": f"{self._base}/{PASSPORT}#{name}",
                "@type": "rdf:Property",
                "label": {"en": name},
                "comment": {"en": text},
            }
            for name, text in ENVELOPE.items()
        ]

    def _term(self, template: Template, field: Field) -> dict[str, Any]:
        texts = self._templates.labels
        term = {
            "@id": f"{self._base}/{template.category}#{field.key}",
            "@type": "rdf:Property",
            "label": {locale: texts.text(locale, field.key, field.label) for locale in LOCALES},
            "comment": {"en": field.help},
        }
        return {**term, "unit": field.unit} if field.unit else term
