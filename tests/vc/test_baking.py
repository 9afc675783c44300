import functools
import json
import struct
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import baking, keys
from issuer.vc.baking import carriers, png, svg
from issuer.vc.baking.carriers import CLR, OPEN_BADGE, Carrier
from issuer.vc.errors import BakedAlready, MalformedImage, NotBaked, OutOfBounds, VcError
from issuer.vc.jose import vc_jwt

from .conftest import _badge
from .test_vc_jwt import of_learner
from .tokens import KEY_ID, signer


def chunk(kind: bytes, data: bytes = b"", *, checksum: int | None = None) -> bytes:
    found = zlib.crc32(kind + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", found)


HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
DATA = chunk(b"IDAT", zlib.compress(b"\0\xff\x7f\0"))
END = chunk(b"IEND")


def a_png(*extra: bytes) -> bytes:
    return b"".join([png.SIGNATURE, HEADER, *extra, DATA, END])


PNG = a_png(chunk(b"gAMA", b"\0\0\xb1\x8f"), chunk(b"tEXt", b"Title\0A bell"))
SVG = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a > bell -->\n'
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"\n  aria-label="a > b \'é\'" >'
    '<circle r="4"/><text>統計 &amp; <![CDATA[<x>]]></text></svg>\n<!-- end -->'
).encode()
IMAGES = {"png": PNG, "svg": SVG}
CARRIERS = {"badge": OPEN_BADGE, "clr": CLR}
KEYWORDS = [carrier.keyword for carrier in carriers.ALL]

JSON = json.dumps(
    {**_badge(), "description": "Ana ]]> <&> \"'\\ \n é 🙂 \ufffe"}, ensure_ascii=False
)


@functools.cache
def _jws() -> str:
    return vc_jwt.sign(of_learner(), signer=signer(keys.P256), key_id=KEY_ID)


def baked(image: bytes = SVG, text: str | None = None, **options: Any) -> bytes:
    return baking.bake(image, text or _jws(), **options)


# Both kinds of image


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
def test_a_token_comes_out_as_it_went_in(image: bytes, carrier: Carrier) -> None:
    assert baking.extract(baked(image, carrier=carrier)) == _jws()


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
def test_json_comes_out_with_the_same_meaning(image: bytes, carrier: Carrier) -> None:
    for text in (JSON, json.dumps(json.loads(JSON), indent=2), "\r\n" + JSON + "\n"):
        found = baking.extract(baked(image, text, carrier=carrier))
        assert json.loads(found) == json.loads(JSON)


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
def test_a_second_credential_is_refused_or_takes_the_place_of_the_first(image: bytes) -> None:
    for first in CARRIERS.values():
        once = baked(image, JSON, carrier=first)
        for second in CARRIERS.values():
            with pytest.raises(BakedAlready):
                baked(once, carrier=second)
            assert baking.extract(baked(once, carrier=second, replace=True)) == _jws()
    assert baked(image, replace=True) == baked(image)
    assert baked(baked(image, JSON), replace=True) == baked(image)


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
def test_an_image_without_a_credential_is_told(image: bytes) -> None:
    with pytest.raises(NotBaked):
        baking.extract(image)


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
@pytest.mark.parametrize("text", ["", "x", "{", "[]", '{"a":1,"a":2}', '{"a":"\ud800"}', "a.b.c"])
def test_what_is_no_credential_is_not_baked(image: bytes, text: str) -> None:
    with pytest.raises(VcError):
        baking.bake(image, text)


@pytest.mark.parametrize("image", [None, "text", 7, [], bytearray(PNG)])
def test_what_is_no_image_at_all_is_refused(image: Any) -> None:
    with pytest.raises(MalformedImage):
        baking.extract(image)
    with pytest.raises(MalformedImage):
        baked(image)


def test_too_large_an_image_is_not_looked_at() -> None:
    for image in (PNG + bytes(png.MAX_BYTES), b"<svg>" + b" " * svg.MAX_BYTES):
        with pytest.raises(OutOfBounds):
            baking.extract(image)
        with pytest.raises(OutOfBounds):
            baked(image)


def test_an_image_that_would_become_too_large_is_refused() -> None:
    for image in (
        a_png(chunk(b"tEXt", b"Title\0" + b"x" * (png.MAX_BYTES - 300))),
        b"<svg>" + b" " * (svg.MAX_BYTES - 300) + b"</svg>",
    ):
        with pytest.raises(OutOfBounds):
            baked(image)


@pytest.mark.parametrize(
    "image", [b"", b"GIF89a", b"\xff\xd8\xff\xe0", b"%PDF-1.7", b"PK\3\4", b"{}"]
)
def test_other_kinds_of_files_are_refused(image: bytes) -> None:
    with pytest.raises(MalformedImage):
        baking.extract(image)
    with pytest.raises(MalformedImage):
        baked(image)


# PNG


def test_the_chunk_stands_in_front_of_the_image_data_and_all_else_is_left_alone() -> None:
    image = baked(PNG, JSON)
    place = PNG.index(DATA)
    added = image[place : len(image) - len(PNG) + place]
    assert image == PNG[:place] + added + PNG[place:]
    assert added == chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0" + JSON.encode())
    assert baked(PNG, carrier=CLR)[place + 4 :].startswith(b"iTXtclrcredential\0\0\0\0\0ey")


def test_language_and_translated_keyword_may_be_stated() -> None:
    text = b"openbadgecredential\0\0\0en\0Open badge\0" + _jws().encode()
    assert baking.extract(a_png(chunk(b"iTXt", text))) == _jws()


def test_other_texts_are_passed_over() -> None:
    others = [
        chunk(b"iTXt", b"Title\0\0\0\0\0x"),
        chunk(b"iTXt", b""),
        chunk(b"iTXt", b"openbadges\0\0\0\0\0x"),
    ]
    with pytest.raises(NotBaked):
        baking.extract(a_png(*others))
    assert baking.extract(baked(a_png(*others))) == _jws()


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt"])
def test_other_chunks_under_the_keyword_hold_no_credential_but_are_in_the_way(kind: bytes) -> None:
    image = a_png(chunk(kind, b"openbadgecredential\0" + _jws().encode()))
    with pytest.raises(NotBaked):
        baking.extract(image)
    with pytest.raises(BakedAlready):
        baked(image)
    assert baked(image, replace=True) == baked(a_png())


def test_two_credentials_are_none() -> None:
    one, two = (chunk(b"iTXt", b"%s\0\0\0\0\0e30.e30." % name.encode()) for name in KEYWORDS)
    for image in (a_png(one, one), a_png(one, two)):
        with pytest.raises(BakedAlready):
            baking.extract(image)


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b"\0",
        b"\0\0\0\0",
        b"\0\1\0\0\0" + zlib.compress(b"e30.e30."),
        b"\0\xff\0\0\0e30.e30.",
        b"\0\0\0",
        b"\0\0\0\0e30.e30.",
        b"\0\0\0\0\0\xff\xfe",
    ],
)
def test_a_bad_text_is_refused(rest: bytes) -> None:
    with pytest.raises(MalformedImage):
        baking.extract(a_png(chunk(b"iTXt", b"openbadgecredential" + rest)))


def test_an_image_that_is_not_whole_is_refused() -> None:
    good = baked(PNG)
    for broken in [
        *(good[:length] for length in range(8, len(good), 37)),
        good + b"\0",
        good + b"PK\3\4",
        good + DATA,
        png.SIGNATURE + DATA + END,
        png.SIGNATURE + HEADER + END,
        png.SIGNATURE + END,
        png.SIGNATURE + HEADER + DATA,
        png.SIGNATURE + chunk(b"IHDR", b"\0") + DATA + END,
        a_png(chunk(b"gAMA", b"\0\0\xb1\x8f", checksum=0)),
        a_png(struct.pack(">I", 2**31) + b"tEXt"),
        a_png(struct.pack(">I", 2**32 - 1) + b"tEXt"),
    ]:
        with pytest.raises(MalformedImage):
            baking.extract(broken)
        with pytest.raises(MalformedImage):
            baked(broken)


def test_a_credential_behind_the_end_is_not_read() -> None:
    hidden = chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0" + _jws().encode())
    with pytest.raises(MalformedImage):
        baking.extract(PNG + hidden)


def test_very_many_chunks_are_refused() -> None:
    assert baking.extract(baked(a_png(*[chunk(b"tEXt", b"a\0")] * 4_000)))
    with pytest.raises(OutOfBounds):
        baking.extract(a_png(*[chunk(b"tEXt", b"a\0")] * 5_000))


@given(st.lists(st.tuples(st.sampled_from([b"tEXt", b"gAMA", b"abCd"]), st.binary()), max_size=5))
def test_whatever_else_is_in_a_png_stays_there(extra: list[tuple[bytes, bytes]]) -> None:
    image = a_png(*(chunk(*each) for each in extra))
    once = baked(image)
    assert baking.extract(once) == _jws()
    assert png.clear(once) == image


# SVG


def test_the_element_stands_right_after_the_start_tag_and_all_else_is_left_alone() -> None:
    start = SVG.index(b"<svg")
    end = SVG.index(b"<circle")
    namespace = b' xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"'
    head = SVG[: start + 4] + namespace + SVG[start + 4 : end]
    assert baked() == (
        head + b'<openbadges:credential verify="' + _jws().encode() + b'"/>' + SVG[end:]
    )
    image = baked(SVG, '{"a": "]]>"}')
    assert image == (
        head
        + b'<openbadges:credential><![CDATA[{"a": "]]\\u003e"}]]></openbadges:credential>'
        + SVG[end:]
    )
    assert b'xmlns:clr="https://purl.imsglobal.org/clr/v2p0"' in baked(carrier=CLR)


@pytest.mark.parametrize(
    "image",
    [
        b"<svg>x</svg>",
        b"<svg></svg>",
        b"\xef\xbb\xbf<svg> </svg>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><a/></svg>",
        b"<?xml version='1.0' encoding='utf-8' standalone='no'?><svg>x</svg>",
        b"<s:svg xmlns:s='http://www.w3.org/2000/svg' b='>'><s:g/></s:svg>",
        b"<svg a='\"' b=\"'>'\"><g/></svg>",
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd"><svg>x</svg>',
        b"<!-- <svg> --><?pi <svg>?><svg><svg>x</svg></svg>",
        b'<svg xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0">x</svg>',
        b'<svg xmlns:openbadges="http://openbadges.org"><openbadges:assertion/></svg>',
        b'<svg xmlns:openbadges="http://openbadges.org"><openbadges:credential/></svg>',
    ],
)
def test_svg_of_many_forms_is_baked(image: bytes) -> None:
    for text in (_jws(), JSON):
        once = baked(image, text)
        assert svg.clear(once).endswith(image[-5:])
    assert baking.extract(baked(image)) == _jws()
    assert json.loads(baking.extract(baked(image, JSON))) == json.loads(JSON)


def a_svg(content: str) -> bytes:
    return (
        '<svg xmlns:ob="https://purl.imsglobal.org/ob/v3p0" '
        f'xmlns:c="https://purl.imsglobal.org/clr/v2p0">{content}</svg>'
    ).encode()


def test_the_namespace_counts_and_not_the_prefix() -> None:
    token = _jws()
    assert baking.extract(a_svg(f'<ob:credential verify="{token}"></ob:credential>')) == token
    assert baking.extract(a_svg(f"<g><c:credential verify='{token}'/></g>")) == token
    assert json.loads(baking.extract(a_svg('<ob:credential> {"a": "&lt;"} </ob:credential>'))) == {
        "a": "<"
    }
    with pytest.raises(NotBaked):
        baking.extract(a_svg(f'<credential verify="{token}"/>'))
    with pytest.raises(NotBaked):
        baking.extract(
            f'<svg xmlns:openbadges="x"><openbadges:credential verify="{token}"/></svg>'.encode()
        )


@pytest.mark.parametrize(
    "content",
    [
        "<ob:credential/>",
        "<ob:credential> </ob:credential>",
        "<ob:credential verify='e30.e30.'>{}</ob:credential>",
        "<ob:credential><g/></ob:credential>",
        "<ob:credential>{<ob:credential/>}</ob:credential>",
    ],
)
def test_an_element_that_holds_nothing_or_two_things_is_refused(content: str) -> None:
    with pytest.raises(MalformedImage):
        baking.extract(a_svg(content))


def test_two_elements_are_none() -> None:
    one = '<ob:credential verify="e30.e30."/>'
    for content in (one * 2, one + "<c:credential>{}</c:credential>"):
        with pytest.raises(BakedAlready):
            baking.extract(a_svg(content))
        with pytest.raises(BakedAlready):
            baked(a_svg(content))
        assert baking.extract(baked(a_svg(content), replace=True)) == _jws()
    with pytest.raises(OutOfBounds):
        baking.extract(a_svg(one * 17))


BILLION = b"".join(
    [
        b'<!DOCTYPE svg [<!ENTITY a0 "ha">',
        *(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)),
        b"]><svg>&a9;</svg>",
    ]
)


@pytest.mark.parametrize(
    "image",
    [
        BILLION,
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
        b'<!DOCTYPE svg [<!ENTITY % x SYSTEM "https://x.example/x.dtd"> %x;]><svg/>',
        b'<!DOCTYPE svg [<!ATTLIST svg verify CDATA "x">]><svg/>',
        b'<!DOCTYPE svg SYSTEM "x.dtd"><svg>&x;</svg>',
        b"<svg>&x;</svg>",
        b"<svg",
        b"<svg>",
        b"<svg></svg><svg></svg>",
        b"<svg/>",
        b"<svg a='1' a='2'>x</svg>",
        b"<x:svg>x</x:svg>",
        b"<html>x</html>",
        b"<svg xmlns='http://www.w3.org/1999/xhtml'>x</svg>",
        b"<svg>\xff</svg>",
        b"<svg>\0</svg>",
        "<svg>x</svg>".encode("utf-16"),
        b"<?xml version='1.0' encoding='ISO-8859-1'?><svg>x</svg>",
        b"<?xml version='1.0' encoding='x-nonsense'?><svg>x</svg>",
        b"<?xml version='2.0'?><svg>x",
    ],
)
def test_svg_that_is_not_plain_is_refused(image: bytes) -> None:
    with pytest.raises(MalformedImage):
        baked(image)


@pytest.mark.thorough
def test_hostile_svg_costs_no_more_than_its_size() -> None:
    most = svg.MAX_BYTES
    for image in (
        b"<svg>" + b"<g>" * most,
        b"<svg>" + b"<g/>" * most,
        b"<svg " + b" ".join(b"a%d=''" % n for n in range(170_000)) + b">x</svg>",
        b"<svg " + b" ".join(b"xmlns:a%d='x'" % n for n in range(90_000)) + b">x</svg>",
        b"<svg " + b"a" * most,
        b"<svg>" + b"<g a='" * most,
        a_svg("<ob:credential>" + "\n" * most),
        a_svg("<ob:credential>" + "&lt;" * 400_000 + "</ob:credential>"),
    ):
        tracemalloc.start()
        with pytest.raises(VcError):
            baking.extract(image[:most])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 100 * 1024 * 1024


XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
) | st.sampled_from(["]]>", "]]", ">", "<![CDATA[", "&lt;", "\ufffe\uffff", "\r\n", "-->"])


@given(st.dictionaries(XML_TEXT, XML_TEXT | st.lists(XML_TEXT, max_size=2), max_size=4))
def test_any_json_comes_through_an_svg_and_a_png(document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False)
    for image in IMAGES.values():
        assert json.loads(baking.extract(baked(image, text))) == document


# Hostile


def mangled(image: bytes) -> st.SearchStrategy[bytes]:
    position = st.integers(0, len(image))
    edit = st.tuples(position, st.integers(0, 8) | position, st.binary(max_size=8))

    def cut(edits: list[tuple[int, int, bytes]]) -> bytes:
        found = image
        for start, length, piece in edits:
            found = found[:start] + piece + found[start + length :]
        return found

    return st.lists(edit, min_size=1, max_size=4).map(cut)


@settings(max_examples=300)
@given(
    mangled(baked(PNG, JSON))
    | mangled(baked(SVG, JSON))
    | mangled(baked(SVG))
    | st.binary()
    | st.binary().map(lambda rest: png.SIGNATURE + rest)
)
def test_whatever_comes_it_is_read_or_refused_in_our_words(image: bytes) -> None:
    for take in (baking.extract, baked):
        try:
            take(image)
        except VcError:
            pass
