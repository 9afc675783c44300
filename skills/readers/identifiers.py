"""Gives an identifier of its own to what its source gives none; the same one every time."""

import json
import uuid
from typing import Final

_NAMESPACE: Final = uuid.UUID("5d0b8a3e-2a5c-5d0e-9a63-0b6f0d0c7a51")


def made_of(*words: str) -> str:
    """The UUID (version 5) of these words in this order."""
    return str(uuid.uuid5(_NAMESPACE, json.dumps(words)))


def of_association(framework: str, type_: str, origin: str, destination: str) -> str:
    """The identifier of the one association of this type between these two."""
    return made_of("association", framework, type_, origin, destination)
