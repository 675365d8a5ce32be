"""JSON-LD contexts: which prefixes a document declares, and our own rendering of the standard's context for loaders.

The context of EPCIS 2.0 is written here anew from its terms (EPCIS 2.0, 9.4; CBV 2.0): a term is a property of the
``epcis:`` namespace, a value from a vocabulary has its list as a context of its own. What it makes of a document is the
same graph as the published one makes, which the tests compare. ``load_context`` serves it under the official URLs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from tracepass.epcis.vocabulary import Vocabulary, terms, web_uri

EPCIS_CONTEXT_URL = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
CONTEXT_URLS: Final = frozenset(
    {
        EPCIS_CONTEXT_URL,
        "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
        "https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld",
        "https://gs1.github.io/EPCIS/epcis-context.jsonld",
    }
)
"""Addresses under which the standard's context is referred to."""
STANDARD_PREFIXES: Final[Mapping[str, str]] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""The prefixes that the standard's context declares; a document need not do so again."""


def namespaces_of(context: Any, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return prefix -> namespace as an ``@context`` (URL, object, or list of them) declares them, over ``inherited``.

    The standard's own prefixes are not among them unless they are declared anew. A URL that is not the standard's
    stands for itself (``{url: url}``): what it declares is not known here, see :func:`is_open`.
    """
    found = dict(inherited or {})
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, str):
            if part not in CONTEXT_URLS:
                found[part] = part
        elif isinstance(part, Mapping):
            found.update(_declared(part))
    return found


def _declared(context: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in context.items():
        iri = value.get("@id") if isinstance(value, Mapping) else value
        if isinstance(iri, str) and ":" not in name and not name.startswith("@") and not iri.startswith("@"):
            yield name, iri


def is_open(namespaces: Mapping[str, str]) -> bool:
    """Tell whether a context is referred to whose prefixes are not known, so that any prefix may be declared."""
    return any(":" in name for name in namespaces)


def split_name(name: str, namespaces: Mapping[str, str]) -> tuple[str, str] | None:
    """Return namespace and local name of an extension's name; None where its prefix is declared nowhere.

    An absolute IRI is divided behind its last ``#`` or ``/``, or ``:`` in a URN.
    """
    prefix, colon, local = name.partition(":")
    if not colon:
        return None
    namespace = namespaces.get(prefix) or STANDARD_PREFIXES.get(prefix)
    if namespace is not None:
        return namespace, local
    if local.startswith("//") or prefix == "urn":
        at = max(name.rfind("#"), name.rfind("/") if prefix != "urn" else name.rfind(":")) + 1
        return name[:at], name[at:]
    return (f"{prefix}:", local) if is_open(namespaces) else None


def context_for(namespaces: Mapping[str, str]) -> list[Any]:
    """Return the ``@context`` of a document whose events use these namespaces."""
    urls = [name for name in namespaces if ":" in name]
    own = {name: iri for name, iri in namespaces.items() if ":" not in name}
    return [EPCIS_CONTEXT_URL, *urls, *([own] if own else [])]


def load_context(url: str) -> dict[str, Any] | None:
    """Return the context document known under an official URL, written by us; None for a URL that is not known."""
    return {"@context": _standard()} if url in CONTEXT_URLS else None


def _ids(*names: str) -> dict[str, Any]:
    """Properties whose value is an IRI."""
    return {name: {"@id": f"epcis:{name}", "@type": "@id"} for name in names}


def _sets_of_ids(*names: str) -> dict[str, Any]:
    return {name: {"@id": f"epcis:{name}", "@type": "@id", "@container": "@set"} for name in names}


def _sets(*names: str) -> dict[str, Any]:
    return {name: {"@id": f"epcis:{name}", "@container": "@set"} for name in names}


def _typed(datatype: str, *names: str) -> dict[str, Any]:
    return {name: {"@id": f"epcis:{name}", "@type": f"xsd:{datatype}"} for name in names}


def _plain(*names: str) -> dict[str, Any]:
    return {name: f"epcis:{name}" for name in names}


def _listed(vocabulary: Vocabulary) -> dict[str, str]:
    return {term: web_uri(vocabulary, term) for term in sorted(terms(vocabulary))}


def _term(name: str, vocabulary: Vocabulary, **more: Any) -> dict[str, Any]:
    """A property whose value is a term of a vocabulary, or another IRI."""
    return {"@id": f"epcis:{name}", "@type": "@vocab", "@context": _listed(vocabulary), **more}


def _scope(terms_: Mapping[str, Any]) -> dict[str, Any]:
    return {"@protected": True, "epcis": STANDARD_PREFIXES["epcis"], "xsd": STANDARD_PREFIXES["xsd"], **terms_}


@lru_cache(maxsize=1)
def _standard() -> dict[str, Any]:
    return {"@version": 1.1, "@protected": True, **STANDARD_PREFIXES, **_document(), **_what(), **_when_where_why()}


def _document() -> dict[str, Any]:
    kinds = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
    parts = ("epcisHeader", "masterData", "vocabularyList", "epcisBody", "queryResults", "resultsBody", "eventList")
    return {
        "id": "@id",
        "eventID": "@id",
        "type": "@type",
        "baseURL": "@base",
        **_plain(*kinds, "Collection", "EPCISDocument", "EPCISQueryDocument", *parts),
        **_plain("subscriptionID", "queryName", "instanceIdentifier"),
        **_typed("string", "sender", "receiver"),
        "creationDate": {"@id": "dcterms:created", "@type": "xsd:dateTime"},
        "schemaVersion": "owl:versionInfo",
        "member": {"@id": "rdfs:member", "@type": "@id", "@container": "@set"},
        **_sets_of_ids("children"),
    }


def _what() -> dict[str, Any]:
    return {
        **_sets_of_ids("epcList", "childEPCs", "inputEPCList", "outputEPCList"),
        **_sets("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"),
        **_ids("epcClass", "parentID", "transformationID"),
        **_typed("decimal", "quantity"),
        **_plain("uom", "ilmd", "action"),
    }


def _when_where_why() -> dict[str, Any]:
    return {
        **_typed("dateTimeStamp", "eventTime", "recordTime"),
        **_plain("eventTimeZoneOffset"),
        **_ids("readPoint", "bizLocation"),
        **_sets_of_ids("certificationInfo"),
        "bizStep": _term("bizStep", Vocabulary.BIZ_STEP),
        "disposition": _term("disposition", Vocabulary.DISPOSITION),
        "persistentDisposition": _persistent(),
        "bizTransactionList": _transactions(),
        "sourceList": _ends("source"),
        "destinationList": _ends("destination"),
        "errorDeclaration": _error(),
        "sensorElementList": {"@id": "epcis:sensorElementList", "@container": "@set", "@context": _sensors()},
    }


def _persistent() -> dict[str, Any]:
    members = {name: {"@id": f"epcis:{name}", "@type": "@vocab", "@container": "@set"} for name in ("set", "unset")}
    contexts = [_listed(Vocabulary.DISPOSITION), _scope(members)]
    return {"@id": "epcis:persistentDisposition", "@container": "@set", "@context": contexts}


def _transactions() -> dict[str, Any]:
    kind = _term("bizTransactionType", Vocabulary.BIZ_TRANSACTION_TYPE)
    context = _scope({"bizTransaction": "@id", "type": kind})
    return {"@id": "epcis:bizTransactionList", "@container": "@set", "@context": context}


def _ends(name: str) -> dict[str, Any]:
    kind = _term("sourceOrDestinationType", Vocabulary.SOURCE_DESTINATION_TYPE)
    context = _scope({name: {"@id": "epcis:sourceOrDestination", "@type": "@id"}, "type": kind})
    return {"@id": f"epcis:{name}List", "@container": "@set", "@context": context}


def _error() -> dict[str, Any]:
    members = {
        "reason": _term("reason", Vocabulary.ERROR_REASON),
        **_sets_of_ids("correctiveEventIDs"),
        **_typed("dateTimeStamp", "declarationTime"),
    }
    return {"@id": "epcis:errorDeclaration", "@context": _scope(members)}


def _sensors() -> dict[str, Any]:
    device = _ids("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod")
    metadata = {**_typed("dateTimeStamp", "startTime", "endTime"), **_ids("bizRules")}
    members = {
        **device,
        **_typed("dateTimeStamp", "time"),
        "type": "@type",
        "sensorMetadata": {"@id": "epcis:sensorMetadata", "@context": _scope(metadata)},
        "sensorReport": {"@id": "epcis:sensorReport", "@context": _scope(_report())},
    }
    return _scope(members)


def _report() -> dict[str, Any]:
    numbers = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
    return {
        "type": _term("measurementType", Vocabulary.MEASUREMENT),
        "exception": _term("exception", Vocabulary.ALERT),
        "component": _term("component", Vocabulary.COMPONENT),
        **_ids("coordinateReferenceSystem", "microorganism", "chemicalSubstance", "uriValue"),
        **_typed("dateTimeStamp", "time"),
        **_typed("double", *numbers),
        **_typed("boolean", "booleanValue"),
        **_typed("hexBinary", "hexBinaryValue"),
        **_plain("stringValue"),
    }
