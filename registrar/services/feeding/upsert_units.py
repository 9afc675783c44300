"""Organisations that a system sends: what they are a part of, and who reaches those of nothing."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from django.contrib.auth.models import User

from registrar.models import OrganizationUnit, Role
from registrar.models.catalog import key_of
from registrar.services.college import people, roles
from registrar.services.feeding.upsert_rows import UNCHANGED, Row

PLACED: Final = "under_institution"
ALONE: Final = "part_of_nothing"
_AT: Final = "parent"
_APPROVE: Final = "registrar.approve_revision"


def hint(institution: OrganizationUnit | None) -> str:
    """How the institution is named, for whoever names a parent that there is not."""
    return f" The institution is {_key(institution)}." if institution else ""


def tell(rows: Sequence[Row], placed: Collection[str], tops: Collection[str], source: str) -> None:
    """Note which rows were put under the institution, and who reaches those that are under none.

    By their keys: `placed` are the first, `tops` the second. To be called once they are written.
    """
    institution = people.institution()
    for row in rows:
        if row.key in placed and institution is not None and row.done != UNCHANGED:
            row.note(
                _AT,
                PLACED,
                f"No parent is told, so it is a part of the institution, {_key(institution)}.",
                "Nothing needs to be done, unless it is a part of something else: then send that.",
            )
    units = OrganizationUnit.objects.filter(source=source, sourced_id__in=tops)
    reached = _approvers(units)
    by_key = {unit.sourced_id: unit for unit in units}
    for row in rows:
        unit = by_key.get(row.key)
        if unit is None or (unit == institution and reached[unit.pk]):
            continue
        row.note(
            _AT,
            ALONE,
            "It is a part of nothing, so roles reach it that are held in it or everywhere, and no "
            f"others. So many approvers have one: {reached[unit.pk]}.",
            "Send its parent, or have an administrator make somebody approver of it.",
        )


def _key(unit: OrganizationUnit) -> str:
    return key_of(unit.source, unit.sourced_id)


def _approvers(units: Collection[OrganizationUnit]) -> dict[int, int]:
    """By unit that is part of nothing: how many reach it who may approve templates."""
    kinds = [kind for kind, granted in roles.PERMISSIONS.items() if _APPROVE in granted]
    held = Role.objects.filter(kind__in=kinds, user__in=User.objects.filter(is_active=True))
    who: dict[int | None, set[int]] = defaultdict(set)
    for unit, person in held.values_list("unit", "user"):
        who[unit].add(person)
    return {unit.pk: len(who[unit.pk] | who[None]) for unit in units}
