"""Import a framework of skills at the registrar's desk: who may, and that the ledger has it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from django.contrib.auth.models import User
from django.db import transaction

from issuer.services import ledger
from issuer.services.clients import Client
from registrar.services.college import roles
from skills.errors import ImportRefused, MoreToSay
from skills.models import Framework, FrameworkImport
from skills.readers import formats, known_names, mapped_sheet
from skills.readers.mapping import ColumnMapping
from skills.readers.records import Kind, Package
from skills.services import frameworks, mappings

FORMATS: Final = formats.FORMATS
SHEET: Final = "sheet"
_MORE_TO_SAY: Final = frozenset({"no_identity", "no_mapping"})
# What has one column is a list, or no sheet at all.
_FEWEST_COLUMNS: Final = 2
_OTHER_THAN_A_SHEET: Final = (b"{", b"[", b"<")

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person says of a file that the file itself does not say."""

    format: str = ""
    framework_id: str = ""
    title: str = ""
    creator: str = ""
    kind: Kind = "competency"
    columns: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What was chosen, as it can be kept."""
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}


NOTHING: Final = Choices()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file would change, and how its columns were read if it is a sheet."""

    plan: frameworks.Plan
    choices: Choices
    header: Names = ()


def plan(data: bytes, *, file_name: str = "", choices: Choices = NOTHING) -> Reading:
    """Read a framework and compare it with the one that is held. Writes nothing.

    The format is recognised where none is chosen; a sheet is read as it was the last time that
    one with these columns came. Raises skills.errors.ImportRefused, with all problems, if it
    cannot be imported, and its kind MoreToSay if choices would help.
    """
    found = choices.format or formats.recognise(data, file_name)
    header: Names = ()
    if found in ("", SHEET):
        header, choices = _with_columns(data, file_name, choices)
    choices = _with_names(choices)
    package = formats.read(data, file=file_name, format_name=choices.format, **_said(choices))
    planned = _planned(package, hashlib.sha256(data).hexdigest(), choices.format or found)
    return Reading(planned, choices, header)


def plan_folder(
    files: Mapping[str, bytes], *, name: str = "", choices: Choices = NOTHING
) -> Reading:
    """The same for the files of a folder, by their names."""
    digests = (hashlib.sha256(data).digest() for _, data in sorted(files.items()))
    sha256 = hashlib.sha256(b"".join(digests)).hexdigest()
    choices = _with_names(choices)
    package = formats.read_folder(files, file=name, format_name=choices.format, **_said(choices))
    found = choices.format or formats.recognise_folder(files)
    return Reading(_planned(package, sha256, found), choices)


def _planned(package: Package, sha256: str, format_: str) -> frameworks.Plan:
    try:
        return frameworks.plan(package, sha256=sha256, format=format_)
    except ImportRefused as refused:
        if _MORE_TO_SAY & {problem.code for problem in refused.problems}:
            raise MoreToSay(problems=refused.problems, format=format_) from refused
        raise


def _with_columns(data: bytes, file_name: str, choices: Choices) -> tuple[Names, Choices]:
    """The names of a sheet's columns, and what each of them is, by choice or as remembered."""
    if data.lstrip()[:1] in _OTHER_THAN_A_SHEET and not choices.columns:
        return (), choices
    seen = mapped_sheet.columns(data, file=file_name)
    if len(seen.names) < _FEWEST_COLUMNS and not choices.columns:
        return (), choices
    if choices.columns:
        return seen.names, replace(choices, format=SHEET)
    last = mappings.remembered(seen.names, framework=choices.framework_id)
    if last is None:
        return seen.names, replace(choices, format=SHEET)
    return seen.names, replace(
        choices,
        format=SHEET,
        framework_id=last.framework.identifier,
        kind=cast(Kind, last.kind),
        columns=last.columns,
    )


def _with_names(choices: Choices) -> Choices:
    """With the title and creator that the framework has already, where no others are chosen."""
    held = Framework.objects.filter(identifier=choices.framework_id).first()
    if held is None:
        return choices
    return replace(
        choices, title=choices.title or held.title, creator=choices.creator or held.creator
    )


def _said(choices: Choices) -> dict[str, Any]:
    """The choices as the readers know them."""
    mapping = ColumnMapping.from_dict(choices.columns) if choices.columns else None
    return {
        "framework_id": choices.framework_id,
        "title": choices.title,
        "creator": choices.creator,
        "kind": choices.kind,
        "mapping": mapping,
    }


@transaction.atomic
def apply(
    reading: Reading,
    *,
    by: User | Client | None,
    source: str,
    is_own: bool | None = None,
    accept_retirements: bool = False,
) -> FrameworkImport:
    """Apply the plan as skills.services.frameworks.apply does, and enter it in the ledger.

    How the columns of a sheet were read is remembered.
    """
    person = by if isinstance(by, User) else None
    if person is not None:
        roles.demand_for_all(person, "skills.import_framework")
    imported = frameworks.apply(
        reading.plan,
        by=person,
        client=by.name if isinstance(by, Client) else "",
        source=source,
        is_own=is_own,
        accept_retirements=accept_retirements,
    )
    if reading.header:
        mappings.remember(
            imported.framework,
            header=reading.header,
            columns=reading.choices.columns,
            kind=reading.choices.kind,
            by=person,
        )
    details = {
        "framework": imported.framework.identifier,
        "sha256": imported.sha256,
        "new": imported.new,
        "changed": imported.changed,
        "retired": imported.retired,
        "unchanged": imported.unchanged,
    }
    ledger.append("framework.imported", imported, by=by or "system", details=details)
    return imported


def load_known_names(*, by: User | None = None) -> list[FrameworkImport]:
    """Import the lists of names that colleges share. Again it changes nothing."""
    return [
        apply(Reading(frameworks.plan(package), NOTHING), by=by, source="names that are shared")
        for package in known_names.packages()
    ]
