"""Documents as a stream: the events one by one, what stands around them as a small tree, and nothing dangerous.

Refused before it can do harm: a document type that declares or refers to anything (so there are no entities to expand
and none to fetch; the empty ``<!DOCTYPE project>`` of GS1's own examples declares nothing), XInclude, and whatever
exceeds the ``Bounds``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final
from xml.parsers import expat

from tracepass.epcis.xmlnames import XINCLUDE, Names, NamesExceeded
from tracepass.epcis.xmlnodes import Bounds, Node, NodeFault, XmlInvalid

CHUNK: Final = 64 * 1024
_HOLD_LISTS: Final = frozenset({"EPCISBody", "resultsBody", "extension"})


class Parser:
    """One pass over a document.

    Attributes:
        names: its names and prefixes.
        root: what stands around the events.
        uri: the namespace of the root.
        declared_before: how many namespaces were met by the first event's tag; None if there is none yet.
    """

    def __init__(self, bounds: Bounds | None = None) -> None:
        self.bounds = bounds or Bounds()
        self.names = Names(most=self.bounds.names, namespaces=self.bounds.namespaces)
        self.root = Node("", [], {}, 0, 0)
        self.uri = ""
        self.declared_before: int | None = None
        self._stack = [self.root]
        self._scope: Mapping[str, str] = {}
        self._declared: dict[str, str] | None = None
        self._list_depth = 0
        self._event_depth = 0
        self._held = 0
        self._fed = 0
        self._ready: deque[Node] = deque()
        self._deepest, self._most, self._longest = self.bounds.depth, self.bounds.elements, self.bounds.text
        self._expat = self._made()

    def events(self, stream: BinaryIO) -> Iterator[Node]:
        """Yield the elements of the events as they are complete.

        Raises:
            XmlInvalid: it is not well-formed, or refused.
        """
        while chunk := stream.read(CHUNK):
            self._feed(chunk, last=False)
            while self._ready:
                yield self._ready.popleft()
        self._feed(b"", last=True)
        yield from self._ready

    def _made(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.namespace_prefixes = True
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        return parser

    def _feed(self, chunk: bytes, *, last: bool) -> None:
        self._fed += len(chunk)
        try:
            self._expat.Parse(chunk, last)
        except expat.ExpatError as error:
            message = f"the document is not well-formed XML: {expat.ErrorString(error.code)}"
            raise XmlInvalid(
                message, "xml_malformed", self._path(), line=error.lineno, column=error.offset + 1
            ) from error
        except NodeFault as fault:
            raise self._refusal(fault.message, fault.code) from fault
        except NamesExceeded as fault:
            raise self._refusal(str(fault), "xml_too_large") from fault
        except (ValueError, LookupError) as error:
            # Of an encoding that expat does not know, Python's codec is asked.
            raise self._refusal(f"the encoding of the document is not known: {error}", "xml_malformed") from error
        if self._fed - self._expat.CurrentByteIndex > self.bounds.token:
            raise self._refusal(f"a single tag or comment is longer than {self.bounds.token} bytes", "xml_too_large")

    def _refusal(self, message: str, code: str) -> XmlInvalid:
        line, column = self._expat.CurrentLineNumber, self._expat.CurrentColumnNumber + 1
        return XmlInvalid(message, code, self._path(), line=line, column=column)

    def _path(self) -> str:
        return "".join(f"/{node.name}" for node in self._stack[1:])

    def _doctype(self, name: str, system_id: str | None, public_id: str | None, has_subset: int) -> None:
        if system_id is not None or public_id is not None or has_subset:
            message = f"a document type ({name}) that declares or refers to anything is not taken"
            raise NodeFault(self.root, message, "xml_doctype")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        if self._declared is None:
            self._declared = dict(self._scope)
        self._declared[prefix or ""] = uri or ""
        self.names.declare(prefix, uri)

    def _start(self, name: str, attributes: list[str]) -> None:
        if self._declared is not None:
            self._scope, self._declared = self._declared, None
        parser, stack = self._expat, self._stack
        node = Node(
            self.names.of(name), attributes, self._scope, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        )
        stack[-1].children.append(node)
        self._held += 1
        if attributes or " " in name:
            self._check_tag(node, name)
        if not self._event_depth:
            self._enter(node, name)
        stack.append(node)
        if len(stack) > self._deepest or self._held > self._most:
            self._check_size(node)

    def _check_size(self, node: Node) -> None:
        if len(self._stack) > self._deepest:
            raise NodeFault(node, f"elements nest deeper than {self._deepest}", "xml_too_deep")
        raise NodeFault(node, f"one event has more than {self._most} elements", "xml_too_large")

    def _check_tag(self, node: Node, name: str) -> None:
        bounds = self.bounds
        if name.partition(" ")[0] in XINCLUDE:
            raise NodeFault(node, "XInclude is not taken: nothing is included from elsewhere", "xml_include")
        if len(node.attributes) > 2 * bounds.attributes:
            raise NodeFault(node, f"an element has more than {bounds.attributes} attributes", "xml_too_large")
        if any(len(value) > bounds.text for value in node.attributes):
            raise NodeFault(node, f"an attribute is longer than {bounds.text} characters", "xml_too_large")

    def _enter(self, node: Node, name: str) -> None:
        """See whether the children of an element are events, or it is one."""
        depth = len(self._stack)
        if depth == 1:
            self.uri = name.partition(" ")[0] if " " in name else ""
        if self._list_depth == depth:
            if node.name == "extension":
                self._list_depth = depth + 1
            else:
                self._event_depth = depth
                if self.declared_before is None:
                    self.declared_before = len(self.names)
        elif node.name == "EventList" and self._stack[-1].name in _HOLD_LISTS:
            self._list_depth = depth + 1

    def _end(self, _name: str) -> None:
        node = self._stack.pop()
        parent = self._stack[-1]
        self._scope = parent.scope
        depth = len(self._stack)
        if self._event_depth == depth:
            self._event_depth = 0
            self._held = 0
            self._ready.append(parent.children.pop())
        elif not self._event_depth and self._list_depth == depth + 1:
            self._list_depth = depth if node.name == "extension" else 0

    def _text(self, data: str) -> None:
        node = self._stack[-1]
        if not node.text:
            node.text = data
        elif not (node.children and data.isspace()):
            node.text += data
            if len(node.text) > self._longest:
                raise NodeFault(node, f"a text is longer than {self._longest} characters", "xml_too_large")
