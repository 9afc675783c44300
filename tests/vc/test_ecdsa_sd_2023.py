"""ecdsa-sd-2023 on an Open Badge from end to end: what is shown, hidden and refused."""

import copy
import dataclasses
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import contexts, keys, multibase, signers
from issuer.vc.data_integrity import mandatory_pointers, sd_proof_values
from issuer.vc.data_integrity.cryptosuites import ecdsa_sd_2023
from issuer.vc.data_integrity.sd_proof_values import DerivedProofValue
from issuer.vc.errors import (
    BaseProof,
    DataLoss,
    MalformedKey,
    MalformedProof,
    NotDivisible,
    PointsNowhere,
    UnsupportedKey,
    VcError,
    WrongSignature,
)

from .conftest import _badge

Document = dict[str, Any]

SIGNER = signers.P256Signer(b"\x07" * 32)
OTHER = signers.P256Signer(b"\x08" * 32)
DRAWN = ecdsa_sd_2023.Secrets(b"\x11" * 32, signers.P256Signer(b"\x09" * 32))
METHOD = f"did:web:college.example#{SIGNER.public_multibase}"


def options(document: Document, **changes: Any) -> Document:
    return {
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-sd-2023",
        "created": "2026-06-15T11:00:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        **changes,
    }


def sign(document: Document, pointers: tuple[str, ...], **changes: Any) -> str:
    return ecdsa_sd_2023.sign(
        document,
        options(document),
        **{"signer": SIGNER, "mandatory_pointers": pointers, "drawn": DRAWN, **changes},
    )


def check(document: Document, value: str, *, key: str = SIGNER.public_multibase) -> None:
    ecdsa_sd_2023.check(document, options(document), value, public_key=key)


@functools.cache
def signed() -> tuple[Document, str]:
    badge = _badge()
    return badge, sign(badge, mandatory_pointers.of_open_badge(badge))


def derive(*pointers: str) -> tuple[Document, str]:
    badge, value = signed()
    return ecdsa_sd_2023.derive(badge, value, selective_pointers=pointers)


def leaves(value: Any, pointer: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name != "@context":
                yield from leaves(member, f"{pointer}/{name.replace('~', '~0')}")
    elif isinstance(value, list) and not pointer.endswith(("/type", "/allowedValue")):
        for index, item in enumerate(value):
            yield from leaves(item, f"{pointer}/{index}")
    else:
        yield pointer


# Open Badges


def test_what_the_model_requires_is_mandatory() -> None:
    badge, _ = signed()
    pointers = mandatory_pointers.of_open_badge(badge)
    assert pointers == (
        *mandatory_pointers.REQUIRED,
        "/validUntil",
        "/credentialStatus",
        "/credentialSchema",
        "/credentialSubject/identifier",
    )
    shown, value = derive()
    check(shown, value)
    subject, whole = shown["credentialSubject"], badge["credentialSubject"]
    assert shown == {
        **{name: badge[name] for name in ("@context", "id", "type", "issuer", "validFrom")},
        **{name: badge[name] for name in ("validUntil", "credentialStatus", "credentialSchema")},
        "credentialSubject": {
            "type": whole["type"],
            "identifier": whole["identifier"],
            "achievement": {
                name: whole["achievement"][name]
                for name in ("id", "type", "name", "description", "criteria")
            },
        },
    }
    assert "result" not in subject


def test_the_id_of_the_learner_stands_for_the_identifier() -> None:
    badge = _badge()
    badge["credentialSubject"]["id"] = "did:key:z6Mk"
    del badge["credentialStatus"], badge["validUntil"], badge["credentialSchema"]
    pointers = mandatory_pointers.of_open_badge(badge)
    assert pointers == (*mandatory_pointers.REQUIRED, "/credentialSubject/id")
    shown, value = ecdsa_sd_2023.derive(badge, sign(badge, pointers), selective_pointers=[])
    check(shown, value)
    assert "identifier" not in shown["credentialSubject"]


@pytest.mark.parametrize("pointer", mandatory_pointers.REQUIRED)
def test_a_badge_without_a_required_member_is_not_signed(pointer: str) -> None:
    badge = _badge()
    *way, last = pointer.split("/")[1:]
    place = functools.reduce(lambda value, name: value[name], way, badge)
    del place[last]
    with pytest.raises((PointsNowhere, DataLoss)):
        sign(badge, mandatory_pointers.of_open_badge(badge))


def test_a_badge_that_does_not_say_whose_it_is_is_not_signed() -> None:
    badge = _badge()
    del badge["credentialSubject"]["identifier"]
    with pytest.raises(PointsNowhere, match="identifier"):
        sign(badge, mandatory_pointers.of_open_badge(badge))


# Showing a part


@settings(max_examples=25)
@given(st.sets(st.sampled_from(sorted(leaves(_badge())))))
def test_any_part_verifies_and_shows_what_was_chosen(pointers: set[str]) -> None:
    badge, _ = signed()
    shown, value = derive(*sorted(pointers))
    check(shown, value)
    text = json.dumps(shown)
    for pointer in pointers - set(leaves(shown)):
        *_, last = pointer.split("/")
        assert last.isdigit() or last in text
    if not any(pointer.startswith("/evidence") for pointer in pointers):
        assert "rain" not in text
    assert sign(badge, mandatory_pointers.of_open_badge(badge)) == signed()[1]


def test_everything_can_be_shown() -> None:
    badge, _ = signed()
    shown, value = derive("")
    assert shown == badge
    check(shown, value)


def test_without_mandatory_pointers_the_holder_decides_on_everything() -> None:
    badge = _badge()
    value = sign(badge, ())
    with pytest.raises(NotDivisible, match="Nothing is chosen"):
        ecdsa_sd_2023.derive(badge, value, selective_pointers=[])
    shown, derived = ecdsa_sd_2023.derive(badge, value, selective_pointers=["/name"])
    assert shown.keys() == {"@context", "id", "type", "name"}
    check(shown, derived)


def test_two_objects_that_are_alike_can_be_shown_apart() -> None:
    badge = _badge()
    same = {"type": ["Evidence"], "narrative": "The same twice."}
    badge["evidence"] = [same, {**same, "name": "and a name"}, same]
    value = sign(badge, ())
    for pointers in (["/evidence/0"], ["/evidence/2", "/evidence/1/name"], ["/evidence"]):
        shown, derived = ecdsa_sd_2023.derive(badge, value, selective_pointers=pointers)
        check(shown, derived)


def test_pointers_to_nothing_are_refused_by_issuer_and_holder() -> None:
    badge, value = signed()
    with pytest.raises(PointsNowhere, match="/issuer/nothing"):
        sign(badge, ("/issuer", "/issuer/nothing"))
    with pytest.raises(PointsNowhere, match="/proof"):
        ecdsa_sd_2023.derive(badge, value, selective_pointers=["/proof"])


def test_credentials_with_contexts_inside_are_not_signed() -> None:
    badge = _badge()
    badge["endorsement"] = [copy.deepcopy(_badge())]
    with pytest.raises(NotDivisible):
        sign(badge, ("/issuer",))


# Secrets


def test_the_secrets_are_drawn_anew_for_each_proof() -> None:
    badge, _ = signed()
    one, other = (sd_proof_values.read_base(sign(badge, (), drawn=None)) for _ in range(2))
    for member in ("hmac_key", "public_key", "base_signature", "signatures"):
        assert getattr(one, member) != getattr(other, member)
    assert len(one.public_key) == 35
    assert one.public_key != keys.PublicKey.from_multikey(SIGNER.public_multibase).multicodec
    assert "hmac" not in repr(ecdsa_sd_2023.Secrets.draw())


def test_the_derived_proof_does_not_tell_the_key_of_the_labels() -> None:
    _, value = derive("")
    assert DRAWN.hmac_key not in multibase.decode_base64url(value)


# Refusals


def test_the_issuer_signs_with_p256_only() -> None:
    badge, _ = signed()
    for signer in (signers.Ed25519Signer(b"\x07" * 32), signers.P384Signer(b"\x07" * 48)):
        with pytest.raises(UnsupportedKey):
            sign(badge, (), signer=signer)
        with pytest.raises(UnsupportedKey):
            check(*derive(), key=signer.public_multibase)


def test_another_key_is_refused() -> None:
    badge, value = signed()
    with pytest.raises(WrongSignature):
        check(*derive(), key=OTHER.public_multibase)
    with pytest.raises(WrongSignature):
        ecdsa_sd_2023.check_base(badge, options(badge), value, public_key=OTHER.public_multibase)


def test_a_base_proof_is_checked_by_the_holder_and_refused_by_a_verifier() -> None:
    badge, value = signed()
    key = SIGNER.public_multibase
    ecdsa_sd_2023.check_base(badge, options(badge), value, public_key=key)
    with pytest.raises(BaseProof):
        check(badge, value)
    with pytest.raises(MalformedProof):
        ecdsa_sd_2023.check_base(badge, options(badge), derive("")[1], public_key=key)


def test_other_options_are_refused() -> None:
    shown, value = derive()
    for changes in (
        {"created": "2026-06-15T11:00:01Z"},
        {"verificationMethod": "did:web:other.example#key"},
        {"expires": "2027-06-15T11:00:00Z"},
    ):
        with pytest.raises(WrongSignature):
            ecdsa_sd_2023.check(
                shown, options(shown, **changes), value, public_key=SIGNER.public_multibase
            )


def change(document: Document, pointer: str) -> Document:
    changed = copy.deepcopy(document)
    *way, last = [int(t) if t.isdigit() else t for t in pointer.split("/")[1:]]
    place: Any = functools.reduce(lambda value, name: value[name], way, changed)
    leaf = place[last]
    if isinstance(leaf, bool):
        place[last] = not leaf
    elif isinstance(leaf, str):
        place[last] = leaf + "x"
    elif isinstance(leaf, list):
        place[last] = leaf[:-1]
    else:
        place[last] = leaf + 1
    return changed


@pytest.mark.thorough
@pytest.mark.parametrize("pointer", sorted(leaves(_badge())))
def test_a_document_in_which_anything_was_changed_is_refused(pointer: str) -> None:
    shown, value = derive("")
    with pytest.raises((WrongSignature, MalformedProof, DataLoss)):
        check(change(shown, pointer), value)
    badge, base = signed()
    with pytest.raises((WrongSignature, NotDivisible, DataLoss, PointsNowhere)):
        changed = change(badge, pointer)
        key = SIGNER.public_multibase
        ecdsa_sd_2023.check_base(changed, options(changed), base, public_key=key)


@pytest.mark.parametrize(
    "name", ["id", "issuer", "validUntil", "credentialStatus", "credentialSchema", "type"]
)
def test_what_is_mandatory_cannot_be_hidden(name: str) -> None:
    shown, value = derive("/name")
    del shown[name]
    with pytest.raises((WrongSignature, MalformedProof, DataLoss)):
        check(shown, value)


def test_a_statement_cannot_be_hidden_after_the_derivation() -> None:
    shown, value = derive("/name", "/description")
    del shown["name"]
    with pytest.raises((WrongSignature, MalformedProof)):
        check(shown, value)


Change = Callable[[DerivedProofValue], DerivedProofValue]


def replaced(**changes: Callable[[Any], Any]) -> Change:
    return lambda value: dataclasses.replace(
        value, **{name: make(getattr(value, name)) for name, make in changes.items()}
    )


def point(secret: bytes) -> bytes:
    return keys.PublicKey.from_multikey(signers.P256Signer(secret).public_multibase).multicodec


def first_without(indexes: tuple[int, ...]) -> int:
    return next(number for number in range(len(indexes) + 1) if number not in indexes)


@pytest.mark.parametrize(
    ("alter", "error"),
    [
        (replaced(base_signature=lambda s: bytes(64)), WrongSignature),
        (replaced(public_key=lambda k: point(b"\x0a" * 32)), WrongSignature),
        (replaced(public_key=lambda k: bytes(35)), UnsupportedKey),
        (replaced(public_key=lambda k: b"\xed\x01" + bytes(33)), MalformedKey),
        (replaced(public_key=lambda k: k[:3] + b"\xff" * 32), MalformedKey),
        (replaced(signatures=lambda s: s[:-1]), WrongSignature),
        (replaced(signatures=lambda s: (*s, s[0])), WrongSignature),
        (replaced(signatures=lambda s: s[::-1]), WrongSignature),
        (replaced(signatures=lambda s: (bytes(64), *s[1:])), WrongSignature),
        (replaced(labels=lambda s: {}), MalformedProof),
        (replaced(labels=lambda s: {**s, 999: b"\x01" * 32}), MalformedProof),
        (replaced(labels=lambda s: {n + 1: h for n, h in s.items()}), MalformedProof),
        (
            replaced(labels=lambda s: dict(zip(s, [*s.values()][::-1], strict=True))),
            WrongSignature,
        ),
        (replaced(mandatory_indexes=lambda m: ()), WrongSignature),
        (replaced(mandatory_indexes=lambda m: m[1:]), WrongSignature),
        (replaced(mandatory_indexes=lambda m: (*m, 10_000)), MalformedProof),
        (replaced(mandatory_indexes=lambda m: (*m[1:], first_without(m))), WrongSignature),
    ],
)
def test_an_altered_proof_is_refused(alter: Change, error: type[VcError]) -> None:
    shown, text = derive("/name", "/description", "/credentialSubject/result/0/value")
    value = sd_proof_values.read_derived(text)
    check(shown, sd_proof_values.write_derived(value))
    with pytest.raises(error):
        check(shown, sd_proof_values.write_derived(alter(value)))


def test_one_signed_object_cannot_be_shown_as_two() -> None:
    """Two canonical labels that stand for one signed label would make two objects of one."""
    shown, text = derive("/evidence")
    value = sd_proof_values.read_derived(text)
    evidence = shown["evidence"][0]
    shown["evidence"] = [{"type": evidence["type"], "name": evidence["name"]}, evidence]
    first = next(iter(value.labels.values()))
    twice = dataclasses.replace(value, labels={**value.labels, len(value.labels): first})
    with pytest.raises(MalformedProof, match="Two labels"):
        check(shown, sd_proof_values.write_derived(twice))


def test_a_base_proof_with_other_pointers_or_fewer_signatures_is_refused_by_the_holder() -> None:
    badge, text = signed()
    base = sd_proof_values.read_base(text)
    for changed, error in (
        (dataclasses.replace(base, mandatory_pointers=("/issuer",)), WrongSignature),
        (dataclasses.replace(base, mandatory_pointers=("/nothing",)), PointsNowhere),
        (dataclasses.replace(base, mandatory_pointers=("issuer",)), PointsNowhere),
        (dataclasses.replace(base, signatures=base.signatures[1:]), WrongSignature),
    ):
        value = sd_proof_values.write_base(changed)
        with pytest.raises(error):
            ecdsa_sd_2023.derive(badge, value, selective_pointers=["/name"])
        with pytest.raises(error):
            ecdsa_sd_2023.check_base(
                badge, options(badge), value, public_key=SIGNER.public_multibase
            )
    other = sd_proof_values.write_base(dataclasses.replace(base, hmac_key=bytes(32)))
    with pytest.raises(WrongSignature):
        key = SIGNER.public_multibase
        ecdsa_sd_2023.check_base(badge, options(badge), other, public_key=key)


def test_a_document_of_unknown_contexts_is_refused_by_our_own_error() -> None:
    shown, value = derive()
    shown["@context"] = [contexts.CREDENTIALS_V2, "https://elsewhere.example/"]
    with pytest.raises(VcError):
        check(shown, value)
