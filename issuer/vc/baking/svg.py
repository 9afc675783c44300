"""SVG: read, add and take out the element of a credential; every other byte stays as it is.

The image is looked at by expat, which tells at which byte an element begins, and
is never written anew. One that defines entities is refused, so none is
expanded; nothing is fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, cast
from xml.parsers import expat

from issuer.vc.baking import carriers
from issuer.vc.errors import BakedAlready, MalformedImage, OutOfBounds

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 50_000
MAX_DEPTH = 256
# One is allowed; this is how many are found before giving up.
MAX_FOUND = 16

_ROOTS = frozenset({"svg", "http://www.w3.org/2000/svg svg"})
_ELEMENT = "credential"
_ATTRIBUTE = "verify"
_NAMES = frozenset(f"{carrier.namespace} {_ELEMENT}" for carrier in carriers.ALL)
# A start tag that expat has accepted: its name, and all up to the bracket outside of quotes.
_TAG = re.compile(rb"<([^\s/>]+)(?:[^>\"']|\"[^\"]*\"|'[^']*')*+>")
# Characters that JSON may hold as they are and XML may not.
_NO_XML = re.compile("[\ufffe\uffff]")


@dataclass
class _Found:
    """An element of a credential: where it is, its attribute and its text."""

    start: int
    end: int
    attribute: str | None
    texts: list[str] = field(default_factory=list)


def read(image: bytes) -> list[str]:
    """Return the texts of credentials: each an attribute `verify` or the text of its element.

    Raises MalformedImage for what is no SVG in UTF-8 or defines entities, and for an
    element of a credential that holds an element, both a text and an attribute,
    or nothing; OutOfBounds.
    """
    return [_text(found) for found in _Scan(image).found]


def clear(image: bytes) -> bytes:
    """Return the image without elements of credentials."""
    for found in reversed(_Scan(image).found):
        image = image[: found.start] + image[found.end :]
    return image


def add(image: bytes, text: str, *, carrier: carriers.Carrier) -> bytes:
    """Return the image with an element right after the start tag of the root.

    JSON stands in it as one CDATA section, a JWS in its attribute `verify`. Raises
    BakedAlready when there is an element of a credential, MalformedImage when
    the root is empty, and what `read` raises of the image.
    """
    scan = _Scan(image)
    if scan.found:
        raise BakedAlready()
    tag = _tag(image, scan.root)
    if tag[0].endswith(b"/>"):
        raise MalformedImage("The SVG is empty.")
    declaration = f' xmlns:{carrier.prefix}="{carrier.namespace}"'
    # The prefix may be in use already, for this or, as in Open Badges 2.0, for another namespace.
    bound = scan.prefixes.get(carrier.prefix)
    on_root = declaration if bound is None else ""
    on_element = declaration if bound not in (None, carrier.namespace) else ""
    element = _element(f"{carrier.prefix}:{_ELEMENT}", on_element, text)
    name, end = tag.end(1), tag.end()
    return b"".join(
        [image[:name], on_root.encode(), image[name:end], element.encode(), image[end:]]
    )


def _element(name: str, declaration: str, text: str) -> str:
    if text.lstrip().startswith("{"):
        return f"<{name}{declaration}><![CDATA[{_for_xml(text)}]]></{name}>"
    return f'<{name}{declaration} {_ATTRIBUTE}="{text}"/>'


def _for_xml(text: str) -> str:
    """Write the same JSON so that no CDATA section ends in it and XML may hold it.

    Outside of its strings JSON has none of these characters.
    """
    escaped = _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return escaped.replace("]]>", "]]\\u003e")


def _tag(image: bytes, start: int) -> re.Match[bytes]:
    # There is one: expat has accepted it.
    return cast("re.Match[bytes]", _TAG.match(image, start))


def _text(found: _Found) -> str:
    text = "".join(found.texts).strip()
    if (found.attribute is None) == (text == ""):
        raise MalformedImage("The element in the SVG holds nothing, or two things.")
    return text if found.attribute is None else found.attribute


def _require_utf_8(image: bytes) -> None:
    """Refuse other encodings: expat would go by the first bytes, whatever it is told."""
    try:
        is_plain = "\0" not in image.decode("utf-8")
    except UnicodeDecodeError:
        is_plain = False
    if not is_plain:
        raise MalformedImage("The image is neither a PNG nor an SVG in UTF-8.")


class _Scan:
    """One look at the image: its root, the prefixes declared there, and what we look for."""

    def __init__(self, image: bytes) -> None:
        if len(image) > MAX_BYTES:
            raise OutOfBounds(f"The SVG has more than {MAX_BYTES} bytes.")
        _require_utf_8(image)
        self.found: list[_Found] = []
        self.root = -1
        self.prefixes: dict[str | None, str | None] = {}
        self._image = image
        self._open: _Found | None = None
        self._elements = self._depth = 0
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.buffer_text = True
        # As a list, in pairs: a dictionary for each of very many elements takes its time.
        self._parser.ordered_attributes = True
        self._parser.XmlDeclHandler = self._on_declaration
        self._parser.StartDoctypeDeclHandler = self._on_doctype
        self._parser.SkippedEntityHandler = self._on_skipped
        self._parser.StartNamespaceDeclHandler = self._on_prefix
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.CharacterDataHandler = self._on_text
        try:
            self._parser.Parse(image, True)
        except expat.ExpatError as error:
            raise MalformedImage(f"The image is neither a PNG nor an SVG: {error}.") from None
        finally:
            # It knows the methods above, and they it: nothing would let go of its memory.
            del self._parser

    def _on_declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            raise MalformedImage("The SVG is not in UTF-8.")

    def _on_doctype(self, name: str, system: Any, public: Any, has_subset: int) -> None:
        if has_subset:
            raise MalformedImage("The SVG defines entities of its own.")

    def _on_skipped(self, name: str, is_parameter: int) -> None:
        raise MalformedImage(f"The SVG uses the entity {name}, which is defined elsewhere.")

    def _on_prefix(self, prefix: str | None, namespace: str | None) -> None:
        if self.root < 0:
            self.prefixes[prefix] = namespace

    def _on_start(self, name: str, attributes: list[str]) -> None:
        self._count()
        start = self._parser.CurrentByteIndex
        if self.root < 0:
            self.root = start
            if name not in _ROOTS:
                raise MalformedImage("The image is XML, but no SVG.")
        if self._open is not None:
            raise MalformedImage("The element in the SVG holds another.")
        if name in _NAMES:
            if len(self.found) == MAX_FOUND:
                raise OutOfBounds(f"The SVG holds more than {MAX_FOUND} credentials.")
            end = _tag(self._image, start).end()
            stated = dict(zip(attributes[::2], attributes[1::2], strict=True))
            self._open = _Found(start, end, stated.get(_ATTRIBUTE))
            self.found.append(self._open)

    def _count(self) -> None:
        self._elements += 1
        self._depth += 1
        if self._elements > MAX_ELEMENTS or self._depth > MAX_DEPTH:
            raise OutOfBounds("The SVG has too many elements, or they are nested too deeply.")

    def _on_text(self, text: str) -> None:
        if self._open is not None:
            self._open.texts.append(text)

    def _on_end(self, name: str) -> None:
        self._depth -= 1
        if self._open is not None:
            if not self._image.endswith(b"/>", 0, self._open.end):
                start = self._parser.CurrentByteIndex
                self._open.end = self._image.index(b">", start) + 1
            self._open = None
