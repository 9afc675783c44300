"""What a roster changes between rows of two tables: who teaches, what line items measure."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from registrar.models import LineItem, Offering
from registrar.models.spans import holds_after
from registrar.readers.records import Bundle
from registrar.services.feeding.roster_report import PlanReport
from registrar.services.feeding.roster_scope import Scope
from registrar.services.feeding.roster_tables import (
    BY_SOURCED_ID,
    CLASSES,
    ENROLLMENTS,
    LINE_ITEM_OBJECTIVES,
    LINE_ITEMS,
)
from registrar.services.feeding.staged_rows import Rows

Link = tuple[str, int]
Known = Mapping[str, Collection[str]]


@dataclass(slots=True)
class Links:
    """What changes: pairs of a sourced id and a key of ours."""

    new: list[Link] = field(default_factory=list)
    retired: list[Link] = field(default_factory=list)


def teachers(scope: Scope, report: PlanReport, known: Known) -> Links:
    """Which of our staff teach which offering; people without an account are passed over."""
    teaching = [record for record in scope.bundle.enrollments if record.role == "teacher"]
    staff = _accounts(scope.bundle) if teaching else {}
    wanted: set[Link] = set()
    taken_back: set[Link] = set()
    for record in teaching:
        account = staff.get(record.user_id)
        if account and record.class_id in known[CLASSES]:
            (taken_back if record.deleted else wanted).add((record.class_id, account))
    through = Offering.teachers.through._default_manager.filter(scope.here("offering"))
    held = set(through.values_list("offering" + BY_SOURCED_ID, "user_id"))
    return _changed(scope, report, ENROLLMENTS, held, wanted, taken_back)


def outcomes(scope: Scope, report: PlanReport, known: Known, rows: Rows) -> Links:
    """Which of our outcomes a line item measures."""
    wanted: set[Link] = set()
    taken_back: set[Link] = set()
    for record in scope.bundle.line_item_objectives:
        item = record.line_item_id
        outcome = rows.outcome(LINE_ITEM_OBJECTIVES, record.objective_id, record.row)
        if item not in known[LINE_ITEMS]:
            report.left_out[LINE_ITEM_OBJECTIVES] += 1
            report.orphan(LINE_ITEM_OBJECTIVES, record.row, "lineItemSourcedId", item)
        elif outcome is not None:
            (taken_back if record.deleted else wanted).add((item, outcome))
    through = LineItem.outcomes.through._default_manager.filter(
        Q(lineitem__sourced_id__in={item for item, _ in wanted | taken_back})
        | scope.here("lineitem__offering"),
        holds_after(timezone.localdate(), prefix="learningoutcome__"),
        lineitem__source=scope.source,
    )
    held = set(through.values_list("lineitem" + BY_SOURCED_ID, "learningoutcome_id"))
    return _changed(scope, report, LINE_ITEM_OBJECTIVES, held, wanted, taken_back)


def _changed(
    scope: Scope,
    report: PlanReport,
    file: str,
    held: set[Link],
    wanted: set[Link],
    taken_back: set[Link],
) -> Links:
    absent = sorted(held - wanted - taken_back) if scope.is_bulk(file) else []
    retired = [*report.retirable(file, absent, {file}), *sorted(held & taken_back - wanted)]
    return Links(new=sorted(wanted - held), retired=retired)


def _accounts(bundle: Bundle) -> dict[str, int]:
    """The accounts of the users of a bundle, found by user name, else by e-mail address."""
    by_name: dict[str, list[int]] = defaultdict(list)
    by_email: dict[str, list[int]] = defaultdict(list)
    people = User.objects.filter(is_active=True)
    for pk, username, email in people.values_list("pk", "username", "email"):
        by_name[username.casefold()].append(pk)
        if email:
            by_email[email.casefold()].append(pk)
    accounts: dict[str, int] = {}
    for record in bundle.users:
        named = by_name.get(record.username.casefold(), [])
        written_to = by_email.get(record.email.casefold(), [])
        # Whoever shares a name or an address with somebody else is not recognised by it.
        found = named if len(named) == 1 else written_to
        if len(found) == 1:
            accounts[record.sourced_id] = found[0]
    return accounts
