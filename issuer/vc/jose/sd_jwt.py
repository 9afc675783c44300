"""SD-JWT: hide values of a JSON object behind digests, put disclosed ones back (RFC 9901)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from issuer.vc import json_pointers, json_text
from issuer.vc.errors import (
    ForbiddenValue,
    MalformedDisclosure,
    MalformedToken,
    OutOfBounds,
    PointsNowhere,
    VcError,
)
from issuer.vc.jose import jws

MAX_DISCLOSURES = 500

DIGESTS = "_sd"
ALGORITHM = "_sd_alg"
_ELEMENT = "..."
_RESERVED = frozenset({DIGESTS, ALGORITHM, _ELEMENT})
_DEFAULT_HASH = "sha-256"
_HASHES: dict[str, Callable[[bytes], Any]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
}

# The reference tokens of a JSON Pointer.
Path = tuple[str, ...]


def draw_salt() -> str:
    """Return 128 bits from the system's randomness, the least that RFC 9901 recommends."""
    return secrets.token_urlsafe(16)


# Hiding


def conceal(
    claims: Mapping[str, Any],
    *,
    pointers: Iterable[str],
    decoys: int = 0,
    new_salt: Callable[[], str] = draw_salt,
) -> tuple[dict[str, Any], list[str]]:
    """Return the claims with what the pointers choose hidden, and the disclosures of it.

    RFC 9901, section 4.2. A pointer may lead to a member or to one element of an
    array, also inside of what another pointer hides. Every object that hides
    members gets so many decoys, digests of nothing; its digests are sorted, so that
    their order tells nothing.

    Raises PointsNowhere for a pointer that leads to nothing, and ForbiddenValue
    for claims that are no JSON or that have names which SD-JWT reserves.
    """
    wanted = {tuple(json_pointers.parse(pointer)) for pointer in pointers}
    hiding = _Hiding(wanted, decoys, new_salt)
    hidden: dict[str, Any] = hiding.value(dict(claims), ())
    if wanted:
        raise PointsNowhere(f"{sorted(wanted)} point to nothing that can be hidden.")
    if hiding.disclosures:
        hidden[ALGORITHM] = _DEFAULT_HASH
    return hidden, hiding.disclosures


@dataclass
class _Hiding:
    wanted: set[Path]
    decoys: int
    new_salt: Callable[[], str]
    disclosures: list[str] = field(default_factory=list)

    def value(self, value: Any, path: Path) -> Any:
        if len(path) > json_text.MAX_DEPTH:
            raise OutOfBounds(f"The claims are nested more than {json_text.MAX_DEPTH} deep.")
        if isinstance(value, dict):
            return self.object(value, path)
        if isinstance(value, list):
            return [self.element(item, (*path, str(index))) for index, item in enumerate(value)]
        return value

    def object(self, value: dict[str, Any], path: Path) -> dict[str, Any]:
        if _RESERVED & value.keys():
            raise ForbiddenValue(f"SD-JWT keeps the names {sorted(_RESERVED)} for itself.")
        shown, digests = {}, []
        for name, member in value.items():
            here = (*path, name)
            inner = self.value(member, here)
            if here in self.wanted:
                digests.append(self.hide(here, [self.new_salt(), name, inner]))
            else:
                shown[name] = inner
        if digests:
            decoys = (digest(self.new_salt(), by=_DEFAULT_HASH) for _ in range(self.decoys))
            shown[DIGESTS] = sorted([*digests, *decoys])
        return shown

    def element(self, item: Any, path: Path) -> Any:
        inner = self.value(item, path)
        if path not in self.wanted:
            return inner
        return {_ELEMENT: self.hide(path, [self.new_salt(), inner])}

    def hide(self, path: Path, content: list[Any]) -> str:
        self.wanted.remove(path)
        disclosure = jws.encode(jws.write_json(content))
        _read(disclosure)
        self.disclosures.append(disclosure)
        return digest(disclosure, by=_DEFAULT_HASH)


# Putting back


@dataclass(frozen=True)
class Revealed:
    """Claims with what was disclosed put back, and where that is.

    `needed` has for each path that was hidden the disclosures it takes to see it:
    those of what it lies in first, its own last.
    """

    claims: dict[str, Any]
    needed: dict[Path, tuple[str, ...]]


def reveal(claims: Mapping[str, Any], disclosures: Sequence[str]) -> Revealed:
    """Put disclosed values back in place of their digests (RFC 9901, section 7.1).

    What is not disclosed is left out, and array elements move up. Raises
    MalformedDisclosure for a disclosure that belongs to nothing, is given twice,
    stands in the wrong kind of place or names what is there already, and for a
    digest that occurs twice; MalformedToken for a hash that is not known; OutOfBounds.
    """
    if len(disclosures) > MAX_DISCLOSURES:
        raise OutOfBounds(f"More than {MAX_DISCLOSURES} values are disclosed.")
    name = hash_name(claims)
    by_digest = {digest(disclosure, by=name): disclosure for disclosure in disclosures}
    if len(by_digest) != len(disclosures):
        raise MalformedDisclosure("A value is disclosed twice.")
    opening = _Opening(by_digest)
    shown = {name: value for name, value in claims.items() if name != ALGORITHM}
    revealed = opening.value(shown, (), ())
    if by_digest.keys() - opening.seen:
        raise MalformedDisclosure("A value is disclosed that the issuer has not signed.")
    return Revealed(revealed, opening.needed)


def choose(revealed: Revealed, pointers: Iterable[str]) -> list[str]:
    """Return the disclosures for what the pointers choose, and for what that lies in.

    The pointers are into the revealed claims. Raises PointsNowhere for one
    that does not lead to something that was hidden.
    """
    chosen: dict[str, None] = {}
    for pointer in pointers:
        path = tuple(json_pointers.parse(pointer))
        if path not in revealed.needed:
            raise PointsNowhere(f"{pointer} does not lead to something that can be left out.")
        chosen |= dict.fromkeys(revealed.needed[path])
    return list(chosen)


def hash_name(claims: Mapping[str, Any]) -> str:
    """Return the hash by which the claims hide (RFC 9901, section 4.1.1); raises MalformedToken."""
    name = claims.get(ALGORITHM, _DEFAULT_HASH)
    if not isinstance(name, str) or name not in _HASHES:
        raise MalformedToken(f"The hash {name!r} is not known here.")
    return name


def digest(text: str, *, by: str) -> str:
    """Return the digest of a text by the hash of this name, in base64url.

    Raises MalformedDisclosure for what is not ASCII.
    """
    try:
        return jws.encode(_HASHES[by](text.encode("ascii")).digest())
    except UnicodeEncodeError:
        raise MalformedDisclosure("What is disclosed holds what is not base64url.") from None


@dataclass
class _Opening:
    by_digest: dict[str, str]
    seen: set[str] = field(default_factory=set)
    needed: dict[Path, tuple[str, ...]] = field(default_factory=dict)

    def value(self, value: Any, path: Path, through: tuple[str, ...]) -> Any:
        if len(path) > json_text.MAX_DEPTH:
            raise OutOfBounds(f"The claims are nested more than {json_text.MAX_DEPTH} deep.")
        if isinstance(value, dict):
            return self.object(value, path, through)
        if isinstance(value, list):
            return self.array(value, path, through)
        return value

    def object(self, value: dict[str, Any], path: Path, through: tuple[str, ...]) -> dict[str, Any]:
        if _ELEMENT in value:
            raise MalformedDisclosure("A digest of an array element stands elsewhere.")
        shown = {
            name: self.value(member, (*path, name), through)
            for name, member in value.items()
            if name != DIGESTS
        }
        for each in _texts(value.get(DIGESTS, [])):
            disclosure = self.take(each)
            if disclosure is None:
                continue
            name, member = _read_member(disclosure)
            if name in shown:
                raise MalformedDisclosure(f"{name!r} is disclosed, but there already.")
            shown[name] = self.place(member, (*path, name), (*through, disclosure))
        return shown

    def array(self, value: list[Any], path: Path, through: tuple[str, ...]) -> list[Any]:
        shown: list[Any] = []
        for item in value:
            here = (*path, str(len(shown)))
            if not isinstance(item, dict) or item.keys() != {_ELEMENT}:
                shown.append(self.value(item, here, through))
                continue
            (each,) = _texts([item[_ELEMENT]])
            disclosure = self.take(each)
            if disclosure is not None:
                shown.append(self.place(_read_element(disclosure), here, (*through, disclosure)))
        return shown

    def take(self, each: str) -> str | None:
        if each in self.seen:
            raise MalformedDisclosure("A digest occurs twice.")
        self.seen.add(each)
        return self.by_digest.get(each)

    def place(self, value: Any, path: Path, through: tuple[str, ...]) -> Any:
        self.needed[path] = through
        return self.value(value, path, through)


# One disclosure


def _read(disclosure: str) -> list[Any]:
    try:
        content = json_text.parse_array(jws.decode(disclosure))
    except VcError as error:
        raise MalformedDisclosure(f"A disclosure cannot be read. {error}") from None
    if not content or not isinstance(content[0], str):
        raise MalformedDisclosure("A disclosure has no salt.")
    return content


def _read_member(disclosure: str) -> tuple[str, Any]:
    content = _read(disclosure)
    if len(content) != 3 or not isinstance(content[1], str):
        raise MalformedDisclosure("The disclosure of a member has a salt, a name and a value.")
    if content[1] in {DIGESTS, _ELEMENT}:
        raise MalformedDisclosure(f"No member may be named {content[1]!r}.")
    return content[1], content[2]


def _read_element(disclosure: str) -> Any:
    content = _read(disclosure)
    if len(content) != 2:
        raise MalformedDisclosure("The disclosure of an array element has a salt and a value.")
    return content[1]


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise MalformedDisclosure("The digests are not a list of texts.")
    return value
