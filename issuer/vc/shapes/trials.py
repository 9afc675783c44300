"""Trials: what a new shape must pass before anything that it makes is released."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from issuer.vc import canonical, timestamps
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import NotExpressible, ShapeDiffers, VcError
from issuer.vc.json_text import write_json
from issuer.vc.shapes.holes import Hole, Kind, Value, problem
from issuer.vc.shapes.seal import Seal
from issuer.vc.shapes.shape import Shape
from issuer.vc.signers import Ed25519Signer

# Measured: each seeded fault of the tests is found by half as many learners.
LEARNERS = 40
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def check(shape: Shape, values_list: Iterable[Sequence[Value]]) -> int:
    """Raise ShapeDiffers at the first document that the full pipeline makes otherwise.

    Compared are, for each values, the JSON, the canonical statements for either
    digest, the signed document, made with a key that is thrown away, and what
    is read back. For the full way, values are put in the place of sentinels by
    plain exchange. Returns how many were compared: there may be values with
    which documents must go the full way.
    """
    key = Ed25519Signer(secrets.token_bytes(32))
    method = f"did:key:{key.public_multibase}#{key.public_multibase}"
    context = shape.document["@context"]
    seal = Seal(context=context, signer=key, verification_method=method, created=_MOMENT)
    compared = 0
    for values in values_list:
        try:
            secured = shape.secure(values, seal)
        except NotExpressible:
            continue
        document = exchanged(shape.document, dict(zip(shape.holes, values, strict=True)))
        try:
            signed = proofs.add_proof(
                document, signer=key, verification_method=method, created=_MOMENT
            )
        except VcError as error:
            raise ShapeDiffers(f"The full pipeline refuses {values!r}: {error}") from error
        _compare(shape, values, document)
        _require_same("signed JSON", secured, _written(signed), values)
        compared += 1
    return compared


def exchanged(document: Any, values: dict[Hole, Value]) -> Any:
    """Return the document with the values of the holes in the place of their sentinels."""
    if isinstance(document, dict):
        return {name: exchanged(member, values) for name, member in document.items()}
    if isinstance(document, list):
        return [exchanged(item, values) for item in document]
    for hole, value in values.items():
        if document == hole.sentinel and type(document) is type(hole.sentinel):
            return value
    if isinstance(document, str):
        for hole, value in values.items():
            if hole.kind is Kind.TOKEN:
                document = document.replace(str(hole.sentinel), str(value))
    return document


def _compare(shape: Shape, values: Sequence[Value], document: dict[str, Any]) -> None:
    _require_same("JSON", shape.write(values), _written(document), values)
    for digest in (canonical.SHA_256, canonical.SHA_384):
        ours = shape.canonical(values, digest=digest)
        theirs = canonical.canonize(document, digest=digest)
        _require_same(f"statements by {digest}", ours, theirs, values)
    if shape.values_of(shape.write(values)) != tuple(values):
        raise ShapeDiffers(f"What is read back is not {values!r}.")
    if shape.values_of(shape.write(values).replace(b'":', b'": ', 1)) is not None:
        raise ShapeDiffers("A document that is written otherwise is read as the shape's.")


def _require_same(what: str, ours: bytes, theirs: bytes, values: Sequence[Value]) -> None:
    if ours == theirs:
        return
    at = next(
        (at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other),
        min(len(ours), len(theirs)),
    )
    around = slice(max(0, at - 40), at + 40)
    raise ShapeDiffers(f"{what}: {ours[around]!r}, not {theirs[around]!r}, for {values!r}.")


def _written(document: dict[str, Any]) -> bytes:
    return write_json(document).encode()


# Values that are out for trouble


def hostile(shape: Shape, count: int = LEARNERS, *, seed: int = 0) -> Iterator[tuple[Value, ...]]:
    """Yield values for so many learners, the same for the same shape and seed.

    Every kind of what may stand in a hole occurs; texts and addresses of the
    document itself, and what sorts close to them; learners with one value
    throughout, so that parts of the document become alike; long ones.
    """
    dice = Random(seed)  # noqa: S311 - trials are to be repeatable
    stock = _stock(shape)
    for _ in range(count):
        same = {kind: _draw(dice, kind, stock[kind]) for kind in Kind}
        alike = dice.choice((0.0, 0.0, 0.5, 1.0))
        yield tuple(
            same[hole.kind] if dice.random() < alike else _draw(dice, hole.kind, stock[hole.kind])
            for hole in shape.holes
        )


_TEXTS = (
    'She said "no" \\ yes \\" \\\\',
    "two\nlines\r\nand a\ttab",
    "line\u2028paragraph\u2029next\u0085nbsp\u00a0zero\u200b\ufeffwidth",
    "Ελληνικά Русский עברית العربية हिन्दी ไทย 한국어 漢字かな ქართული አማርኛ",
    "e\u0301 is not \u00e9; \u202eleft to right\u202c",
    "👩🏽\u200d🎓 \U0001d518\U0001d52b \U0010fffd \ue000",
    "%s %d %b %% {0} {} $1 \\1 \\u0041 \\n",
    '" .\n_:c14n0 <urn:x> "y" .\n<urn:x> <urn:y> _:c14n1 .\n',
    '"@en "^^<http://www.w3.org/2001/XMLSchema#string> _:c14n0 _:a _:z',
    '","proof":{"type":"DataIntegrityProof"}}',
    "</script><!-- &amp; ]]>",
    " ",
    "a",
    "A",
    "0",
    "2026-02-29",
    "long " * 900,
)
_TOKENS = ("0", "a", "A", "-", "_", "~", ".", "..", "131071", "1e3", "c14n0", "f" * 64, "Zz9" * 80)
_IRIS = (
    "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    "did:web:learner.example:people:7#me",
    "https://learner.example",
    "https://learner.example/?q=1&r=%C3%A9#top",
    "http://127.0.0.1:8000/a/../b;c=(d)!*'",
    "urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c55",
    "urn:z:_:c14n0",
    "mailto:learner+badge@college.example",
)
_NUMBERS = (0, 1, 3, -7, 0.5, 2.5, -0.5, 1.0, 100.0, 1e14, 2.5e-7, 1e-300, 123456789012345)
_MOMENTS = ("0001-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "9999-12-31T23:59:59Z")


def _stock(shape: Shape) -> dict[Kind, tuple[Value, ...]]:
    own = {text for text in _texts(shape.document) if not _holds_sentinel(text, shape.holes)}
    near = {f"{text}{end}" for text in own for end in ("", "-b", "#b", "/b")}
    return {
        Kind.TEXT: (*_TEXTS, *sorted(own)),
        Kind.TOKEN: _TOKENS,
        Kind.IRI: (*_IRIS, *sorted(text for text in near if text.startswith(("http", "did:")))),
        Kind.NUMBER: _NUMBERS,
        Kind.DATETIME: _MOMENTS,
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _holds_sentinel(text: str, holes: Sequence[Hole]) -> bool:
    return any(str(hole.sentinel) in text for hole in holes)


def _draw(dice: Random, kind: Kind, stock: Sequence[Value]) -> Value:
    """One of the stock, or something of the kind that nobody has thought of."""
    value = dice.choice(stock)
    if dice.random() < 0.5:
        return value
    if kind is Kind.NUMBER:
        return dice.choice((dice.randrange(10**9), dice.randrange(1, 10**9) / 1000))
    if kind is Kind.DATETIME:
        return timestamps.write(datetime.fromtimestamp(dice.randrange(10**11), UTC))
    if kind is Kind.TEXT:
        return "".join(_character(dice) for _ in range(dice.randrange(1, 12)))
    return f"{value}{dice.randrange(10**6)}"


def _character(dice: Random) -> str:
    """Any character, those of the scripts that are written most more often than others."""
    drawn = chr(dice.randrange(dice.choice((0x80, 0x700, 0x3100, 0x10000, 0x20000, 0x110000))))
    return "?" if problem(Kind.TEXT, drawn) else drawn
