"""What the words that publishers use for kinds of items say in ours."""

from collections.abc import Mapping
from typing import Final

from skills.readers.records import Kind

_KINDS: Final[Mapping[str, Kind]] = {
    "competency": "competency",
    "competence": "competency",
    "skill": "skill",
    "knowledge": "knowledge",
    "ability": "ability",
    "category": "category",
    "cluster": "category",
    "domain": "category",
    "strand": "category",
    "grouping": "category",
    "heading": "category",
}


def of(word: str, *, otherwise: Kind = "other") -> Kind:
    """Our kind for a publisher's word, whatever its case."""
    return _KINDS.get(word.strip().lower(), otherwise)
