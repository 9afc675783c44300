"""Award from a file or a choice of learners: look at what would come of it, prepare a batch."""

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from issuer.errors import Refusal, WrongState
from issuer.models import Batch
from issuer.services import clock, ledger
from issuer.services.clients import Actor, Client
from registrar.errors import ImportRefused, PlanOutdated
from registrar.models import (
    Award,
    AwardFile,
    AwardFileRow,
    CredentialTemplate,
)
from registrar.readers import award_rows, loose_sheet
from registrar.readers.award_records import Reading
from registrar.readers.loose_sheet import LooseSheet
from registrar.services.awarding import (
    award_file_awards,
    award_file_plan,
    award_file_reading,
    award_file_rows,
    award_mails,
    awards,
    chosen_awards,
    composition,
    learner_choices,
)
from registrar.services.awarding.award_file_plan import Plan
from registrar.services.awarding.award_file_reading import Tell
from registrar.services.awarding.award_file_rows import AT_ONCE
from registrar.services.awarding.chosen_awards import Common
from registrar.services.awarding.learner_choices import Choice
from registrar.services.college import people, roles, sources, uploads
from registrar.services.learners import same_people
from skills.readers.errors import Unreadable

State = AwardFile.State
Outcome = AwardFileRow.Outcome
Duplicates = AwardFile.Duplicates

PERMISSION: Final = "issuer.prepare_batch"
# Preparing that ends its worker so often is not tried again.
MOST_TRIES: Final = 3
_NOBODY: Final = "No row of the file awards anybody."

log = logging.getLogger(__name__)


@transaction.atomic
def take(
    data: bytes,
    *,
    template: CredentialTemplate,
    by: Actor | None,
    file_name: str,
    duplicates: str = Duplicates.SKIP,
    sends_mail: bool | None = None,
    orders: Mapping[str, str] | None = None,
    encoding: str = "",
) -> AwardFile:
    """Take in a file, for `look` to read: in the same process or by a worker.

    Raises WrongState where no revision of the template is approved, and ImportRefused for a file
    that is far too large. Without `by` it is a command on the server. Learners are told by mail
    as `sends_mail` has it, without it as the revision says.
    """
    _demand(template, by=by, duplicates=duplicates)
    revision = award_file_reading.revision_of(template)
    if len(data) > loose_sheet.MAX_BYTES:
        raise ImportRefused(
            f"The file is larger than {loose_sheet.MAX_BYTES >> 20} MiB. Give it in parts."
        )
    return AwardFile.objects.create(
        template=template,
        file_name=file_name[:300],
        sha256=hashlib.sha256(data).hexdigest(),
        content=data,
        encoding=encoding,
        orders=dict(orders or {}),
        duplicates=duplicates,
        sends_mail=revision.tells_learners if sends_mail is None else sends_mail,
        read_by=by if isinstance(by, User) else None,
        client=by.name if isinstance(by, Client) else "",
    )


@transaction.atomic
def choose(
    choice: Choice,
    *,
    template: CredentialTemplate,
    by: User,
    common: Common,
    duplicates: str = Duplicates.SKIP,
    sends_mail: bool | None = None,
) -> AwardFile:
    """Take in learners by what is on record, for `look` to find them, as it reads a file.

    Raises WrongState where no revision of the template is approved, and ImportRefused for a
    choice that asks nothing and for what these credentials cannot say.
    """
    _demand(template, by=by, duplicates=duplicates)
    if choice.is_blank:
        raise ImportRefused("Say whom you mean: nothing is asked for.")
    revision = award_file_reading.revision_of(template)
    chosen_awards.demand(common, revision, today=timezone.localdate(clock.now()))
    told = learner_choices.in_words(choice)
    return AwardFile.objects.create(
        template=template,
        file_name=told[:300],
        chosen={"choice": choice.as_data(), "common": common.as_data(), "told": told},
        duplicates=duplicates,
        sends_mail=revision.tells_learners if sends_mail is None else sends_mail,
        read_by=by,
    )


def look(award_file: AwardFile, *, tell: Tell | None = None) -> AwardFile:
    """Read a file that was taken in, or find who was chosen, and keep the rows.

    What was read already stays as it is. `tell` hears now and then how many rows were looked at;
    by itself `looked_at` tells it.
    """
    if award_file.state != State.READING:
        return award_file
    if award_file.chosen:
        return _look_at_chosen(award_file, tell or _counter(award_file))
    if award_file.content is None:
        return award_file
    file, revision = award_file.file_name, award_file_reading.revision_of(award_file.template)
    try:
        content, encoding = bytes(award_file.content), award_file.encoding
        sheet = award_rows.opened(
            content, award_file_reading.results_of(revision), encoding=encoding
        )
    except Unreadable as error:
        _keep_refusal(award_file, award_rows.unreadable(error, file))
        return award_file
    AwardFile.objects.filter(pk=award_file.pk).update(total=len(sheet.rows))
    reading = award_file_reading.reading_of(sheet, revision, award_file.orders)
    planned = award_file_reading.planned_of(
        sheet,
        reading,
        revision=revision,
        duplicates=award_file.duplicates,
        file=file,
        file_id=award_file.pk,
        tell=tell or _counter(award_file),
    )
    _keep(award_file, sheet, reading, planned)
    return award_file


@transaction.atomic
def describe(
    award_file: AwardFile,
    *,
    by: Actor | None,
    columns: Mapping[str, str] | None = None,
    orders: Mapping[str, str] | None = None,
    duplicates: str | None = None,
    sends_mail: bool | None = None,
) -> AwardFile:
    """Say what the columns hold, whether day or month comes first, what is done about duplicates.

    What is None stays. Every row is looked at anew. Raises WrongState for a file that does not
    wait, and ImportRefused for columns that it does not have.
    """
    _lock(award_file)
    _demand(award_file.template, by=by, duplicates=duplicates or award_file.duplicates)
    if columns is not None and not award_file.chosen:
        if unknown := [name for name in columns.values() if name not in award_file.header]:
            raise ImportRefused(f"The file has no column {', '.join(unknown)[:200]}.")
        award_file.columns = dict(columns)
    if orders is not None:
        award_file.orders = dict(orders)
    award_file.duplicates = duplicates or award_file.duplicates
    if sends_mail is not None:
        award_file.sends_mail = sends_mail
    award_file.save(update_fields=["columns", "orders", "duplicates", "sends_mail"])
    ledger.append("award_file.described", award_file, by=by or "system")
    _look_again(award_file)
    return award_file


@transaction.atomic
def mend(
    award_file: AwardFile, cells: Mapping[int, Sequence[str]], *, by: Actor | None
) -> AwardFile:
    """Write these rows anew, by their numbers, and look at all of them again.

    Raises WrongState for a file that does not wait, and ImportRefused for cells that there are
    not.
    """
    _lock(award_file)
    _demand(award_file.template, by=by, duplicates=award_file.duplicates)
    if award_file.chosen:
        raise ImportRefused("These rows say what is on record. It is corrected there.")
    rows = list(award_file.rows.filter(number__in=cells))
    width = len(award_file.header)
    if len(rows) < len(cells) or any(len(written) != width for written in cells.values()):
        raise ImportRefused("The file has no such row, or it has another number of cells.")
    for row in rows:
        row.cells, row.flaw = list(map(loose_sheet.kept, cells[row.number])), ""
    award_file_rows.write_again(rows, "cells", "flaw")
    details = {"rows": sorted(cells)[:AT_ONCE]}
    ledger.append("award_file.mended", award_file, by=by or "system", details=details)
    _look_again(award_file)
    return award_file


@transaction.atomic
def leave_out(
    award_file: AwardFile,
    numbers: Collection[int],
    *,
    by: Actor | None,
    take_in: Collection[int] = (),
) -> AwardFile:
    """Leave these rows out, and take those in again that were left out; look at all anew.

    Raises WrongState for a file that does not wait.
    """
    _lock(award_file)
    _demand(award_file.template, by=by, duplicates=award_file.duplicates)
    left = award_file.rows.filter(outcome=Outcome.LEFT, number__in=take_in)
    left.update(outcome=Outcome.WRONG)
    award_file.rows.filter(number__in=numbers).update(outcome=Outcome.LEFT, problems=[])
    for act, rows in (("rows_left_out", numbers), ("rows_taken_in", take_in)):
        if rows:
            details = {"rows": sorted(rows)[:AT_ONCE]}
            ledger.append(f"award_file.{act}", award_file, by=by or "system", details=details)
    _look_again(award_file)
    return award_file


@transaction.atomic
def prepare(award_file: AwardFile, *, by: Actor | None, name: str = "") -> Batch:
    """Award everyone whom a right row names, as a batch for a second person to approve.

    People whom nobody knows become learners. Rows with errors and those issued already are left
    out. Raises PlanOutdated if something else would come of it than was looked at, WrongState for
    a file that does not wait, and ImportRefused if nobody is left.
    """
    return _prepare(award_file, by=by, name=name, state=State.READ)


@transaction.atomic
def ask_to_prepare(award_file: AwardFile, *, by: User, name: str = "") -> AwardFile:
    """Have a worker prepare the batch in this person's name, as many rows take their time.

    Raises WrongState for a file that does not wait, and ImportRefused if nobody is left.
    """
    _demand(award_file.template, by=by, duplicates=award_file.duplicates)
    _lock(award_file)
    if not any(award_file.counts.get(each) for each in AwardFileRow.AWARDING):
        raise ImportRefused(_NOBODY)
    award_file.state, award_file.asked_by, award_file.batch_name = State.PREPARING, by, name[:200]
    award_file.refusal, award_file.tries = "", 0
    award_file.save(update_fields=["state", "asked_by", "batch_name", "refusal", "tries"])
    return award_file


def prepare_asked(file_id: UUID | str) -> Batch | None:
    """Prepare the batch that somebody asked for. One worker at a time does.

    None where another does it, and where it is refused: then the file waits again, and says why.
    """
    with transaction.atomic():
        award_file = _asked(file_id)
        if award_file is None:
            return None
        award_file.tries += 1
        award_file.save(update_fields=["tries"])
    with transaction.atomic():
        award_file = _asked(file_id)
        if award_file is None:
            return None
        try:
            if award_file.tries > MOST_TRIES:
                raise WrongState("Preparing the batch has failed again and again.")
            with transaction.atomic():
                by, name = award_file.asked_by, award_file.batch_name
                return _prepare(award_file, by=by, name=name, state=State.PREPARING)
        except (OperationalError, InterfaceError):
            raise  # it is tried again when the database answers
        except Refusal as error:
            said = str(error)
        except Exception:  # whoever asked must not wait for ever
            log.exception("award file %s: preparing its batch broke", award_file.pk)
            said = "It broke in an unforeseen way. Ask an operator to see the log of the worker."
        waiting = AwardFile.objects.filter(pk=award_file.pk, state=State.PREPARING)
        waiting.update(state=State.READ, refusal=said[:500])
    return None


def unprepared() -> list[UUID]:
    """The files of which somebody asked for a batch, for which somebody should ring."""
    return list(AwardFile.objects.filter(state=State.PREPARING).values_list("pk", flat=True))


def _asked(file_id: UUID | str) -> AwardFile | None:
    """The file, held until the commit; None where it waits for no batch or somebody holds it."""
    waiting = AwardFile.objects.filter(pk=file_id, state=State.PREPARING)
    held = waiting.select_for_update(skip_locked=True, of=("self",))
    return held.select_related("template__unit", "asked_by").defer("content").first()


def _prepare(award_file: AwardFile, *, by: Actor | None, name: str, state: str) -> Batch:
    _demand(award_file.template, by=by, duplicates=award_file.duplicates)
    _lock(award_file, state=state)
    sources.hold(award_file_plan.SOURCE)
    same_people.hold(award_file_plan.SOURCE)
    revision = award_file_reading.revision_of(award_file.template)
    awards.hold(revision)
    planned = award_file_reading.plan_of(award_file)
    if planned.fingerprint != award_file.fingerprint:
        raise PlanOutdated("Something has changed since the file was looked at. Look at it again.")
    to_award = [row for row in planned.rows if row.awards]
    if not to_award:
        raise ImportRefused(_NOBODY)
    batch = award_file_awards.as_batch(award_file, revision, to_award, by=by, name=name)
    claimed = AwardFile.objects.filter(pk=award_file.pk, state=state)
    if not claimed.update(state=State.PREPARED, batch=batch, prepared_at=timezone.now()):
        raise WrongState
    award_file.refresh_from_db(fields=["state", "batch", "prepared_at"])
    if award_file.sends_mail:
        award_mails.announce(batch)
    details = {"batch": str(batch.pk), "sha256": award_file.sha256} | award_file.counts
    if award_file.chosen:
        details |= {"chosen": award_file.chosen["told"]}
    ledger.append("award_file.prepared", award_file, by=by or "system", details=details)
    return batch


@transaction.atomic
def discard(award_file: AwardFile, *, by: Actor | None) -> AwardFile:
    """Put a file aside for good and forget its rows. Raises WrongState where a batch is of it."""
    _demand(award_file.template, by=by, duplicates=Duplicates.SKIP)
    waiting = AwardFile.objects.filter(
        pk=award_file.pk, state__in=[State.READING, State.READ, State.REFUSED]
    )
    if not waiting.update(state=State.DISCARDED, content=None):
        raise WrongState
    award_file.rows.all().delete()
    award_file.refresh_from_db(fields=["state"])
    ledger.append("award_file.discarded", award_file, by=by or "system")
    return award_file


def discard_late(*, at: datetime | None = None) -> int:
    """Discard the files of which nobody has made a batch in time; how many."""
    waiting = AwardFile.objects.filter(state__in=[State.READING, State.READ, State.REFUSED])
    late = list(waiting.filter(read_at__lt=uploads.expiry(at=at)).defer("content"))
    for award_file in late:
        with suppress(WrongState):  # somebody has made a batch of it meanwhile
            discard(award_file, by=None)
    return len(late)


def unread() -> list[UUID]:
    """The files that were taken in and that nobody has read, for which somebody should ring."""
    taken_in = Q(content__isnull=False) | ~Q(chosen={})
    waiting = AwardFile.objects.filter(taken_in, state=State.READING)
    return list(waiting.values_list("pk", flat=True))


def samples(award_file: AwardFile) -> list[tuple[str, dict[str, Any]]]:
    """What the credentials of the first, a middle and the last row would say, with the names.

    Nothing of it is kept. Raises what composing raises.
    """
    to_award = award_file.rows.filter(outcome__in=AwardFileRow.AWARDING)
    numbers = list(to_award.order_by("number").values_list("number", flat=True))
    if not numbers:
        return []
    only = {numbers[at] for at in (0, len(numbers) // 2, -1)}
    chosen = [row for row in award_file_reading.plan_of(award_file, only=only).rows if row.awards]
    with transaction.atomic():
        batch = Batch.objects.create(name="-", count=len(chosen), prepared_by=people.nobody())
        revision = award_file_reading.revision_of(award_file.template)
        award_file_awards.grant(award_file, revision, chosen, batch.pk, by=None)
        found = Award.objects.filter(batch=batch)
        documents = [each.said() for each in composition.compose(found)]
        names = [each.learner.name for each in found.order_by("position")]
        transaction.set_rollback(True)
    return list(zip(names, documents, strict=True))


def _counter(award_file: AwardFile) -> Tell:
    def tell(count: int) -> None:
        AwardFile.objects.filter(pk=award_file.pk).update(looked_at=count)

    return tell


# Keeping


def _look_at_chosen(award_file: AwardFile, tell: Tell) -> AwardFile:
    try:
        rows = chosen_awards.rows(award_file)
    except ImportRefused as error:
        problem = award_rows.unreadable(Unreadable("no_rows", str(error), ""), "")
        _keep_refusal(award_file, problem)
        return award_file
    AwardFile.objects.filter(pk=award_file.pk).update(total=len(rows))
    meant = {row.number: row.learner.pk for row in rows if row.learner}
    _keep_chosen(award_file, rows, award_file_reading.plan_of_chosen(award_file, meant, tell=tell))
    return award_file


@transaction.atomic
def _keep_chosen(award_file: AwardFile, rows: Sequence[AwardFileRow], planned: Plan) -> None:
    _lock(award_file, state=State.READING)
    by_number = {row.number: row for row in planned.rows}
    for row in rows:
        award_file_rows.settle(row, by_number[row.number])
    AwardFileRow.objects.bulk_create(rows, batch_size=AT_ONCE)
    award_file.state = State.READ
    award_file.header = list(chosen_awards.COLUMNS.values())
    award_file.columns = dict(chosen_awards.COLUMNS)
    award_file.total = award_file.looked_at = len(rows)
    _tell_plan(award_file, planned)
    award_file.save()


def _keep_refusal(award_file: AwardFile, problem: Any) -> None:
    waiting = AwardFile.objects.filter(pk=award_file.pk, state=State.READING)
    waiting.update(state=State.REFUSED, problems=[asdict(problem)], content=None)
    award_file.refresh_from_db()


@transaction.atomic
def _keep(award_file: AwardFile, sheet: LooseSheet, reading: Reading, planned: Plan) -> None:
    _lock(award_file, state=State.READING)
    cells = {row.number: row for row in sheet.rows}
    if planned.is_fatal:
        # Nothing is known of the rows before somebody has said what the columns hold.
        rows = [award_file_rows.row_of(award_file, cells[number], None) for number in cells]
    else:
        rows = [award_file_rows.row_of(award_file, cells[row.number], row) for row in planned.rows]
    AwardFileRow.objects.bulk_create(rows, batch_size=AT_ONCE)
    award_file.state, award_file.content = State.READ, None
    award_file.encoding = sheet.encoding
    award_file.is_workbook = sheet.is_workbook
    award_file.counts_from_1904 = sheet.counts_from_1904
    award_file.header = list(sheet.header)
    award_file.told = [asdict(problem) for problem in sheet.told]
    award_file.read_as = list(sheet.read_as)
    award_file.columns, award_file.orders = dict(reading.columns), dict(reading.orders)
    award_file.total = award_file.looked_at = len(rows)
    _tell_plan(award_file, planned)
    award_file.save()


def _look_again(award_file: AwardFile, *, tell: Tell | None = None) -> None:
    planned = award_file_reading.plan_of(award_file, tell=tell)
    by_number = {row.number: row for row in planned.rows}
    changed = [
        row
        for row in award_file.rows.all()
        if row.number in by_number and award_file_rows.settle(row, by_number[row.number])
    ]
    award_file_rows.write_again(changed, "outcome", "problems", "learner")
    _tell_plan(award_file, planned)
    award_file.refusal = ""
    award_file.save(update_fields=["counts", "problems", "days", "fingerprint", "refusal"])


def _tell_plan(award_file: AwardFile, planned: Plan) -> None:
    left = award_file.rows.filter(outcome=Outcome.LEFT).count()
    award_file.counts = planned.counts | {str(Outcome.LEFT): left}
    award_file.problems = [asdict(problem) for problem in planned.problems]
    award_file.days = dict(planned.days)
    award_file.fingerprint = "" if planned.is_fatal else planned.fingerprint


def _demand(template: CredentialTemplate, *, by: Actor | None, duplicates: str) -> None:
    """Who replaces credentials also takes them back. Systems may what their scope says."""
    if not isinstance(by, User):
        return
    roles.demand(by, PERMISSION, unit=template.unit)
    if duplicates == Duplicates.REPLACE:
        roles.demand(by, "issuer.revoke_credential", unit=template.unit)


def _lock(award_file: AwardFile, *, state: str = State.READ) -> None:
    """Let nobody else change the file until the commit; WrongState unless it is in this state."""
    waiting = AwardFile.objects.filter(pk=award_file.pk, state=state)
    if waiting.select_for_update().values_list("pk").first() is None:
        raise WrongState
    award_file.refresh_from_db(
        fields=["state", "columns", "orders", "duplicates", "sends_mail", "fingerprint"]
    )
