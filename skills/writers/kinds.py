"""The word for a skill's kind that readers take as that kind."""

from collections.abc import Collection

from skills.readers import kinds
from skills.readers.records import SkillRecord


def word(record: SkillRecord, *, plain: Collection[str] = ("other",)) -> str:
    """The source's word; our own where readers would make another kind of that one.

    Kinds in `plain` need no word.
    """
    if record.kind in plain or kinds.of(record.kind_word) == record.kind:
        return record.kind_word
    return record.kind.title()
