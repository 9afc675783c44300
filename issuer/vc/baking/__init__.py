"""Baked images: a credential inside of a PNG or SVG (Open Badges 3.0 and CLR 2.0, baking)."""

from __future__ import annotations

from issuer.vc.baking import png, svg
from issuer.vc.baking.carriers import OPEN_BADGE, Carrier
from issuer.vc.errors import BakedAlready, MalformedImage, NotBaked
from issuer.vc.jose import jws
from issuer.vc.json_text import parse_json


def bake(image: bytes, text: str, *, carrier: Carrier = OPEN_BADGE, replace: bool = False) -> bytes:
    """Return the image with a credential in it: JSON with proofs, or a compact JWS.

    All other bytes of the image stay as they are; what an SVG may do to who
    looks at it is not judged. Raises BakedAlready for an image that holds a
    credential, also of the other kind, unless that is to be replaced;
    MalformedImage; OutOfBounds for more than 5 MiB (PNG) or 2 MiB (SVG), also afterwards;
    and for a text that is no credential what `parse_json` and `jws.read` raise.
    """
    _require_credential(text)
    if is_png(image):
        baked = png.add(png.clear(image) if replace else image, text, carrier=carrier)
    else:
        baked = svg.add(svg.clear(image) if replace else image, text, carrier=carrier)
    extract(baked)
    return baked


def extract(image: bytes) -> str:
    """Return the credential that a PNG or SVG holds, JSON or compact JWS, trusting nothing of it.

    Raises NotBaked, BakedAlready for more than one, MalformedImage, OutOfBounds, and for
    a text that is no credential what `parse_json` and `jws.read` raise.
    """
    found = png.read(image) if is_png(image) else svg.read(image)
    if not found:
        raise NotBaked()
    if len(found) > 1:
        raise BakedAlready("The image holds more than one credential.")
    _require_credential(found[0])
    return found[0]


def is_png(image: bytes) -> bool:
    """Tell whether this begins as every PNG does; raises MalformedImage for other than bytes."""
    if not isinstance(image, bytes):
        raise MalformedImage("An image is made of bytes.")
    return image.startswith(png.SIGNATURE)


def _require_credential(text: str) -> None:
    if text.lstrip().startswith("{"):
        parse_json(text.encode("utf-8", "surrogatepass"))
    else:
        jws.read(text)
