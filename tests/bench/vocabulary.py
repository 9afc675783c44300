"""The frameworks in ../shared/data, taken in as the product takes them in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import college

if TYPE_CHECKING:
    from skills.models import Framework
    from skills.readers.records import Package

DATA = college.ROOT.parent / "shared" / "data"
_FILES = (
    "case/opensalt_ItemTypeTestFramework.json",
    "case/opensalt_MarkdownFramework.json",
    "case/opensalt_SmartLevelFramework.json",
    "competencies/cocurricular_case_v1p1.json",
)
_COLUMNS = (
    "framework_id, identifier, uri, code, label, statement, kind, kind_at_source, other_labels, "
    "keywords, language"
)


def folder(name: str) -> Framework:
    """Take in a framework that is a folder: `onet` or `esco`."""
    from skills.readers import formats

    files = {each.name: each.read_bytes() for each in (DATA / name).iterdir()}
    return _taken(formats.read_folder(files), name)


def take_in(count: int) -> int:
    """Take all in, then copies of them under other addresses, until there are `count` skills."""
    from django.db import connection

    from skills.models import Framework, Skill

    folder("onet")
    folder("esco")
    _file("rsd/osmt_fixture_rsds.json", framework_id="https://bench.example/rsd", title="RSDs")
    for path in _FILES:
        _file(path)
    copy = Framework.objects.create(identifier="copy", uri="https://bench.example/", title="Copy")
    missing = count - Skill.objects.count()
    if missing > 0:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO skills_skill ({_COLUMNS}, notes, worded_at)
                SELECT %s, id, 'https://bench.example/' || id, code, label, statement, kind,
                       kind_at_source, other_labels, keywords, language, '', now()
                FROM skills_skill ORDER BY id LIMIT %s
                """,  # noqa: S608 - the names are ours
                [copy.pk, missing],
            )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Skill.objects.count()


def _file(path: str, **choices: Any) -> None:
    from skills.readers import formats

    found = Path(DATA, path)
    _taken(formats.read(found.read_bytes(), file=found.name, **choices), path)


def _taken(package: Package, source: str) -> Framework:
    from skills.services import frameworks

    return frameworks.apply(frameworks.plan(package), by=None, source=source).framework
