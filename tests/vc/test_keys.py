import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from issuer.vc import did, keys, multibase, signers
from issuer.vc.errors import (
    MalformedKey,
    MalformedMultibase,
    MalformedProof,
    PrivateKeyShown,
    UnsupportedKey,
    VcError,
    WeakKey,
    WrongSignature,
)
from issuer.vc.keys import PublicKey

SIGNING = [keys.ED25519, keys.P256, keys.P384, keys.P521]
SECRETS = {keys.ED25519: 32, keys.P256: 32, keys.P384: 48, keys.P521: 66}
RSA_KEY = rsa.generate_private_key(65537, 2048)
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def signer(kind: str, number: int = 7) -> signers.Signer:
    return signers.from_secret(kind, number.to_bytes(SECRETS[kind]))


def public(kind: str, number: int = 7) -> PublicKey:
    if kind == keys.RSA:
        return PublicKey.from_jwk(rsa_jwk())
    return PublicKey.from_multikey(signer(kind, number).public_multibase)


def text(number: int, size: int | None = None) -> str:
    data = number.to_bytes(size or (number.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def rsa_jwk(**changes: Any) -> dict[str, Any]:
    numbers = RSA_KEY.public_key().public_numbers()
    return {"kty": "RSA", "n": text(numbers.n), "e": text(numbers.e), **changes}


# Both ways


@pytest.mark.parametrize("kind", SIGNING)
@given(number=st.integers(1, 2**250))
def test_a_key_is_read_as_it_was_written(kind: str, number: int) -> None:
    key = public(kind, number)
    assert key.kind == kind
    assert PublicKey.from_multikey(key.multikey) == key
    assert PublicKey.from_multicodec(key.multicodec) == key
    assert PublicKey.from_jwk(key.jwk) == key
    assert PublicKey.from_jwk({**key.jwk, "alg": key.algorithm, "kid": "1", "use": "sig"}) == key


@pytest.mark.parametrize(
    ("kind", "start"),
    [(keys.ED25519, "z6Mk"), (keys.P256, "zDn"), (keys.P384, "z82"), (keys.P521, "z2J9")],
)
def test_a_multikey_begins_as_its_kind_does(kind: str, start: str) -> None:
    assert public(kind).multikey.startswith(start)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("w3c-eddsa", "keyPair.json"),
        ("w3c-ecdsa", "p256KeyPair.json"),
        ("w3c-ecdsa", "p384KeyPair.json"),
    ],
)
def test_published_key_pairs_belong_together(shared_data: Path, folder: str, name: str) -> None:
    pair = json.loads((shared_data / "vectors" / folder / name).read_text())
    key = PublicKey.from_multikey(pair["publicKeyMultibase"])
    secret = pair.get("privateKeyMultibase") or pair["secretKeyMultibase"]
    holder = signers.from_secret(key.kind, multibase.decode_base58btc(secret)[2:])
    assert holder.kind == key.kind
    assert holder.public_multibase == key.multikey == pair["publicKeyMultibase"]


def test_the_key_of_rfc_8037_has_the_thumbprint_that_is_printed_there() -> None:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    key = PublicKey.from_jwk(jwk)
    assert key.jwk == jwk
    assert key.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_an_rsa_key_has_a_jwk_and_a_thumbprint_but_no_multikey() -> None:
    key = PublicKey.from_jwk(rsa_jwk(alg="RS256", key_ops=["verify"]))
    assert key.kind == keys.RSA
    assert key.algorithm == "RS256"
    assert key.jwk == rsa_jwk()
    # RFC 7638, section 3.2: the members in this order, without spaces.
    required = '{{"e":"{e}","kty":"RSA","n":"{n}"}}'.format(**rsa_jwk())
    digest = hashlib.sha256(required.encode()).digest()
    assert key.thumbprint == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    for form in ("multikey", "multicodec"):
        with pytest.raises(UnsupportedKey):
            getattr(key, form)


# Signing and checking


@pytest.mark.parametrize("kind", SIGNING)
def test_what_one_key_signed_no_other_key_and_no_other_message_fits(kind: str) -> None:
    signature = signer(kind).sign(b"message")
    assert signature == signer(kind).sign(b"message")
    public(kind).check(b"message", signature)
    with pytest.raises(WrongSignature):
        public(kind, 8).check(b"message", signature)
    with pytest.raises(WrongSignature):
        public(kind).check(b"another", signature)
    with pytest.raises(WrongSignature):
        public(kind).check(b"message", bytes(len(signature)))
    for other in (signature[:-1], signature + b"\0", b""):
        with pytest.raises(MalformedProof):
            public(kind).check(b"message", other)


@pytest.mark.parametrize(
    ("kind", "message", "signature"),
    [
        (
            keys.P256,
            b"sample",
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        ),
        (
            keys.P384,
            b"sample",
            "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C"
            "81A648152E44ACF96E36DD1E80FABE46"
            "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F"
            "A329C145786E679E7B82C71A38628AC8",
        ),
    ],
)
def test_ecdsa_signs_as_rfc_6979_prints_it(kind: str, message: bytes, signature: str) -> None:
    secret = {
        keys.P256: "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
        keys.P384: (
            "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8"
            "96D5724E4C70A825F872C9EA60D2EDF5"
        ),
    }[kind]
    assert signers.from_secret(kind, bytes.fromhex(secret)).sign(message).hex() == signature.lower()


def test_rsa_is_checked_with_pkcs_1_and_sha_256() -> None:
    signature = RSA_KEY.sign(b"message", padding.PKCS1v15(), SHA256())
    public(keys.RSA).check(b"message", signature)
    for message, changed in ((b"another", signature), (b"message", signature[:-1])):
        with pytest.raises(WrongSignature):
            public(keys.RSA).check(message, changed)


@pytest.mark.parametrize("kind", SIGNING)
def test_a_drawn_secret_makes_a_key_of_its_own(kind: str) -> None:
    drawn = [signers.from_secret(kind, signers.draw_secret(kind)) for _ in range(2)]
    assert drawn[0].public_multibase != drawn[1].public_multibase
    assert PublicKey.from_multikey(drawn[0].public_multibase).kind == kind


@pytest.mark.parametrize("kind", SIGNING)
def test_a_signer_does_not_show_its_secret(kind: str) -> None:
    secret = b"\x42" * SECRETS[kind] if kind != keys.P521 else b"\0" + b"\x42" * 65
    holder = signers.from_secret(kind, secret)
    assert "4242" not in repr(holder)
    assert repr(holder) == f"<{type(holder).__name__} {holder.public_multibase}>"


@pytest.mark.parametrize("kind", SIGNING)
def test_what_is_no_secret_of_its_kind_is_refused(kind: str) -> None:
    for secret in (b"", bytes(SECRETS[kind] - 1), bytes(SECRETS[kind] + 1)):
        with pytest.raises(MalformedKey):
            signers.from_secret(kind, secret)
    if kind != keys.ED25519:
        for secret in (bytes(SECRETS[kind]), b"\xff" * SECRETS[kind]):
            with pytest.raises(MalformedKey):
                signers.from_secret(kind, secret)


@pytest.mark.parametrize("kind", [keys.RSA, "secp256k1", ""])
def test_nobody_signs_with_keys_of_other_kinds(kind: str) -> None:
    with pytest.raises(UnsupportedKey):
        signers.draw_secret(kind)
    with pytest.raises(UnsupportedKey):
        signers.from_secret(kind, bytes(32))


# Soundness


def _add(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    (x1, y1), (x2, y2) = one, two
    product = D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P,
    )


def _points_of_small_order() -> set[tuple[int, int]]:
    """All points P with 8P = 0, found anew: any points of the curve times the group's order."""
    order = 2**252 + 27742317777372353535851937790883648493
    found: set[tuple[int, int]] = set()
    for y in range(2, 60):
        square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(square, (P + 3) // 8, P)
        if (x * x - square) % P:
            x = x * pow(2, (P - 1) // 4, P) % P
        if (x * x - square) % P:
            continue
        point, total, count = (x, y), (0, 1), order
        while count:
            if count & 1:
                total = _add(total, point)
            point, count = _add(point, point), count >> 1
        found.add(total)
        found.add(((P - total[0]) % P, total[1]))
        if len(found) == 8:
            break
    return found


def test_all_eight_ed25519_keys_of_small_order_are_refused_everywhere() -> None:
    points = _points_of_small_order()
    assert len(points) == 8
    for x, y in points:
        key = (y | (x & 1) << 255).to_bytes(32, "little")
        multikey = multibase.encode_base58btc(b"\xed\x01" + key)
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": multibase.encode_base64url(key)[1:]}
        with pytest.raises(WeakKey):
            PublicKey.from_multikey(multikey)
        with pytest.raises(WeakKey):
            PublicKey.from_jwk(jwk)
        with pytest.raises(WeakKey):
            did.resolve_key(f"did:key:{multikey}")


P256_FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1


@pytest.mark.parametrize(
    ("prefix", "key"),
    [
        ("ed01", (P + 3).to_bytes(32, "little")),
        ("ed01", (2**255 - 1).to_bytes(32, "little")),
        ("ed01", (2).to_bytes(32, "little")),
        ("ed01", bytes(31)),
        ("ed01", bytes(33)),
        ("8024", b"\x02" + (P256_FIELD + 5).to_bytes(32)),
        ("8024", b"\x02" + (7).to_bytes(32)),
        ("8024", b"\x04" + bytes(32)),
        ("8024", b"\x00"),
        ("8024", b""),
        ("8024", b"\x02" + bytes(31)),
        ("8124", b"\x02" + b"\xff" * 48),
        ("8124", b"\x02" + (5).to_bytes(32)),
        ("8224", b"\x02" + b"\xff" * 66),
    ],
    ids=lambda value: value if isinstance(value, str) else value.hex()[:16],
)
def test_what_is_no_point_in_canonical_encoding_is_refused(prefix: str, key: bytes) -> None:
    with pytest.raises(MalformedKey):
        PublicKey.from_multikey(multibase.encode_base58btc(bytes.fromhex(prefix) + key))


def test_an_uncompressed_point_is_no_multikey() -> None:
    point = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    data = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    with pytest.raises(MalformedKey):
        PublicKey.from_multicodec(b"\x80\x24" + data)


@pytest.mark.parametrize("prefix", ["e701", "8026", "ec01", "eb01", ""])
def test_a_multikey_of_another_kind_or_a_secret_one_is_not_understood(prefix: str) -> None:
    with pytest.raises(UnsupportedKey):
        PublicKey.from_multikey(multibase.encode_base58btc(bytes.fromhex(prefix) + bytes(32)))


@pytest.mark.parametrize("name", ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"])
@pytest.mark.parametrize("kind", [*SIGNING, keys.RSA])
def test_a_jwk_that_shows_its_private_part_is_refused(kind: str, name: str) -> None:
    with pytest.raises(PrivateKeyShown):
        PublicKey.from_jwk({**public(kind).jwk, name: "AA"})


@pytest.mark.parametrize(
    "changes",
    [
        {"x": None},
        {"x": 7},
        {"x": True},
        {"x": ""},
        {"x": "AA=="},
        {"x": text(7, 31)},
        {"x": text(7, 33)},
        {"y": text(1, 32)},
        {"y": None},
        {"x": text(P256_FIELD + 5, 32)},
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"alg": "ES384"},
        {"alg": "none"},
        {"alg": ["ES256"]},
        {"alg": None},
    ],
    ids=str,
)
def test_a_jwk_that_is_no_point_or_for_something_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedKey):
        PublicKey.from_jwk({**public(keys.P256).jwk, **changes})


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "EC"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": ["P-256"]},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
        {"kty": "oct"},
        {"kty": ["RSA"]},
    ],
    ids=str,
)
def test_a_jwk_of_another_kind_is_not_understood(jwk: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedKey):
        PublicKey.from_jwk(jwk)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"n": text(2**1024 + 1)}, WeakKey),
        ({"n": text(2**2047)}, WeakKey),
        ({"n": text(2**8192 + 1)}, WeakKey),
        ({"n": text(2**9000 + 1)}, WeakKey),
        ({"n": ""}, MalformedKey),
        ({"n": text(2**2047 + 1, 257)}, MalformedKey),
        ({"e": text(3)}, WeakKey),
        ({"e": text(65536)}, WeakKey),
        ({"e": text(65538)}, WeakKey),
        ({"e": text(2**32 + 1)}, WeakKey),
        ({"e": text(65537, 4)}, MalformedKey),
        ({"e": 65537}, MalformedKey),
        ({"alg": "HS256"}, MalformedKey),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_weak_or_malformed_rsa_key_is_refused(
    changes: dict[str, Any], error: type[VcError]
) -> None:
    with pytest.raises(error):
        PublicKey.from_jwk(rsa_jwk(**changes))


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        RSA_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ],
)
def test_an_rsa_key_has_one_encoding(encoded: bytes) -> None:
    with pytest.raises(MalformedKey):
        PublicKey(keys.RSA, encoded)


def test_a_key_of_no_kind_is_none() -> None:
    with pytest.raises(UnsupportedKey):
        PublicKey("DSA", bytes(32))


@pytest.mark.parametrize("value", [None, 7, [], b"z6Mk", {}])
def test_what_is_no_text_is_no_multikey_and_what_is_no_object_no_jwk(value: Any) -> None:
    with pytest.raises(MalformedMultibase):
        PublicKey.from_multikey(value)
    if value != {}:
        with pytest.raises(MalformedKey):
            PublicKey.from_jwk(value)


JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just(["P-256"])
MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "d", "use", "key_ops", "alg"])


@given(st.sampled_from([*SIGNING, keys.RSA]), st.dictionaries(MEMBERS, JSON, max_size=3))
def test_any_jwk_is_read_or_refused_with_our_error(kind: str, changes: dict[str, Any]) -> None:
    try:
        PublicKey.from_jwk({**public(kind).jwk, **changes})
    except VcError:
        pass


@given(st.sampled_from(["ed01", "8024", "8124", "8224"]), st.binary(max_size=70))
def test_any_multikey_is_read_or_refused_with_our_error(prefix: str, data: bytes) -> None:
    multikey = multibase.encode_base58btc(bytes.fromhex(prefix) + data)
    try:
        assert PublicKey.from_multikey(multikey).multikey == multikey
    except VcError:
        pass


@given(st.text(max_size=60))
def test_any_text_is_read_as_a_multikey_or_refused_with_our_error(candidate: str) -> None:
    for multikey in (candidate, "z" + candidate, "z6Mk" + candidate):
        with pytest.raises(VcError):
            PublicKey.from_multikey(multikey)
