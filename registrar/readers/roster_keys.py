"""Keys for what a system gives none of its own: the same every time."""

import hashlib
from typing import Final

_LONGEST: Final = 255


def joined(*parts: str) -> str:
    """A key of several parts, none longer than there is room for."""
    key = "/".join(parts)
    if len(key) <= _LONGEST:
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
