"""Tell learners by mail where the credential is that they were issued from a file."""

from typing import Final, cast

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string

from issuer.errors import BadAddress
from issuer.models import Batch, Credential, Institution, Release
from issuer.services import outbox
from registrar.models import Award, AwardFile, AwardFileRow

# So many are written in one transaction.
AT_ONCE: Final = 200


def write_some() -> int:
    """Write some of the mails that are due; how many. 0 when none is left for now.

    One plain mail to each learner, once, when the credential can be opened; who was revoked
    meanwhile, and who has no address, gets none.
    """
    for award_file in _unfinished():
        if written := _write_some_of(award_file):
            return written
    return 0


def are_left() -> bool:
    """Whether somebody should ring for them."""
    return _unfinished().exists()


def _unfinished() -> QuerySet[AwardFile]:
    return AwardFile.objects.filter(
        sends_mail=True,
        mailed_at=None,
        batch__state__in=[Batch.State.APPROVED, Batch.State.ISSUED],
    ).order_by("prepared_at")


@transaction.atomic
def _write_some_of(award_file: AwardFile) -> int:
    # Locked, because two who write at the same moment would write to the same people twice.
    award_file = AwardFile.objects.select_for_update(of=("self",)).get(pk=award_file.pk)
    batch = cast(Batch, award_file.batch)
    valid = (
        Award.objects.filter(batch=batch, file_row__mail=None)
        .with_state()
        .filter(state=Credential.State.VALID)
        .exclude(learner__email="")
        .select_related("learner", "revision", "file_row")
        .order_by("position")[:AT_ONCE]
    )
    due = list(valid)
    pages = Release.objects.in_bulk([award.credential_id for award in due])
    institution = Institution.objects.first()
    name = institution.name if institution else "The college"
    rows = [row for award in due if (row := _write(award, pages[award.credential_id].url, name))]
    AwardFileRow.objects.bulk_update(rows, ["mail"])
    if batch.state == Batch.State.ISSUED and len(due) < AT_ONCE:
        AwardFile.objects.filter(pk=award_file.pk).update(mailed_at=Now())
    return len(rows)


def _write(award: Award, page: str, institution: str) -> AwardFileRow | None:
    learner, title = award.learner, award.revision.name
    words = {"learner": learner.name, "institution": institution, "title": title, "page": page}
    try:
        mail = outbox.write(
            to=learner.email,
            to_name=learner.name,
            subject=f"Your credential: {title}"[:300],
            text=render_to_string("registrar/mail/credential.txt", words),
            why="credential.issued",
            about=award,
        )
    except BadAddress:
        return None
    row = award.file_row
    row.mail = mail
    return row
