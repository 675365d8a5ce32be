"""Capture jobs and problems in XML (``EPCISCaptureJob``, ``EPCISException``), for clients that ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lxml import etree

from tracepass.epcis.xmlelements import Element, Elements, Unwritable, refusal, text_of
from tracepass.epcis.xmlnodes import Node, NodeFault, XmlInvalid, path_of
from tracepass.epcis.xmlreading import unwrapped
from tracepass.epcis.xmlstream import XmlStream
from tracepass.epcis.xmlvalues import number, truth

JOB: Final = "EPCISCaptureJob"
_NAMESPACE: Final = "urn:epcglobal:epcis:xsd:2"
_TRUTHS: Final = ("running", "success")
_TEXTS: Final = ("captureErrorBehaviour", "createdAt", "finishedAt", "errorFile")
_PROBLEM: Final = ("type", "title", "status", "detail", "instance")


def write_job(job: Mapping[str, Any]) -> bytes:
    """Return a capture job as XML; members that the schema has no place for are left out.

    Raises:
        XmlInvalid: a value has no form in XML.
    """
    make = Elements({})
    root: Element = etree.Element(f"{{{_NAMESPACE}}}{JOB}", nsmap={"epcis": _NAMESPACE})
    try:
        for name in (*_TRUTHS, "captureID"):
            make.set(root, name, text_of(job.get(name)))
        for name in _TEXTS[:3]:
            if job.get(name) is not None:
                make.add(root, name, text_of(job[name]))
        _errors(make, root, job)
    except Unwritable as fault:
        raise refusal(fault, "") from fault
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def write_problem(problem: Mapping[str, Any]) -> bytes:
    """Return a problem (RFC 7807: type, title, status, detail, instance) as an EPCISException."""
    root: Element = etree.Element(f"{{{_NAMESPACE}}}EPCISException", nsmap={"epcis": _NAMESPACE})
    try:
        _problem(Elements({}), root, problem)
    except Unwritable as fault:
        raise refusal(fault, "") from fault
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def read_job(stream: XmlStream) -> dict[str, Any]:
    """Return an EPCISCaptureJob as the REST binding has it in JSON.

    Raises:
        XmlInvalid: it holds what a capture job has not.
    """
    try:
        return _job(stream)
    except NodeFault as fault:
        path = f"/{JOB}" + path_of(fault.node, stream.root)
        node = fault.node
        raise XmlInvalid(fault.message, fault.code, path, line=node.line, column=node.column) from fault


def _job(stream: XmlStream) -> dict[str, Any]:
    root, job = stream.root, dict[str, Any]()
    for name, value in root.items():
        if not stream.names.of(name).startswith("xsi:"):
            job[name] = truth(value, root, name) if name in _TRUTHS else value
    for child in unwrapped(root):
        if child.name == "errors":
            job["errors"] = [_error(error) for error in child.children]
        elif child.name in _TEXTS:
            job[child.name] = child.text.strip()
        else:
            raise NodeFault(child, f"there is no {child.name} in a capture job", "unknown_element")
    return job


def _error(node: Node) -> dict[str, Any]:
    return {
        child.name: number(child.text, child, "status") if child.name == "status" else child.text.strip()
        for child in node.children
    }


def _errors(make: Elements, root: Element, job: Mapping[str, Any]) -> None:
    if job.get("errors"):
        place = make.add(root, "errors")
        for error in job["errors"]:
            _problem(make, make.add(place, "error"), error)
    elif job.get("errorFile") is not None:
        make.add(root, "errorFile", text_of(job["errorFile"]))


def _problem(make: Elements, place: Element, problem: Mapping[str, Any]) -> None:
    for name in _PROBLEM:
        if problem.get(name) is not None:
            make.add(place, name, text_of(problem[name]))
