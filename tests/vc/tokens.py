"""Keys of every kind, and tokens that no code of ours would make."""

import base64
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import strategies as st

from issuer.vc import keys, signers
from issuer.vc.errors import VcError
from issuer.vc.keys import PublicKey
from issuer.vc.rsa_signer import RsaSigner, draw_secret

ALGORITHMS = {
    keys.RSA: "RS256",
    keys.P256: "ES256",
    keys.P384: "ES384",
    keys.P521: "ES512",
    keys.ED25519: "EdDSA",
}
KEY_ID = "did:web:college.example#jwk-2026"

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@functools.cache
def signer(kind: str) -> Any:
    """Who signs with the one key of this kind."""
    return _signer(kind, 5)


@functools.cache
def stranger(kind: str) -> Any:
    """Who signs with another key of this kind."""
    return _signer(kind, 6)


def _signer(kind: str, number: int) -> Any:
    if kind == keys.RSA:
        return RsaSigner(draw_secret())
    size = keys.CURVES[kind].size if kind in keys.CURVES else 32
    return signers.from_secret(kind, number.to_bytes(size))


def public_key(holder: Any) -> PublicKey:
    if isinstance(holder, RsaSigner):
        return holder.public_key
    return PublicKey.from_multikey(holder.public_multibase)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def parts(token: str) -> list[Any]:
    """Header and claims of a token, unchecked."""
    return [
        json.loads(base64.urlsafe_b64decode(part + "=="))
        for part in token.partition("~")[0].split(".")[:2]
    ]


def forge(header: Any, claims: Any, sign: Callable[[bytes], bytes] | None = None) -> str:
    """A token of exactly this header and these claims; bytes stand for themselves."""
    first, second = (
        b64(value if isinstance(value, bytes) else json.dumps(value).encode())
        for value in (header, claims)
    )
    message = f"{first}.{second}"
    return f"{message}.{b64(sign(message.encode())) if sign else ''}"


def changed_leaves(value: Any) -> Iterator[Any]:
    """The value once for each leaf in it, and with that leaf changed."""
    if isinstance(value, dict):
        for name, member in value.items():
            for changed in changed_leaves(member):
                yield {**value, name: changed}
            yield {other: value[other] for other in value if other != name}
    elif isinstance(value, list):
        for index, item in enumerate(value):
            for changed in changed_leaves(item):
                yield [*value[:index], changed, *value[index + 1 :]]
    elif isinstance(value, str):
        yield value + "x"
    elif isinstance(value, bool) or value is None:
        yield "x"
    else:
        yield value + 1


def mangled(text: str) -> st.SearchStrategy[str]:
    """The text with a few places changed, taken out, doubled or put elsewhere."""
    positions = st.integers(0, len(text))
    pieces = st.text(DIGITS + '.~{}[]":, \n\0é', max_size=6)

    def cut(edits: list[tuple[int, int, str]]) -> str:
        result = text
        for start, length, piece in edits:
            result = result[:start] + piece + result[start + length :]
        return result

    edits = st.tuples(positions, st.integers(0, 4) | positions, pieces)
    return st.lists(edits, min_size=1, max_size=4).map(cut)


DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
HEADERS: list[Any] = [
    {},
    [],
    "ES256",
    b"",
    b"{",
    b"\xff",
    b'{"alg":"ES256","alg":"none"}',
    b'{"alg":"ES256","typ":"JWT","kid":"' + b"k" * 20_000 + b'"}',
    DEEP,
    {"alg": None},
    {"alg": ["ES256"]},
    {"alg": {"ES256": 1}},
    {"alg": "none"},
    {"alg": "NoNe"},
    {"alg": "HS256"},
    {"alg": "HS512"},
    {"alg": "ES256K"},
    {"alg": "PS256"},
    {"alg": "RSA-OAEP", "enc": "A128GCM"},
    {"alg": "ES256", "kid": 7},
    {"alg": "ES256", "typ": 7},
    {"alg": "ES256", "cty": []},
    {"alg": "ES256", "crit": ["exp"], "exp": 1},
    {"alg": "ES256", "crit": []},
    {"alg": "ES256", "crit": ["b64"], "b64": False},
    {"alg": "ES256", "b64": False},
    {"alg": "ES256", "jwk": 7},
    {"alg": "ES256", "jwk": {}},
    {"alg": "ES256", "jwk": {"kty": "oct", "k": "AAAA"}},
    {"alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
    {"alg": "ES256", "jwk": {"kty": "EC", "crv": ["P-256"]}},
    {"alg": "EdDSA", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": b64(bytes(32))}},
    {"alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}},
]
CLAIMS: list[Any] = [
    [],
    "text",
    b"",
    b"\xff\xfe",
    b'{"a":1,"a":2}',
    b'{"a":NaN}',
    b'{"exp":1' + b"0" * 400 + b"}",
    b'{"exp":1e400}',
    b'{"a":"\\ud800"}',
    b'{"a":"' + b"x" * 2_000_000 + b'"}',
    DEEP,
]
TEXTS: list[Any] = [
    None,
    7,
    b"a.b.c",
    {},
    "",
    ".",
    "..",
    "...",
    "a.b.c",
    "~",
    "~~~",
    "é.é.é",
    "\ud800",
    "\0",
    "e30.e30",
    "e30.e30.",
    "e30=.e30=.",
    "e30.e30.e30.e30",
    "e30.e30.e30.e30.e30",
    " e30.e30.",
    "." * 100_000,
    "A" * 3_000_000,
]


def hostile(claims: Any) -> Iterator[Any]:
    """Things that nobody should take for a token, some around claims that would be accepted."""
    yield from TEXTS
    for header in HEADERS:
        yield forge(header, claims)
        yield forge(header, claims, lambda message: b"\0" * 64)
    for payload in CLAIMS:
        yield forge({"alg": "ES256", "typ": "JWT", "kid": KEY_ID}, payload)


def refuses(take: Callable[[Any], object], claims: Any) -> None:
    """Assert that nothing hostile is taken, and all of it refused in words of ours."""
    for thing in hostile(claims):
        with pytest.raises(VcError):
            take(thing)
