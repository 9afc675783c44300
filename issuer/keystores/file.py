"""Keys in files, each sealed with a secret that lies elsewhere."""

import base64
import json
import os
import re
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from issuer.errors import KeystoreClosed, KeyUnreadable
from issuer.vc.signers import Ed25519Signer

ALGORITHM = "Ed25519"
VERSION = 1
# 256 bits: what `create_key`'s documentation asks for, and what HKDF cannot make up for.
MIN_SECRET_BYTES = 32

_HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


class FileKeystore:
    """A folder of sealed Ed25519 seeds, one JSON file a key.

    Each seed is sealed with AES-256-GCM under a key of its own, derived by HKDF from the secret
    and a random salt. The seal covers handle, public key, algorithm and version, so that a file
    that was changed, renamed or exchanged for another does not open.
    """

    def __init__(self, folder: str | Path, *, secret_file: str | Path) -> None:
        self._folder = Path(folder)
        self._secret_file = Path(secret_file)

    def create(self, handle: str) -> str:
        """Draw a new key, seal it and return its public part; never overwrites a key."""
        seed = secrets.token_bytes(32)
        public = Ed25519Signer(seed).public_multibase
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        sealed = self._cipher(salt).encrypt(nonce, seed, _covered(handle, public))
        content = {
            "version": VERSION,
            "algorithm": ALGORITHM,
            "handle": handle,
            "public": public,
            "salt": _text(salt),
            "nonce": _text(nonce),
            "sealed": _text(sealed),
        }
        _write_new(self._path(handle), json.dumps(content, indent=1).encode())
        return public

    def open(self, handle: str) -> Ed25519Signer:
        """Unseal a key."""
        content = self._read(handle)
        try:
            seed = self._cipher(_bytes(content["salt"])).decrypt(
                _bytes(content["nonce"]),
                _bytes(content["sealed"]),
                _covered(handle, content["public"]),
            )
        except (InvalidTag, KeyError, TypeError, ValueError):
            raise KeyUnreadable() from None
        return Ed25519Signer(seed)

    def _read(self, handle: str) -> dict[str, Any]:
        try:
            content = json.loads(self._path(handle).read_bytes())
        except (OSError, ValueError):
            raise KeyUnreadable(f"There is no readable key {handle} in the keystore.") from None
        if not isinstance(content, dict):
            raise KeyUnreadable()
        return content

    def _path(self, handle: str) -> Path:
        if not _HANDLE.fullmatch(handle):
            raise KeyUnreadable(f"{handle!r} cannot be the name of a key.")
        return self._folder / f"{handle}.json"

    def _cipher(self, salt: bytes) -> AESGCM:
        try:
            secret = self._secret_file.read_bytes().strip()
        except OSError as error:
            raise KeystoreClosed(f"The keystore's secret cannot be read: {error}.") from None
        if len(secret) < MIN_SECRET_BYTES:
            raise KeystoreClosed(f"The keystore's secret is shorter than {MIN_SECRET_BYTES} bytes.")
        derivation = HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"keystore file v1")
        return AESGCM(derivation.derive(secret))


def _covered(handle: str, public: str) -> bytes:
    return f"{handle}|{public}|{ALGORITHM}|{VERSION}".encode()


def _write_new(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise KeyUnreadable(f"The key cannot be written: {error}.") from None


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
