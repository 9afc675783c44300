"""How many credentials were issued: by kind, by unit, by term, by month."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import CharField, Count, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast, TruncMonth

from issuer.models import SecuredDocument
from registrar.models import Award, OrganizationUnit, Term

# What an award is counted by: the field, and how its value is called in the address of a list.
BY: Final[Mapping[str, str]] = {
    "kind": "revision__achievement_type",
    "unit": "template__unit",
    "term": "offering__term",
    "month": "month",
}


@dataclass(frozen=True, slots=True)
class Total:
    """So many credentials of one kind, unit, term or month; `key` is blank where there is none."""

    key: str
    name: str
    count: int


def issued(awards: "QuerySet[Award] | None" = None) -> "QuerySet[Any]":
    """The awards whose credential was signed, whatever became of it later."""
    signed = SecuredDocument.objects.filter(
        verifiable_credential__credential=OuterRef("credential_id")
    )
    return (Award.objects.all() if awards is None else awards).filter(Exists(signed))


def totals(by: str) -> list[Total]:
    """One total for each value that there is of one of BY; the most first, months in order."""
    rows = issued().annotate(month=TruncMonth("awarded_on")).order_by()
    field = BY[by]
    found = rows.values_list(Cast(field, CharField())).annotate(Count("pk"))
    names = _names(by)
    made = [
        Total(key=key or "", name=names.get(key or "", key or ""), count=count)
        for key, count in found
    ]
    if by == "month":
        return sorted(made, key=lambda total: total.key)
    return sorted(made, key=lambda total: (-total.count, total.name))


def of(by: str, key: str) -> "QuerySet[Any]":
    """The awards that one total counts."""
    rows = issued().annotate(month=TruncMonth("awarded_on"))
    if not key:
        return rows.filter(**{f"{BY[by]}__isnull": True})
    return rows.annotate(counted=Cast(BY[by], CharField())).filter(counted=key)


def _names(by: str) -> dict[str, str]:
    if by == "unit":
        return {str(unit.pk): unit.name for unit in OrganizationUnit.objects.all()}
    if by == "term":
        return {"": "Outside a term"} | {str(term.pk): term.title for term in Term.objects.all()}
    return {}
