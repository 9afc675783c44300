"""What has been read must find room in the database."""

from typing import Any

from skills.readers.records import Package

# By model, how long a text may be; `test_room_in_the_database` compares it with the models.
LIMITS: dict[str, dict[str, int]] = {
    "Framework": {
        "identifier": 200,
        "uri": 1000,
        "title": 500,
        "creator": 500,
        "publisher": 500,
        "type": 200,
        "version": 100,
        "language": 20,
        "official_url": 1000,
        "adoption_status": 100,
        "case_version": 10,
    },
    "Skill": {
        "identifier": 200,
        "uri": 1000,
        "code": 200,
        "label": 500,
        "kind": 12,
        "kind_at_source": 200,
        "language": 20,
    },
    "Association": {
        "identifier": 200,
        "uri": 1000,
        "kind": 100,
        "kind_at_source": 200,
        "origin_uri": 1000,
        "destination_uri": 1000,
        "grouping": 200,
    },
    "Rubric": {"identifier": 200, "uri": 1000},
}
_COLUMNS = {"kind_word": "kind_at_source", "type_word": "kind_at_source"}


def assert_it_fits(package: Package) -> None:
    """No text of a package is longer than its column."""
    if package.framework is not None:
        _assert_fits(package.framework, LIMITS["Framework"], {})
    for skill in package.skills:
        _assert_fits(skill, LIMITS["Skill"], _COLUMNS)
    for association in package.associations:
        _assert_fits(association, LIMITS["Association"], _COLUMNS | {"type": "kind"})
        # Where an end has no address, its identifier stands for it.
        assert max(len(association.origin), len(association.destination)) <= 200
    for rubric in package.rubrics:
        _assert_fits(rubric, LIMITS["Rubric"], {})


def _assert_fits(record: Any, limits: dict[str, int], columns: dict[str, str]) -> None:
    assert record.identifier
    for name in record.__dataclass_fields__:
        value = getattr(record, name)
        if isinstance(value, str):
            limit = limits.get(columns.get(name, name))
            assert limit is None or len(value) <= limit, (name, len(value))
            assert "\0" not in value
            value.encode()  # raises for a lone surrogate
