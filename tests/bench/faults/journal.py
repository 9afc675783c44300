"""What a signer notes of each signature that it makes, apart from the database: a line a signature.

A signature is as good as its statement, so every one must be found again in the database: one that
is not stands for a second body of some credential, or for a credential that nobody knows of.
Editions of status lists are left out: an edition that nobody has seen may be signed anew.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from issuer.vc import multibase, signers, status_list

_now = threading.local()


def keep(path: str) -> None:
    """Note, in this process and those that it forks, whatever is signed but status lists."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(signer: signers.Ed25519Signer, signature: bytes) -> bytes:
        line = f"{signer.public_multibase} {multibase.encode_base58btc(signature)}\n"
        os.write(file, line.encode())
        return signature

    _each_signature(note)


def spoil() -> None:
    """Sign wrongly whatever is no status list, as a broken module for keys does."""
    _each_signature(lambda signer, signature: bytes([signature[0] ^ 1]) + signature[1:])


def _each_signature(made: Callable[[signers.Ed25519Signer, bytes], bytes]) -> None:
    sign, compose = signers.Ed25519Signer.sign, status_list.status_list_credential

    def watched_sign(signer: signers.Ed25519Signer, message: bytes) -> bytes:
        signature = sign(signer, message)
        if getattr(_now, "is_for_a_list", False):
            _now.is_for_a_list = False
            return signature
        return made(signer, signature)

    def watched_compose(*arguments: Any, **options: Any) -> dict[str, Any]:
        _now.is_for_a_list = True
        return compose(*arguments, **options)

    signers.Ed25519Signer.sign = watched_sign  # type: ignore[method-assign]
    status_list.status_list_credential = watched_compose
