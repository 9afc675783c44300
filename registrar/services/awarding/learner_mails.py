"""Mails to learners about their awards: how each begins, in whose name it is, and whom to ask.

They go to the address that the learner has when they are sent, not to one that they had before.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Count, QuerySet
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string

from issuer.errors import BadAddress
from issuer.models import Institution, Mail
from issuer.services import ledger, outbox
from registrar.models import Award, Learner
from registrar.services.deciding import stacks
from registrar.services.learners import learner_access

_QUERY: Final = 1_000


def sender() -> dict[str, str]:
    """In whose name mails go and where learners may ask: asked once for all that are written."""
    institution = Institution.objects.first()
    if institution is None:
        return {"institution": "The college", "contact": ""}
    return {"institution": institution.name, "contact": institution.email}


def text(award: Award, template: str, **words: Any) -> str:
    """What a mail about an award says; `words` are those of the template, and of the sender."""
    about = {"learner": award.learner.name, "title": award.revision.name}
    written = render_to_string(f"registrar/mail/{template}.txt", about | words)
    # What Django renders counts as HTML that is safe; a mail is plain text, which pages escape.
    return "".join([written])


def write(award: Award, *, why: str, subject: str, text: str, link: str = "") -> Mail | None:
    """Put a mail about an award into the outbox; None where the learner's address is none.

    What follows the colon of its subject is what the credential is called.
    """
    learner = award.learner
    try:
        return outbox.write(
            to=learner.email,
            to_name=learner.name,
            subject=f"{subject}: {award.revision.name}"[:300],
            text=text,
            why=why,
            about=award,
            link=link,
        )
    except BadAddress:
        return None


def states(mails: QuerySet[Any], *, at: str = "mail") -> dict[str | None, int]:
    """How many mails are in which state; of one that went to another address, or again, that one.

    `at` is the path to the mail from the rows asked.
    """
    state = Coalesce(f"{at}__repeats__state", f"{at}__state")
    return dict(mails.order_by().values_list(state).annotate(Count("pk")))


def move(addresses: Mapping[int, str]) -> None:
    """Leave the old addresses of learners who are about to get these other ones, in every way.

    What these have opened is ended, and mails that wait for them go to the new ones; where there
    is none they do not go. For who writes addresses, in their transaction and before
    they do.
    """
    redirect({pk: addresses[pk] for pk in learner_access.end_where_moved(addresses)})


def redirect(addresses: Mapping[int, str]) -> None:
    """Have mails that wait for learners go to these addresses; where there is none they do not go.

    For who has ended what the old ones had opened.
    """
    keys = list(addresses)
    for start in range(0, len(keys), _QUERY):
        learners = Learner.objects.in_bulk(keys[start : start + _QUERY])
        owners = {ledger.name_of(learner): learner for learner in learners.values()}
        for award in Award.objects.filter(learner__in=learners):
            owners[ledger.name_of(award)] = learners[award.learner_id]
        waiting = Mail.objects.select_for_update().filter(
            state=Mail.State.QUEUED, about__in=list(owners)
        )
        for mail in waiting:
            learner = owners[mail.about]
            link = stacks.path_for(learner) if mail.link else ""
            outbox.redirect(mail, to=addresses[learner.pk], to_name=learner.name, link=link)
