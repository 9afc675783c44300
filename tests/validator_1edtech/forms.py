"""CredentialParseProbe: what kind of text or file a credential is, and what is in it."""

import base64
import json
import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Jwt:
    """A compact JWS in its parts."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]
    signature: bytes

    @property
    def signed(self) -> bytes:
        return self.text.rpartition(".")[0].encode()


@dataclass(frozen=True)
class Parsed:
    """A credential, and the JWS that it came in."""

    document: dict[str, Any]
    jwt: Jwt | None = None


@dataclass(frozen=True)
class Baking:
    """Under what names a credential is baked into an image."""

    keyword: str
    namespace: str


BADGE = Baking("openbadgecredential", "https://purl.imsglobal.org/ob/v3p0")
RECORD = Baking("clrcredential", "https://purl.imsglobal.org/clr/v2p0")


def parse(source: Any, baking: Baking, *, takes_jwt_of_whole: bool = True) -> Parsed:
    """Read a JSON object, its text, a compact JWS, or a baked PNG or SVG.

    Raises ValueError. The inspector of CLR knows a JWS only with the claim `vc` (KeyError).
    """
    if isinstance(source, dict):
        return Parsed(source)
    data = source.encode() if isinstance(source, str) else source
    if not isinstance(data, bytes):
        raise ValueError("nothing that a credential could be")
    if data.startswith(PNG):
        data = _from_png(data, baking.keyword)
    elif data.lstrip().startswith(b"<"):
        data = _from_svg(data, baking.namespace)
    text = data.decode().strip()
    if text.startswith("{"):
        return Parsed(json.loads(text))
    jwt = parse_jwt(text)
    return Parsed(jwt.claims.get("vc", jwt.claims) if takes_jwt_of_whole else jwt.claims["vc"], jwt)


def parse_jwt(text: str) -> Jwt:
    """Read a compact JWS without checking it; raises ValueError."""
    if text.count(".") != 2:
        raise ValueError("a compact JWS has three parts")
    header, claims, signature = (_decode(part) for part in text.split("."))
    return Jwt(text, json.loads(header), json.loads(claims), signature)


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _from_png(data: bytes, keyword: str) -> bytes:
    found = [
        text
        for kind, body in _chunks(data)
        if kind in (b"iTXt", b"tEXt")
        for text in [_text_of(kind, body, keyword)]
        if text is not None
    ]
    if len(found) != 1:
        raise ValueError(f"{len(found)} chunks of {keyword} in the PNG")
    return found[0]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(PNG)
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        yield kind, data[place + 8 : place + 8 + length]
        place += length + 12


def _text_of(kind: bytes, body: bytes, keyword: str) -> bytes | None:
    name, _, rest = body.partition(b"\0")
    if name.decode("latin-1") != keyword:
        return None
    if kind == b"tEXt":
        return rest
    if rest[:2] != b"\0\0":
        raise ValueError("the text of the PNG is compressed")
    return rest[2:].split(b"\0", 2)[2]


def _from_svg(data: bytes, namespace: str) -> bytes:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ValueError("the SVG declares entities")
    root = ElementTree.fromstring(data)  # noqa: S314 - without entities, and our own
    found = list(root.iter(f"{{{namespace}}}credential"))
    if len(found) != 1:
        raise ValueError(f"{len(found)} credentials in the SVG")
    return (found[0].get("verify") or found[0].text or "").encode()
