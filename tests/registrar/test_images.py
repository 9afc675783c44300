"""Pictures for credentials: what is taken is written anew, what could do harm is refused."""

import base64
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from registrar.errors import UnsoundImage
from registrar.readers import images

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'


def dots(kind: str, size: tuple[int, int] = (900, 300), **options: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "#1d4f91").save(written, kind, **options)
    return written.getvalue()


def inside(svg: str) -> Image.Image:
    found = re.search(r"base64,([^\"]+)", svg)
    assert found is not None
    return Image.open(io.BytesIO(base64.b64decode(found[1])))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_dots_are_written_anew_smaller_and_without_what_was_stored_beside_them(kind: str) -> None:
    options: dict[str, Any] = {}
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Author", "Somebody at home")
    else:
        exif = Image.Exif()
        exif[0x0112] = 6
        exif[0x013B] = "Somebody at home"
        options["exif"] = exif
    svg = images.read(dots(kind, **options))
    picture = inside(svg)
    assert picture.format == kind
    assert picture.size == ((600, 200) if kind == "PNG" else (200, 600))
    assert b"Somebody" not in base64.b64decode(svg.partition("base64,")[2].partition('"')[0])
    assert images.problem(svg) == ""


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 900 million dots."""
    return dots("PNG", (64, 64)).replace(
        (64).to_bytes(4) + (64).to_bytes(4), (30_000).to_bytes(4) + (30_000).to_bytes(4), 1
    )


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda: dots("PNG", (32, 900)), "has 32 by 900 dots"),
        (lambda: dots("PNG", (5_001, 64)), "has 5,001 by 64 dots"),
        (bomb, "damaged|30,000"),
        (lambda: dots("PNG")[:200], "damaged"),
        (lambda: dots("JPEG")[:200], "damaged"),
        (lambda: dots("GIF"), "no PNG, JPEG or SVG"),
        (lambda: dots("PNG") + bytes(images.MAX_BYTES), "more than 2 MB"),
        (lambda: b"", "no PNG, JPEG or SVG"),
        (lambda: b"<p>words</p>", "no SVG"),
        (lambda: b"<svg", "no SVG"),
        (lambda: b"<svg>\xff</svg>", "UTF-8"),
        (lambda: SVG.format("<!-- -->" * 40_000).encode(), "300 kB"),
        (lambda: SVG.format("<g>" * 70 + "</g>" * 70).encode(), "too many parts"),
        (lambda: SVG.format("<g/>" * 5_001).encode(), "too many parts"),
        (lambda: b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("&a;").encode(), "type"),
    ],
)
def test_what_is_no_sound_picture_is_refused_with_the_reason(
    made: Callable[[], bytes], why: str
) -> None:
    with pytest.raises(UnsoundImage, match=why):
        images.read(made())


@pytest.mark.parametrize(
    "part",
    [
        "<script>alert(1)</script>",
        '<circle onload="alert(1)"/>',
        "<foreignObject><p>words</p></foreignObject>",
        '<animate attributeName="href" to="javascript:alert(1)"/>',
        '<a href="https://other.example/"><circle/></a>',
        '<image href="https://other.example/x.png"/>',
        '<image xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="file:///x"/>',
        '<use href="data:image/svg+xml;base64,AAAA"/>',
        "<style>@import 'https://other.example/x.css';</style>",
        '<rect style="fill: url(https://other.example/x)"/>',
        "<rect fill=\"url( 'https://other.example/x')\"/>",
    ],
)
def test_a_drawing_that_runs_or_fetches_something_is_refused(part: str) -> None:
    with pytest.raises(UnsoundImage, match="Take it out"):
        images.read(SVG.format(part).encode())
    assert images.problem(SVG.format(part))


def test_a_drawing_is_written_anew_without_the_notes_of_its_program() -> None:
    drawn = (
        '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:i="urn:i" i:x="1">'
        "<metadata><i:who>Somebody</i:who></metadata><i:view/>"
        '<defs><linearGradient id="a"/></defs><rect fill="url(#a)"/></svg>'
    )
    read = images.read(drawn.encode())
    assert 'fill="url(#a)"' in read
    for gone in ("Somebody", "urn:i", "metadata"):
        assert gone not in read
    assert images.problem(read) == ""
