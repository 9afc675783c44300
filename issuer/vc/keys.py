"""Public keys that signatures are checked with: read and written as Multikey and as JWK.

Ed25519 and the curves P-256, P-384 and P-521 have both forms, RSA is known as JWK only.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from issuer.vc import multibase
from issuer.vc.errors import (
    MalformedKey,
    MalformedMultibase,
    MalformedProof,
    PrivateKeyShown,
    UnsupportedKey,
    WeakKey,
    WrongSignature,
)

ED25519 = "Ed25519"
P256 = "P-256"
P384 = "P-384"
P521 = "P-521"
RSA = "RSA"


@dataclass(frozen=True)
class Curve:
    """A NIST curve as ECDSA uses it: the hash that goes with it and the bytes of a coordinate."""

    curve: ec.EllipticCurve
    digest: hashes.HashAlgorithm
    size: int


CURVES = {
    P256: Curve(ec.SECP256R1(), hashes.SHA256(), 32),
    P384: Curve(ec.SECP384R1(), hashes.SHA384(), 48),
    P521: Curve(ec.SECP521R1(), hashes.SHA512(), 66),
}

# Controlled Identifiers 1.0, "Multikey"; P-521 from the multicodec table that it draws on.
_PREFIXES = {
    ED25519: b"\xed\x01",
    P256: b"\x80\x24",
    P384: b"\x81\x24",
    P521: b"\x82\x24",
}
_ALGORITHMS = {
    ED25519: ("EdDSA", "Ed25519"),
    P256: ("ES256",),
    P384: ("ES384",),
    P521: ("ES512",),
    RSA: ("RS256",),
}
_SIGNATURE_BYTES = 64

# RFC 7518, sections 6.2.2, 6.3.2 and 6.4, and RFC 8037: what only the owner may know.
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
# RFC 7518, section 3.3, asks for 2048 bits or more; checking takes the longer the larger they are.
_RSA_BITS = range(2048, 8192 + 1)
_RSA_EXPONENTS = range(2**16 + 1, 2**32, 2)

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
# The y of the eight points of order 1, 2, 4 and 8: with such a key one signature fits any message.
_SMALL_ORDER_Y = frozenset(
    {
        0,
        1,
        _P - 1,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    }
)


@dataclass(frozen=True)
class PublicKey:
    """A sound public key; two are equal when they are the same key.

    `encoded` is its one canonical form in bytes: the 32 bytes of RFC 8032, the
    compressed point of SEC 1, or the DER of an RSAPublicKey (RFC 8017).
    """

    kind: str
    encoded: bytes

    def __post_init__(self) -> None:
        _require_sound(self.kind, self.encoded)

    # Multikey

    @classmethod
    def from_multikey(cls, text: str) -> PublicKey:
        """Read a publicKeyMultibase (Controlled Identifiers 1.0, "Multikey").

        Raises MalformedMultibase, UnsupportedKey for another kind of key,
        MalformedKey for what is no point of its curve in the one canonical
        encoding, and WeakKey for Ed25519 points of small order.
        """
        if not isinstance(text, str):
            raise MalformedMultibase("A Multikey is a text.")
        return _from_multikey(text)

    @classmethod
    def from_multicodec(cls, data: bytes) -> PublicKey:
        """Read the bytes of a Multikey, which say by their first two of what kind the key is."""
        for kind, prefix in _PREFIXES.items():
            if data.startswith(prefix):
                return cls(kind, data[len(prefix) :])
        raise UnsupportedKey("The Multikey is of a kind that is not understood here.")

    @property
    def multicodec(self) -> bytes:
        """The bytes of the Multikey; raises UnsupportedKey for RSA."""
        if self.kind not in _PREFIXES:
            raise UnsupportedKey(f"A key of the kind {self.kind} has no Multikey.")
        return _PREFIXES[self.kind] + self.encoded

    @property
    def multikey(self) -> str:
        """The publicKeyMultibase; raises UnsupportedKey for RSA."""
        return multibase.encode_base58btc(self.multicodec)

    # JWK

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> PublicKey:
        """Read a public JWK (RFC 7517, 7518 section 6, 8037).

        Raises PrivateKeyShown for one with private members, UnsupportedKey for
        another kind of key, MalformedKey for members that are not in canonical
        form, for no point of the curve and for a key that is not for checking
        signatures or for another algorithm, and WeakKey.
        """
        if not isinstance(jwk, Mapping):
            raise MalformedKey("A JWK is an object.")
        if _PRIVATE_MEMBERS & jwk.keys():
            raise PrivateKeyShown()
        kind = _kind_of(jwk)
        key = cls(kind, _ENCODERS[kind](jwk))
        _require_for_checking(jwk, kind)
        return key

    @property
    def jwk(self) -> dict[str, str]:
        """The JWK with exactly the members that make up the key, which are all public."""
        if self.kind == RSA:
            numbers = _rsa_key(self.encoded).public_numbers()
            return {"kty": "RSA", "n": _write_number(numbers.n), "e": _write_number(numbers.e)}
        if self.kind == ED25519:
            return {"kty": "OKP", "crv": ED25519, "x": _write(self.encoded)}
        point = _point(self.kind, self.encoded).public_numbers()
        size = CURVES[self.kind].size
        return {
            "kty": "EC",
            "crv": self.kind,
            "x": _write(point.x.to_bytes(size)),
            "y": _write(point.y.to_bytes(size)),
        }

    @property
    def thumbprint(self) -> str:
        """The JWK's thumbprint by SHA-256 in base64url (RFC 7638, section 3)."""
        text = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        return _write(hashlib.sha256(text.encode()).digest())

    @property
    def algorithm(self) -> str:
        """The `alg` of JWS that `check` checks: EdDSA, ES256, ES384, ES512 or RS256."""
        return _ALGORITHMS[self.kind][0]

    # Signatures

    def check(self, message: bytes, signature: bytes) -> None:
        """Raise WrongSignature unless the signature over the message was made with this key.

        Ed25519 is the pure one of RFC 8032; ECDSA comes as r and s, each as
        long as a coordinate, with the hash of the curve (FIPS 186-5); RSA is
        PKCS #1 v1.5 with SHA-256 (RFC 8017). Raises MalformedProof for a
        signature of another length.
        """
        try:
            _CHECKS.get(self.kind, _check_ecdsa)(self, message, signature)
        except InvalidSignature:
            raise WrongSignature() from None


@functools.lru_cache(maxsize=256)
def _from_multikey(text: str) -> PublicKey:
    # Measured: to find a key sound takes as long as to check a signature, and keys come back.
    return PublicKey.from_multicodec(multibase.decode_base58btc(text))


# Soundness


def _require_sound(kind: str, encoded: bytes) -> None:
    if kind == ED25519:
        _require_sound_ed25519(encoded)
    elif kind in CURVES:
        _point(kind, encoded)
    elif kind == RSA:
        _require_sound_rsa(encoded)
    else:
        raise UnsupportedKey(f"Keys of the kind {kind!r} are not understood here.")


def _require_sound_ed25519(encoded: bytes) -> None:
    if len(encoded) != 32:
        raise MalformedKey("An Ed25519 public key has 32 bytes.")
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    if y >= _P:
        raise MalformedKey("The Ed25519 public key is not in canonical encoding.")
    if y in _SMALL_ORDER_Y:
        raise WeakKey()
    # On the curve when x^2 = (y^2 - 1) / (d y^2 + 1) is a square: Euler's criterion.
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(x_squared, (_P - 1) // 2, _P) != 1:
        raise MalformedKey("The Ed25519 public key is not a point of the curve.")


def _point(kind: str, encoded: bytes) -> ec.EllipticCurvePublicKey:
    """The key as a point; the curves have no points of small order (their cofactor is 1)."""
    found = CURVES[kind]
    if len(encoded) != 1 + found.size or encoded[:1] not in {b"\x02", b"\x03"}:
        raise MalformedKey(f"A {kind} public key is a compressed point of {1 + found.size} bytes.")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(found.curve, encoded)
    except ValueError:
        raise MalformedKey(f"The public key is not a point of {kind}.") from None


def _require_sound_rsa(encoded: bytes) -> None:
    numbers = _rsa_key(encoded).public_numbers()
    if numbers.n.bit_length() not in _RSA_BITS or not numbers.n % 2:
        raise WeakKey("An RSA key has an odd modulus of 2048 to 8192 bits.")
    if numbers.e not in _RSA_EXPONENTS:
        raise WeakKey("The exponent of an RSA key is odd, above 2^16 and below 2^32.")
    if _rsa_bytes(numbers) != encoded:
        raise MalformedKey("The RSA key is not in canonical encoding.")


def _rsa_key(encoded: bytes) -> rsa.RSAPublicKey:
    try:
        key = serialization.load_der_public_key(encoded)
    except (ValueError, UnsupportedAlgorithm):
        raise MalformedKey("The RSA key cannot be read.") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise MalformedKey("The key is not one of RSA.")
    return key


def _rsa_bytes(numbers: rsa.RSAPublicNumbers) -> bytes:
    try:
        key = numbers.public_key()
    except ValueError:
        raise WeakKey("The numbers make no RSA key that proves anything.") from None
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)


# Reading a JWK


def _kind_of(jwk: Mapping[str, Any]) -> str:
    kty, crv = jwk.get("kty"), jwk.get("crv")
    if kty == "RSA":
        return RSA
    if kty == "OKP" and crv == ED25519:
        return ED25519
    if kty == "EC" and isinstance(crv, str) and crv in CURVES:
        return crv
    raise UnsupportedKey(f"Keys of the kind {kty!r} {crv!r} are not understood here.")


def _ed25519_from_jwk(jwk: Mapping[str, Any]) -> bytes:
    return _read(jwk, "x")


def _point_from_jwk(jwk: Mapping[str, Any]) -> bytes:
    found = CURVES[jwk["crv"]]
    x, y = _read(jwk, "x"), _read(jwk, "y")
    if len(x) != found.size or len(y) != found.size:
        raise MalformedKey(f"A coordinate of {jwk['crv']} has {found.size} bytes.")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), found.curve)
    try:
        point = numbers.public_key()
    except ValueError:
        raise MalformedKey(f"The public key is not a point of {jwk['crv']}.") from None
    return point.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )


def _rsa_from_jwk(jwk: Mapping[str, Any]) -> bytes:
    modulus, exponent = _read(jwk, "n"), _read(jwk, "e")
    if not modulus[:1].strip(b"\0") or not exponent[:1].strip(b"\0"):
        raise MalformedKey("A number of an RSA key is empty or begins with a zero.")
    if len(modulus) * 8 > _RSA_BITS.stop + 7 or len(exponent) > 4:
        raise WeakKey("The RSA key is larger than is worth checking.")
    return _rsa_bytes(rsa.RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus)))


_ENCODERS = {
    ED25519: _ed25519_from_jwk,
    **dict.fromkeys(CURVES, _point_from_jwk),
    RSA: _rsa_from_jwk,
}


def _require_for_checking(jwk: Mapping[str, Any], kind: str) -> None:
    """Refuse a key whose own members say that it is for something else (RFC 7517, section 4)."""
    if jwk.get("use", "sig") != "sig":
        raise MalformedKey("The JWK is not for signatures.")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise MalformedKey("The JWK is not for checking signatures.")
    if jwk.get("alg", _ALGORITHMS[kind][0]) not in _ALGORITHMS[kind]:
        raise MalformedKey(f"The JWK is for an algorithm other than {_ALGORITHMS[kind][0]}.")


def _read(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    try:
        return multibase.decode_base64url("u" + value if isinstance(value, str) else "")
    except MalformedMultibase:
        raise MalformedKey(f"{name} of the JWK is not base64url without padding.") from None


def _write(data: bytes) -> str:
    return multibase.encode_base64url(data)[1:]


def _write_number(number: int) -> str:
    return _write(number.to_bytes((number.bit_length() + 7) // 8))


# Checking a signature


def _check_ed25519(key: PublicKey, message: bytes, signature: bytes) -> None:
    if len(signature) != _SIGNATURE_BYTES:
        raise MalformedProof(f"An Ed25519 signature has {_SIGNATURE_BYTES} bytes.")
    Ed25519PublicKey.from_public_bytes(key.encoded).verify(signature, message)


def _check_ecdsa(key: PublicKey, message: bytes, signature: bytes) -> None:
    curve = CURVES[key.kind]
    if len(signature) != 2 * curve.size:
        raise MalformedProof(f"A signature by {key.kind} has {2 * curve.size} bytes.")
    r, s = (int.from_bytes(half) for half in (signature[: curve.size], signature[curve.size :]))
    _point(key.kind, key.encoded).verify(
        encode_dss_signature(r, s), message, ec.ECDSA(curve.digest)
    )


def _check_rsa(key: PublicKey, message: bytes, signature: bytes) -> None:
    _rsa_key(key.encoded).verify(signature, message, padding.PKCS1v15(), hashes.SHA256())


_CHECKS = {ED25519: _check_ed25519, RSA: _check_rsa}
