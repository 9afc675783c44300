"""Which column of a sheet of awards holds what: by its name in many languages, by its content."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from skills.readers.mapping import guess
from skills.readers.table import folded

# Who somebody is. Of whom the number tells, nothing else has to be said.
PERSON: Final = ("number", "given_name", "family_name", "email")
OPTIONAL: Final = ("awarded_on", "valid_until", "occasion", "evidence_link", "evidence_text")
# Of several results a credential carries each has a field of its own: `result_1`, `result_2`.
RESULT: Final = "result"

_KNOWN: Final[Mapping[str, Sequence[str]]] = json.loads(
    Path(__file__).with_name("column_words.json").read_text("utf-8")
)
# How rows begin that sum others up.
TOTALS: Final = frozenset(map(folded, _KNOWN["totals"]))
# Columns of these are never ours, however like their names are.
_OTHERS: Final = _KNOWN["others"]

# How a learner is named by the key of a system, instead of a number: `sis:<source>:<sourcedId>`.
BY_KEY: Final = "sis:"

LABELS: Final[Mapping[str, str]] = {
    "number": "learner number",
    "given_name": "given name",
    "family_name": "family name",
    "email": "e-mail address",
    "awarded_on": "award date",
    "valid_until": "valid until",
    "occasion": "occasion",
    "evidence_link": "link to evidence",
    "evidence_text": "evidence in words",
}

# By a name, folded, the field of which it tells.
_FIELDS: Final = {
    folded(word): name for name in (RESULT, *reversed(list(LABELS))) for word in _KNOWN[name]
}
_UP_TO_DIGITS: Final = re.compile(r"[^\d]*")
# A misspelt name is taken for the word only if hardly anything is wrong with it.
_LIKENESS: Final = 0.9
# So much of a column without a name of ours must look like an e-mail address to be taken for one.
_MOSTLY: Final = 0.8


@dataclass(frozen=True, slots=True)
class ResultField:
    """A result that the credential carries, as a column may hold it.

    `allowed` begins with the worst. Who has less than `required` does not earn it.
    """

    id: str
    name: str
    allowed: tuple[str, ...] = ()
    lowest: str | None = None
    highest: str | None = None
    required: str = ""

    @property
    def is_number(self) -> bool:
        """Whether only numbers are among its values."""
        return not self.allowed and (self.lowest is not None or self.highest is not None)


def fields(results: Sequence[ResultField]) -> dict[str, str]:
    """What a column may hold, and how that is called."""
    return dict(LABELS) | {
        name: result.name for name, result in zip(result_names(results), results, strict=True)
    }


def result_names(results: Sequence[ResultField]) -> list[str]:
    """By which names the columns of these results go."""
    if len(results) == 1:
        return [RESULT]
    return [f"{RESULT}_{number}" for number in range(1, len(results) + 1)]


def known(names: Sequence[str], results: Sequence[ResultField]) -> int:
    """How many things of ours a row of names tells, by names that are known exactly."""
    own = {folded(said) for result in results for said in (result.name, result.id)}
    plain = {folded(_bare(name)) for name in names if name.strip()}
    return len({_FIELDS[name] for name in plain if name in _FIELDS}) + bool(own & plain)


def word(cell: str) -> str:
    """The words with which a cell begins, before any number, as they are compared."""
    return folded(_UP_TO_DIGITS.match(cell)[0])  # type: ignore[index] # it matches everything


def suggest(
    header: Sequence[str], rows: Iterable[Sequence[str]], results: Sequence[ResultField]
) -> dict[str, str]:
    """By field the name of the column that holds it, as far as names and content tell."""
    ours = [name for name in header if name and not _is_of_others(name)]
    words = {name: _KNOWN[name] for name in LABELS}
    for name, result in zip(result_names(results), results, strict=True):
        alone = _KNOWN[RESULT] if len(results) == 1 else ()
        words[name] = (result.name, result.id, *alone)
    found = guess([_bare(name) for name in ours], words, likeness=_LIKENESS)
    spelt = {_bare(name): name for name in reversed(ours)}
    chosen = {field: spelt[column] for field, column in found.items()}
    if "email" not in chosen:
        taken = set(chosen.values())
        rows = list(rows)
        for at, name in enumerate(header):
            if name and name not in taken and _looks_like_addresses(rows, at):
                chosen["email"] = name
                break
    return chosen


def _bare(name: str) -> str:
    """The name without what says that the column is required."""
    bare = name.replace("*", " ").strip()
    for said in ("(required)", "(optional)", "[required]", "[optional]"):
        bare = bare.removesuffix(said).strip()
    return bare or name


def _is_of_others(name: str) -> bool:
    plain = folded(name)
    return any(word in plain for word in _OTHERS)


def _looks_like_addresses(rows: Sequence[Sequence[str]], at: int) -> bool:
    cells = [row[at].strip() for row in rows if len(row) > at and row[at].strip()]
    return bool(cells) and sum("@" in cell for cell in cells) >= _MOSTLY * len(cells)
