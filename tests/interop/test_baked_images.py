"""Readers that we did not write find what we bake, and we what they bake."""

import io
import json

import png
import pytest
from lxml import etree
from openbadgeslib import baking as theirs
from openbadgeslib.ob3.verifier import OB3Verifier

from issuer.vc import baking
from tests.vc.test_baking import JSON, PNG, SVG
from tests.vc.test_vc_jwt import _token

pytestmark = pytest.mark.thorough

TEXTS = {"jwt": _token(), "json": JSON}
NAMESPACE = "{https://purl.imsglobal.org/ob/v3p0}credential"


def same(one: str, other: str) -> bool:
    return one == other or json.loads(one) == json.loads(other)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_openbadgeslib_finds_what_we_bake(text: str) -> None:
    assert same(OB3Verifier.extract_token_from_png(baking.bake(PNG, text)), text)
    assert same(OB3Verifier.extract_token_from_svg(baking.bake(SVG, text)), text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_we_find_what_openbadgeslib_bakes(text: str) -> None:
    image = theirs.bake_png(PNG, text, "By somebody.", keyword=theirs.ITXT_KEYWORD_OB3)
    assert same(baking.extract(image), text)
    image = theirs.bake_svg(
        SVG,
        # It writes JSON into XML as it is.
        text.replace("\ufffe", ""),
        " by somebody ",
        element=theirs.SVG_ELEMENT_OB3,
        namespace=theirs.SVG_NS_OB3,
        as_text=text.startswith("{"),
    )
    assert same(baking.extract(image), text.replace("\ufffe", ""))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_pypng_and_lxml_see_the_same_image(text: str) -> None:
    before, after = (
        png.Reader(file=io.BytesIO(each)).read() for each in (PNG, baking.bake(PNG, text))
    )
    assert list(before[2]) == list(after[2])
    assert before[:2] == after[:2]

    root = etree.fromstring(baking.bake(SVG, text))
    first = root[0]
    assert first.tag == NAMESPACE
    assert same(first.get("verify") or first.text, text)
    root.remove(first)
    assert etree.tostring(etree.fromstring(SVG), method="c14n2", exclusive=True) == etree.tostring(
        root, method="c14n2", exclusive=True
    )
