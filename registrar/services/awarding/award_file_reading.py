"""What would come of a file of awards, or of its rows as they are kept: nothing is written."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from django.utils import timezone

from issuer.errors import WrongState
from issuer.services import clock
from registrar.models import AwardFile, AwardFileRow, CredentialTemplate, Revision
from registrar.readers import award_rows, days
from registrar.readers.award_columns import ResultField
from registrar.readers.award_records import Reading
from registrar.readers.loose_sheet import LooseRow, LooseSheet
from registrar.services.awarding import award_file_people, award_file_plan, chosen_awards
from registrar.services.awarding.award_file_plan import Plan
from registrar.services.deciding import result_levels
from skills.readers.errors import Unreadable
from skills.readers.records import Problem

State = AwardFile.State
Duplicates = AwardFile.Duplicates

Tell = Callable[[int], None]


def revision_of(template: CredentialTemplate) -> Revision:
    """The revision by which one awards today. Raises WrongState where none is approved."""
    approved = template.revisions.filter(state=Revision.State.APPROVED).first()
    if approved is None:
        raise WrongState("No revision of this template is approved, so nothing can be awarded.")
    return approved


def results_of(revision: Revision) -> tuple[ResultField, ...]:
    """The results that its credentials carry, as columns may hold them."""
    return tuple(
        ResultField(
            id=each["id"],
            name=each["name"],
            allowed=result_levels.words(each),
            lowest=each.get("value_min") or None,
            highest=each.get("value_max") or None,
            required=str(each.get("required_value") or ""),
        )
        for each in revision.result_descriptions
    )


def plan(
    data: bytes,
    *,
    template: CredentialTemplate,
    file: str = "",
    duplicates: str = Duplicates.SKIP,
    orders: Mapping[str, str] | None = None,
    encoding: str = "",
) -> Plan:
    """Read a file and compare it with what there is. Writes nothing.

    Columns are told by their names, or as somebody has said of a file with the same header. Raises
    WrongState where no revision of the template is approved.
    """
    revision = revision_of(template)
    try:
        sheet = award_rows.opened(data, results_of(revision), encoding=encoding)
    except Unreadable as error:
        return Plan([], [award_rows.unreadable(error, file)])
    reading = reading_of(sheet, revision, orders or {})
    planned = planned_of(sheet, reading, revision=revision, duplicates=duplicates, file=file)
    return replace(planned, read_as=sheet.read_as)


def reading_of(sheet: LooseSheet, revision: Revision, orders: Mapping[str, str]) -> Reading:
    """What the columns hold and how days are written: as it was said before, else as it seems."""
    results, template = results_of(revision), revision.template_id
    said = AwardFile.objects.filter(
        template=template, header=list(sheet.header), chosen={}, state=State.PREPARED
    )
    last = said.order_by("-prepared_at").only("columns", "orders").first()
    columns = last.columns if last else award_rows.suggest(sheet, results)
    remembered = last.orders if last else {}
    return Reading(columns, results, {**remembered, **orders}, evidence=revision.evidence_rule)


def planned_of(
    sheet: LooseSheet,
    reading: Reading,
    *,
    revision: Revision,
    duplicates: str,
    file: str,
    only: Collection[int] = (),
    tell: Tell | None = None,
    **options: Any,
) -> Plan:
    """What would come of a sheet that is read so; `only` some of its rows, where any are named."""
    today = timezone.localdate(clock.now())
    known = award_file_people.by_key(award_rows.numbers(sheet, reading))
    checked = award_rows.check(
        sheet, reading, today=today, file=file, only=only, known=known, tell=tell
    )
    return award_file_plan.compare(
        checked,
        known=known,
        revision=revision,
        today=today,
        duplicates=duplicates,
        columns=reading.columns,
        file=file,
        **options,
    )


def plan_of(award_file: AwardFile, *, only: Collection[int] = (), tell: Tell | None = None) -> Plan:
    """What would come of the rows as they are kept; of `only` these, where all were looked at."""
    if award_file.chosen:
        return plan_of_chosen(award_file, chosen_awards.kept(award_file, only=only), tell=tell)
    sheet, reading = _kept_sheet(award_file, only)
    return planned_of(
        sheet,
        reading,
        revision=revision_of(award_file.template),
        duplicates=award_file.duplicates,
        file=award_file.file_name,
        file_id=award_file.pk,
        only=only,
        tell=tell,
    )


def plan_of_chosen(award_file: AwardFile, meant: Mapping[int, int], *, tell: Tell | None) -> Plan:
    """What would come of learners who were chosen: by the numbers of their rows, who is meant."""
    revision = revision_of(award_file.template)
    today = timezone.localdate(clock.now())
    return chosen_awards.plan(
        award_file,
        meant,
        revision=revision,
        carried=results_of(revision),
        today=today,
        tell=tell,
    )


def _kept_sheet(award_file: AwardFile, only: Collection[int]) -> tuple[LooseSheet, Reading]:
    kept = award_file.rows.exclude(outcome=AwardFileRow.Outcome.LEFT).order_by("number")
    orders = award_file.orders
    if only:  # a few rows do not tell by themselves how the column is written
        kept, orders = kept.filter(number__in=only), {**_found_orders(award_file), **orders}
    rows = kept.values_list("number", "cells", "flaw")
    sheet = LooseSheet(
        tuple(award_file.header),
        tuple(LooseRow(*row) for row in rows),
        "" if award_file.is_workbook else award_file.encoding,
        counts_from_1904=award_file.counts_from_1904,
        told=tuple(Problem(**each) for each in award_file.told),
        read_as=tuple(award_file.read_as),
    )
    revision = revision_of(award_file.template)
    results, evidence = results_of(revision), revision.evidence_rule
    return sheet, Reading(award_file.columns, results, orders, evidence=evidence)


def _found_orders(award_file: AwardFile) -> dict[str, str]:
    """By field which of day and month comes first, as all rows have told."""
    return {
        name: order
        for name, told in award_file.days.items()
        for order in ("day first", "month first")
        if told.startswith(days.TOLD[order])
    }
