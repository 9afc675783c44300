"""Pictures for credentials: decoded within bounds and written anew, so that they only show."""

import base64
import io
import re
from collections.abc import Iterator
from typing import Final, cast
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from PIL import Image, ImageOps

from registrar.errors import UnsoundImage

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_SVG_BYTES: Final = 300 * 1024
MIN_SIDE: Final = 64
MAX_SIDE: Final = 5_000
# What is kept: twice as large as any page shows it.
KEPT_SIDE: Final = 600
MAX_ELEMENTS: Final = 5_000
MAX_DEPTH: Final = 60

_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_SHOWN: Final = frozenset(
    "svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan "
    "textPath linearGradient radialGradient stop pattern clipPath mask marker style image "
    "filter feGaussianBlur feOffset feBlend feColorMatrix feComposite feFlood feMerge "
    "feMergeNode feDropShadow switch".split()
)
_EMBEDDED = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]+\Z")
# What a style may not do: fetch something, or run it.
_ACTIVE_STYLE = re.compile(r"@import|javascript:|expression\s*\(|url\s*\(\s*[\"']?\s*(?!#)", re.I)
_UNDECODABLE = (OSError, SyntaxError, ValueError, EOFError, MemoryError, ArithmeticError)


def read(data: bytes) -> str:
    """Return the SVG text for an uploaded PNG, JPEG or SVG, written anew. Raises UnsoundImage.

    A photograph or drawing of dots is turned upright, made smaller where it is larger than
    anybody needs, freed of everything that was stored with it, and stands in an SVG.
    """
    if data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return _read_dots(data)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _read_svg(data)
    raise UnsoundImage("This is no PNG, JPEG or SVG. Save the picture as one of these.")


def problem(text: str) -> str:
    """Say why this SVG text cannot be used; nothing if it can."""
    try:
        _checked(text)
    except UnsoundImage as unsound:
        return str(unsound)
    return ""


def _read_dots(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise UnsoundImage("The picture has more than 2 MB. Save it smaller.")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as opened:
            if not all(MIN_SIDE <= side <= MAX_SIDE for side in opened.size):
                width, height = opened.size
                raise UnsoundImage(
                    f"The picture has {width:,} by {height:,} dots. Save it with {MIN_SIDE} to "
                    f"{MAX_SIDE:,} on each side."
                )
            is_photograph = opened.format == "JPEG"
            upright = ImageOps.exif_transpose(opened).convert("RGB" if is_photograph else "RGBA")
    except (*_UNDECODABLE, Image.DecompressionBombError) as error:
        raise UnsoundImage("The picture is damaged. Open it and save it anew.") from error
    upright.thumbnail((KEPT_SIDE, KEPT_SIDE))
    # A picture of its own: nothing that was stored beside the dots comes with it.
    plain = Image.frombytes(upright.mode, upright.size, upright.tobytes())
    written = io.BytesIO()
    if is_photograph:
        plain.save(written, "JPEG", quality=85, optimize=True)
    else:
        plain.save(written, "PNG", optimize=True)
    kind = "jpeg" if is_photograph else "png"
    return _as_svg(written.getvalue(), kind, *plain.size)


def _as_svg(data: bytes, kind: str, width: int, height: int) -> str:
    encoded = base64.b64encode(data).decode()
    return (
        f'<svg xmlns="{_SVG}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/{kind};base64,{encoded}"/>'
        "</svg>"
    )


def _read_svg(data: bytes) -> str:
    if len(data) > MAX_SVG_BYTES:
        raise UnsoundImage("The drawing has more than 300 kB. Simplify it, or save it as a PNG.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnsoundImage("The drawing is not written in UTF-8. Save it anew.") from error
    root = _checked(text)
    _drop_what_is_not_shown(root)
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return ElementTree.tostring(root, encoding="unicode")


def _checked(text: str) -> Element:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UnsoundImage("The drawing has a document type. Save it as plain SVG.")
    root = _parsed(text)
    if root.tag != f"{{{_SVG}}}svg":
        raise UnsoundImage("This is no SVG.")
    for element in root.iter():
        for fault in _faults(element):
            raise UnsoundImage(f"The drawing has {fault}. Take it out.")
    return root


def _parsed(text: str) -> Element:
    """The tree, whose depth and number of elements are bounded while it grows."""
    parser: ElementTree.XMLPullParser[Element] = ElementTree.XMLPullParser(("start", "end"))
    open_parts: list[Element] = []
    count, root = 0, None
    try:
        for start in range(0, len(text), 4096):
            parser.feed(text[start : start + 4096])
            for event, element in cast(Iterator[tuple[str, Element]], parser.read_events()):
                if event == "start":
                    open_parts.append(element)
                    count += 1
                else:
                    root = open_parts.pop()
                if len(open_parts) > MAX_DEPTH or count > MAX_ELEMENTS:
                    raise UnsoundImage("The drawing has too many parts. Simplify it.")
        parser.close()
    except (ElementTree.ParseError, ValueError) as error:
        raise UnsoundImage("This is no SVG.") from error
    if root is None or open_parts:
        raise UnsoundImage("This is no SVG.")
    return root


def _faults(element: Element) -> Iterator[str]:
    namespace, _, name = element.tag.rpartition("}")
    if namespace not in (f"{{{_SVG}", ""):
        return
    if name not in _SHOWN and name != "metadata":
        yield f"the element {name}"
    if name == "style" and _ACTIVE_STYLE.search("".join(element.itertext())):
        yield "a style that fetches something"
    for attribute, value in element.attrib.items():
        short = attribute.rpartition("}")[2]
        if short.lower().startswith("on"):
            yield f"a script ({short})"
        elif short == "href" and not (value.startswith("#") or _EMBEDDED.match(value)):
            yield "a link to something outside"
        elif _ACTIVE_STYLE.search(value):
            yield f"something that is fetched ({short})"


def _drop_what_is_not_shown(root: Element) -> None:
    """Programs for drawing leave notes of their own in other namespaces."""
    for parent in list(root.iter()):
        for child in list(parent):
            if not child.tag.startswith(f"{{{_SVG}}}") or child.tag.endswith("}metadata"):
                parent.remove(child)
        for attribute in list(parent.attrib):
            if attribute.startswith("{") and not attribute.startswith(f"{{{_XLINK}}}"):
                del parent.attrib[attribute]
