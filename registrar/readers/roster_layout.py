"""What a file of a roster is made of: its columns, those that are taken, what a row becomes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from registrar.readers.cells import Kind


@dataclass(frozen=True, slots=True)
class Column:
    """A column that we take into `field` of the record.

    `need`: a blank cell in a required column refuses the row, in an expected one it is
    a warning. A `lenient` column's bad cell is a warning too, and counts as blank.
    `refers_to` names the file whose sourcedIds its value, or values, must be.
    """

    name: str
    field: str
    kind: Kind
    need: Literal["optional", "expected", "required"] = "optional"
    lenient: bool = False
    refers_to: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """One file: every column the specification names, in order, and those we take.

    `key` is the column by which a row is known, `key_in_words` what two rows with one key share.
    """

    name: str
    record: Callable[..., Any]
    header: tuple[str, ...]
    taken: tuple[Column, ...]
    key: str = "sourcedId"
    key_in_words: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


def required(name: str, field: str, kind: Kind, refers_to: str = "") -> Column:
    """A column without which a row is refused."""
    return Column(name, field, kind, need="required", refers_to=refers_to)
