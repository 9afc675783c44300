"""Tell learners by mail where the credentials are that they were issued."""

from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from issuer.models import Batch, Credential, Mail, Release
from issuer.models.batches import failed_row
from registrar.models import Announcement, Award, AwardMail
from registrar.models.awards import OVER
from registrar.services.awarding import learner_mails
from registrar.services.deciding import stacks

State = Credential.State

# So many are written in one transaction.
AT_ONCE: Final = 200


def announce(batch: Batch) -> Announcement:
    """Let the learners of a batch be told when it is issued. To ask again changes nothing."""
    return Announcement.objects.get_or_create(batch=batch)[0]


def is_announced(batch: Batch) -> bool:
    """Whether the learners of a batch are told, or were."""
    return Announcement.objects.filter(batch=batch).exists()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the mails of a batch are: how many to come, without an address, in which state."""

    to_come: int
    no_address: int
    states: dict[str, int]


def standing(batch: Batch) -> Standing | None:
    """Where the mails of a batch stand; None if its learners are not told."""
    announcement = Announcement.objects.filter(batch=batch).first()
    if announcement is None:
        return None
    made = Award.objects.filter(batch=batch).order_by()
    states = learner_mails.states(made.exclude(announced=None), at="announced__mail")
    unwritten = made.filter(announced=None)
    no_address = unwritten.filter(learner__email="").count() + states.pop(None, 0)
    written = {state: count for state, count in states.items() if state is not None}
    to_come: Any = unwritten.exclude(learner__email="")
    if announcement.told_at is not None or batch.state == Batch.State.DECLINED:
        to_come = to_come.none()
    elif batch.state == Batch.State.ISSUED:
        to_come = to_come.with_state().exclude(state__in=OVER)
    return Standing(to_come.count(), no_address, written)


def write_some() -> int:
    """Write some of the mails that are due; how many. 0 when none is left for now.

    One plain mail to each learner, once, when the credential is valid: where it is suspended, when
    it is reinstated. Who was revoked meanwhile, and who has no address, gets none.
    """
    for announcement in _unfinished():
        if written := _write_some_of(announcement):
            return written
    return 0


def are_left() -> bool:
    """Whether somebody should ring for them."""
    return _unfinished().exists()


def _unfinished() -> QuerySet[Announcement]:
    return Announcement.objects.filter(
        told_at=None, batch__state__in=[Batch.State.APPROVED, Batch.State.ISSUED]
    )


@transaction.atomic
def _write_some_of(announcement: Announcement) -> int:
    # Locked, because two who write at the same moment would write to the same people twice.
    held = Announcement.objects.select_for_update(of=("self",)).select_related("batch")
    batch = held.get(pk=announcement.pk).batch
    had_before = Award.objects.not_declined().before(OuterRef("pk")).filter(~failed_row())
    untold = Award.objects.filter(batch=batch, announced=None).exclude(learner__email="")
    valid = untold.annotate(follows=Exists(had_before)).with_state().filter(state=State.VALID)
    in_full = valid.select_related("learner", "revision", "template")
    due = list(in_full.order_by("position")[:AT_ONCE])
    pages = Release.objects.in_bulk([award.credential_id for award in due])
    sender = learner_mails.sender()
    part_of = stacks.led_to({award.template.slug for award in due})
    AwardMail.objects.bulk_create(
        AwardMail(
            award=award,
            mail=_write(
                award,
                pages[award.credential_id].url,
                sender,
                [stack.name for stack in part_of.get(award.template.slug, ())],
            ),
        )
        for award in due
    )
    is_suspended = untold.with_state().filter(state=State.SUSPENDED)
    is_last = batch.state == Batch.State.ISSUED and len(due) < AT_ONCE
    if is_last and not is_suspended.exists():
        Announcement.objects.filter(pk=announcement.pk).update(told_at=Now())
    return len(due)


def _write(award: Any, page: str, sender: dict[str, str], part_of: list[str]) -> Mail | None:
    text = learner_mails.text(
        award,
        "credential",
        page=page,
        replaces=award.follows and not award.renewal,
        renews=bool(award.renewal),
        part_of=part_of,
        **sender,
    )
    return learner_mails.write(
        award,
        why="credential.issued",
        subject="Your credential",
        text=text,
        link=stacks.path_for(award.learner) if part_of else "",
    )
