"""What somebody shows: tell what it is, and open it as far as that goes without trusting it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from issuer.vc import baking, credential, walk
from issuer.vc.errors import MalformedDocument, VcError
from issuer.vc.jose import jose_envelope, jws
from issuer.vc.json_text import parse_json
from issuer.vc.verification import verify_tokens
from issuer.vc.verification.report import CouldNotCheck


class Thing(StrEnum):
    """What a document is, by its types."""

    BADGE = "badge"
    RECORD = "record"
    ENDORSEMENT = "endorsement"
    STATUS_LIST = "status_list"
    PRESENTATION = "presentation"
    CREDENTIAL = "credential"
    NOTHING = "nothing"


class Wrapping(StrEnum):
    """What something came in."""

    PNG = "png"
    SVG = "svg"
    ENVELOPE = "envelope"
    TOKEN = "token"  # noqa: S105 (no password)
    SD_JWT = "sd_jwt"


_THINGS = {
    "VerifiablePresentation": Thing.PRESENTATION,
    "ClrCredential": Thing.RECORD,
    "EndorsementCredential": Thing.ENDORSEMENT,
    "BitstringStatusListCredential": Thing.STATUS_LIST,
    "OpenBadgeCredential": Thing.BADGE,
    "AchievementCredential": Thing.BADGE,
}
_PRESENTATION = "VerifiablePresentation"
# What people send in good faith and no credential can be read from, by how it begins.
_OTHER_FILES = {
    b"%PDF-": "a PDF",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"RIFF": "a WebP image",
    b"PK\x03\x04": "an archive or an office document",
}
_WEB_PAGE = re.compile(r"<(!doctype\s+html|html)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?://|did:)\S+", re.IGNORECASE)
_OTHER_CHARACTERS = re.compile(r"[^A-Za-z0-9_=.~-]")  # than those of tokens and of padding
_ASK_FOR = "Ask for the credential itself: a .json or .jwt file, or a PNG or SVG that holds it."


@dataclass(frozen=True)
class Shown:
    """What was shown, opened: nothing of it is trusted yet.

    `document` is what it states, where that can be read: a credential, a
    presentation, or the claims of an SD-JWT VC. `token` is the one that secures
    it, if one does. `fault` says why nothing could be found to check.
    """

    thing: Thing
    wrappings: tuple[Wrapping, ...] = ()
    document: dict[str, Any] | None = None
    token: str | None = None
    fault: VcError | CouldNotCheck | None = None


def open(content: bytes) -> Shown:
    """Tell what the bytes are, from the outside to the inside; raises nothing.

    1. an image, PNG or SVG, is opened for the credential in it
    2. text that begins as JSON is read as one object; of an envelope
       (VC Data Model 2.0, section 4.13) the token inside goes on to 3
    3. all else must be a token: VC-JWT, vc+jwt, vp+jwt or SD-JWT

    Blanks around JSON, and in a token also the line breaks of mails, are of no matter.
    """
    wrappings: list[Wrapping] = []
    try:
        # 1
        if content.startswith(b"\x89PNG"):
            wrappings.append(Wrapping.PNG)
            return _open_text(baking.extract(content), wrappings)
        text = _text(content)
        if text.startswith("<"):
            _refuse_web_page(text)
            wrappings.append(Wrapping.SVG)
            return _open_text(baking.extract(content), wrappings)
        return _open_text(text, wrappings)
    except (VcError, CouldNotCheck) as fault:
        return Shown(Thing.NOTHING, tuple(wrappings), fault=fault)


def of_document(document: object) -> Shown:
    """Tell what a JSON value is that stands for a credential, as `open` does; raises nothing."""
    try:
        return _open_document(document, [])
    except (VcError, CouldNotCheck) as fault:
        return Shown(Thing.NOTHING, fault=fault)


def of_token(text: str) -> Shown:
    """Tell what a token carries, as `open` does; raises nothing."""
    try:
        return _open_token(text, [])
    except VcError as fault:
        return Shown(Thing.NOTHING, fault=fault)


def thing(document: object) -> Thing:
    """Tell by its types what a document is."""
    types = walk.types(document)
    return next((_THINGS[name] for name in _THINGS if name in types), Thing.CREDENTIAL)


def _text(content: bytes) -> str:
    for beginning, words in _OTHER_FILES.items():
        if content.startswith(beginning):
            raise MalformedDocument(
                f"This is {words}, and no credential is read from such. {_ASK_FOR}"
            )
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        message = f"This is neither text in UTF-8 nor an image that holds a credential. {_ASK_FOR}"
        raise MalformedDocument(message) from None
    if not text:
        raise MalformedDocument("There is nothing in it.")
    return text


def _refuse_web_page(text: str) -> None:
    if _WEB_PAGE.match(text):
        raise MalformedDocument(f"This is a web page, not what it shows. {_ASK_FOR}")


def _open_text(text: str, wrappings: list[Wrapping]) -> Shown:
    # 2
    if text.startswith(("{", "[")):
        return _open_document(parse_json(text.encode("utf-8", "surrogatepass")), wrappings)
    # 3
    return _open_token(_token(text), wrappings)


def _open_document(document: object, wrappings: list[Wrapping]) -> Shown:
    if not isinstance(document, dict):
        raise MalformedDocument("This is no JSON object, as a credential is.")
    types = walk.types(document)
    if credential.ENVELOPED_CREDENTIAL in types:
        wrappings.append(Wrapping.ENVELOPE)
        return _open_token(verify_tokens.open_envelope(document), wrappings)
    if jose_envelope.ENVELOPED_PRESENTATION in types:
        wrappings.append(Wrapping.ENVELOPE)
        found = jose_envelope.open_envelope(document, type_=jose_envelope.ENVELOPED_PRESENTATION)
        return _open_token(found.text, wrappings)
    return Shown(thing(document), tuple(wrappings), document)


def _token(text: str) -> str:
    """The text without the line breaks, quotes and blanks that came with it."""
    if _ADDRESS.fullmatch(text):
        raise CouldNotCheck(
            "This is an address, and addresses are not followed here. Open it, download the "
            "credential there, and check the file."
        )
    token = "".join(text.split()).strip('"')
    if _OTHER_CHARACTERS.search(token) or not verify_tokens.is_token(token):
        raise MalformedDocument(f"This is neither JSON nor a signed token. {_ASK_FOR}")
    return token


def _open_token(text: str, wrappings: list[Wrapping]) -> Shown:
    if "~" in text:
        document = verify_tokens.open(text).document
        return Shown(Thing.CREDENTIAL, (*wrappings, Wrapping.SD_JWT), document, text)
    wrapped = (*wrappings, Wrapping.TOKEN)
    claims = jws.read(text).claims
    if "vp" in claims or _PRESENTATION in walk.types(claims):
        found = jose_envelope.read_presentation(text)
        return Shown(Thing.PRESENTATION, wrapped, found.presentation, text)
    document = verify_tokens.open(text).document
    return Shown(thing(document), wrapped, document, text)
