"""What has been read must find room in the database."""

from typing import Any

from skills.models import Association, Framework, Rubric, Skill
from skills.readers.records import Package

_NAMES = {
    "changed_at": "changed_on_source",
    "kind_word": "kind_at_source",
    "type": "kind",
    "type_word": "kind_at_source",
}


def assert_it_fits(package: Package) -> None:
    """No text of a package is longer than its column."""
    if package.framework is not None:
        _assert_fits(package.framework, Framework, {})
    for skill in package.skills:
        _assert_fits(skill, Skill, _NAMES)
    for association in package.associations:
        _assert_fits(association, Association, _NAMES)
    for rubric in package.rubrics:
        _assert_fits(rubric, Rubric, {})


def _assert_fits(record: Any, model: type[Any], names: dict[str, str]) -> None:
    columns = {field.name: field.max_length for field in model._meta.concrete_fields}
    for name in record.__dataclass_fields__:
        value, limit = getattr(record, name), columns.get(names.get(name, name))
        if isinstance(value, str):
            assert limit is None or len(value) <= limit, (name, len(value))
            assert "\0" not in value
            value.encode()  # no lone surrogate
    if record.identifier is not None:
        assert 0 < len(record.identifier) <= 200
    for end in ("origin", "destination"):
        assert len(getattr(record, end, "")) <= 200
