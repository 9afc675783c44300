"""What somebody shows is told and opened, whatever it is."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.vc import baking
from issuer.vc.errors import VcError
from issuer.vc.jose import jose_envelope
from issuer.vc.verification import shown
from issuer.vc.verification.report import CouldNotCheck
from issuer.vc.verification.shown import Thing, Wrapping

from . import shows
from .conftest import _badge, _signed

PNG, SVG, ENVELOPE, TOKEN, SD_JWT = Wrapping
BADGE = json.dumps(_badge())
JWT = shows.badge_as_vc_jwt()


def enveloped(token: str, **changes: Any) -> str:
    return json.dumps({**jose_envelope.envelop_credential(token), **changes})


OPENED = {
    "json": (BADGE.encode(), ()),
    "json with a mark and blanks": (b"\xef\xbb\xbf \n" + BADGE.encode() + b"\n", ()),
    "vc-jwt": (JWT.encode(), (TOKEN,)),
    "vc-jwt out of a mail": (f'"{JWT[:70]}\r\n {JWT[70:]}"\n'.encode(), (TOKEN,)),
    "vc+jwt": (shows.badge_as_vc_jose().encode(), (TOKEN,)),
    "envelope": (enveloped(shows.badge_as_vc_jose()).encode(), (ENVELOPE, TOKEN)),
    "png with json": (baking.bake(shows.PNG, BADGE), (PNG,)),
    "png with jwt": (baking.bake(shows.PNG, JWT), (PNG, TOKEN)),
    "svg with json": (baking.bake(shows.SVG, BADGE), (SVG,)),
    "svg with jwt": (baking.bake(shows.SVG, JWT), (SVG, TOKEN)),
}


@pytest.mark.parametrize("name", OPENED)
def test_a_badge_is_found_in_everything_it_comes_in(name: str) -> None:
    content, wrappings = OPENED[name]
    found = shown.open(content)
    assert (found.thing, found.wrappings, found.fault) == (Thing.BADGE, wrappings, None)
    assert found.document is not None
    assert found.document["name"] == "Statistics 1"
    assert (found.token is not None) == (TOKEN in wrappings)


def test_an_sd_jwt_shows_what_is_disclosed_of_it() -> None:
    found = shown.open(shows.sd_jwt().encode())
    assert (found.thing, found.wrappings) == (Thing.CREDENTIAL, (SD_JWT,))
    assert found.document is not None
    assert found.document["name"] == "Ana Núñez"


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("VerifiableCredential", Thing.CREDENTIAL),
        (["VerifiableCredential", "AchievementCredential"], Thing.BADGE),
        (["VerifiableCredential", "ClrCredential"], Thing.RECORD),
        (["VerifiableCredential", "EndorsementCredential"], Thing.ENDORSEMENT),
        (["VerifiableCredential", "BitstringStatusListCredential"], Thing.STATUS_LIST),
        ("VerifiablePresentation", Thing.PRESENTATION),
        ([7], Thing.CREDENTIAL),
        (None, Thing.CREDENTIAL),
    ],
)
def test_things_are_told_by_their_types(types: Any, expected: Thing) -> None:
    assert shown.of_document({"type": types}).thing is expected


@pytest.mark.parametrize("enveloped", [False, True])
def test_a_presentation_may_be_a_token(enveloped: bool) -> None:
    token = shows.presentation_token(JWT)
    text = json.dumps(jose_envelope.envelop_presentation(token)) if enveloped else token
    found = shown.open(text.encode())
    assert found.thing is Thing.PRESENTATION
    assert found.wrappings == ((ENVELOPE, TOKEN) if enveloped else (TOKEN,))


def jwt_of(claims: Any) -> str:
    parts = ({"alg": "ES256", "kid": "did:key:z1#1"}, claims)
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    return b".".join([*encoded, b"c2ln"]).decode()


def test_a_presentation_of_the_older_form_is_one() -> None:
    found = shown.of_token(jwt_of({"vp": {"type": ["VerifiablePresentation"]}}))
    assert (found.thing, found.document) == (
        Thing.PRESENTATION,
        {"type": ["VerifiablePresentation"]},
    )


UNREADABLE = {
    "nothing": (b" \n", "nothing in it"),
    "a PDF": (b"%PDF-1.7 ...", "This is a PDF"),
    "a photograph": (b"\xff\xd8\xff\xe0", "a JPEG image"),
    "bytes": (bytes(range(256)), "neither text in UTF-8 nor an image"),
    "a web page": (b"<!DOCTYPE html><html></html>", "This is a web page"),
    "a PNG without a credential": (shows.PNG, "holds no credential"),
    "an SVG without a credential": (shows.SVG, "holds no credential"),
    "other XML": (b"<a/>", "no SVG"),
    "words": (b"see attached", "neither JSON nor a signed token"),
    "sentences": (
        b"Dear Ada, see below. It is signed. Yours, Bo.",
        "neither JSON nor a signed token",
    ),
    "a list": (b"[]", "not a JSON object"),
    "broken JSON": (b"{", "not JSON"),
    "three words": (b"a.b.c", "base64url"),
    "half an SD-JWT": (b"a.b.c~", "base64url"),
    "an empty envelope": (enveloped("").encode(), "data: URL"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_of_what_holds_no_credential_it_is_said_why(name: str) -> None:
    content, words = UNREADABLE[name]
    found = shown.open(content)
    assert (found.thing, found.document) == (Thing.NOTHING, None)
    assert isinstance(found.fault, VcError)
    assert words in str(found.fault)


@pytest.mark.parametrize("text", ["https://college.example/credentials/x", "did:web:a.example"])
def test_an_address_is_not_followed_and_says_nothing_of_what_is_there(text: str) -> None:
    assert isinstance(shown.open(text.encode()).fault, CouldNotCheck)


def test_what_is_no_object_stands_for_no_credential() -> None:
    for value in ("text", 7, None, [_signed()]):
        assert shown.of_document(value).thing is Thing.NOTHING


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_nothing_raises(content: bytes) -> None:
    assert shown.open(content).thing in Thing
