"""Where private keys are kept: open one to sign with it, create one.

A keystore answers only in a process that holds its secret, which is the signer.
"""

from django.conf import settings

from issuer.errors import KeystoreClosed
from issuer.keystores.file import FileKeystore
from issuer.vc.signers import Signer


def open(handle: str) -> Signer:
    """Unseal the key with this handle and return what signs with it.

    Raises KeystoreClosed in a process without the secret, and KeyUnreadable when the sealed key
    is missing, was changed, or was sealed with another secret.
    """
    return _keystore().open(handle)


def create(handle: str) -> str:
    """Draw a new Ed25519 key, seal it under this handle and return the public part as Multikey.

    Raises KeystoreClosed in a process without the secret, and KeyUnreadable when the handle is
    taken or the key cannot be written.
    """
    return _keystore().create(handle)


def _keystore() -> FileKeystore:
    if not settings.KEYSTORE_DIR or not settings.KEYSTORE_SECRET_FILE:
        raise KeystoreClosed()
    return FileKeystore(settings.KEYSTORE_DIR, secret_file=settings.KEYSTORE_SECRET_FILE)
