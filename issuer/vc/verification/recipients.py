"""The check `recipient`: whether a credential is about the person whom somebody has in mind."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from issuer.vc import openbadges, walk
from issuer.vc.verification.report import Check, CouldNotCheck, Failed, made

_EMAIL = "emailAddress"
_MAILTO = "mailto:"
_WORDS = {_EMAIL: "e-mail address", "id": "id", "name": "name", "ext:learnerNumber": "number"}


@dataclass(frozen=True)
class _Identity:
    """By what a credential says whom it is about."""

    kind: str
    text: str
    is_hashed: bool = False
    salt: str = ""

    def is_of(self, person: str) -> bool:
        """Tell whether it is the one that was typed; capitals matter in ids and numbers alone."""
        if self.is_hashed:
            spellings = (person, _folded(person))
            return self.text in {openbadges.hash_identity(each, self.salt) for each in spellings}
        if self.kind in (_EMAIL, "name"):
            return _folded(self.text) == _folded(person)
        return self.text == person

    def may_be(self, person: str) -> bool:
        """Tell whether what was typed is of its kind, so that the two can be compared."""
        if "@" in person or self.kind == _EMAIL:
            return "@" in person and self.kind == _EMAIL
        is_in_words = not any(letter.isdigit() or letter == ":" for letter in person)
        return self.kind == "name" or not is_in_words


def check(document: dict[str, Any], person: str) -> Check:
    """Compare with what was typed: an e-mail address, a name, a number, a DID or other id.

    A hashed identifier is recognised by hashing what was typed with the salt that stands beside
    it (Open Badges 3.0, "IdentityObject"), as it is and in small letters. E-mail addresses are
    compared with e-mail addresses only, words without a digit with names only, all else with all
    but addresses: a credential that states nothing to compare with says nothing about the person,
    so the check could not be made.
    """
    typed = _sound(person).strip().removeprefix(_MAILTO)
    return made("recipient", lambda: _compare(list(_identities(document)), typed))


def _compare(identities: list[_Identity], person: str) -> str:
    for identity in identities:
        if identity.is_of(person):
            return f"It is about this person: the {_words(identity)} is the one you typed."
    if not identities:
        raise CouldNotCheck("It does not say whom it is about.")
    if not any(identity.may_be(person) for identity in identities):
        known = " and ".join(dict.fromkeys(map(_words, identities)))
        raise CouldNotCheck(f"It names its holder by {known} only. To compare, type that instead.")
    raise Failed("It is about somebody else, or knows them by something else than what you typed.")


def _identities(document: dict[str, Any]) -> Iterator[_Identity]:
    for _, subject in walk.each_object(document, "credentialSubject"):
        yield from _stated(subject.get("id"), "id")
        for _, each in walk.each_object(subject, "identifier"):
            text, salt = each.get("identityHash"), each.get("salt", "")
            if isinstance(text, str) and isinstance(salt, str):
                kind = str(each.get("identityType"))
                yield _Identity(kind, text, each.get("hashed") is True, _sound(salt))
    # What an SD-JWT VC discloses of its holder.
    for claim, kind in (("sub", "id"), ("email", _EMAIL), ("name", "name")):
        if "vct" in document:
            yield from _stated(document.get(claim), kind)


def _stated(value: object, kind: str) -> Iterator[_Identity]:
    if isinstance(value, str) and value.startswith(_MAILTO):
        yield _Identity(_EMAIL, value.removeprefix(_MAILTO))
    elif isinstance(value, str):
        yield _Identity(kind, value)


def _sound(text: str) -> str:
    """The text without halves of characters, which cannot be hashed."""
    return text.encode("utf-8", "replace").decode()


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().lower()


def _words(identity: _Identity) -> str:
    return _WORDS.get(identity.kind, "identifier")
