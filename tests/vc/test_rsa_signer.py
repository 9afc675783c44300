import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from issuer.vc.errors import MalformedKey, WeakKey, WrongSignature
from issuer.vc.rsa_signer import RsaSigner, draw_secret


def der(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_the_signature_belongs_to_the_message_and_the_public_key() -> None:
    signer = RsaSigner(draw_secret())
    signature = signer.sign(b"message")
    assert signer.kind == "RSA"
    assert len(signature) == 3072 // 8
    signer.public_key.check(b"message", signature)
    with pytest.raises(WrongSignature):
        signer.public_key.check(b"massage", signature)


def test_the_secret_is_not_shown() -> None:
    signer = RsaSigner(draw_secret())
    assert repr(signer) == f"<RsaSigner {signer.public_key.thumbprint}>"


@pytest.mark.parametrize("secret", [b"", b"secret", der(ec.generate_private_key(ec.SECP256R1()))])
def test_what_is_no_private_key_of_rsa_is_refused(secret: bytes) -> None:
    with pytest.raises(MalformedKey):
        RsaSigner(secret)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(WeakKey):
        RsaSigner(der(rsa.generate_private_key(65537, 1024)))  # noqa: S505
