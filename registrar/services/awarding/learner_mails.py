"""Mails to learners about their awards: how each begins, in whose name it is, and whom to ask."""

from typing import Any

from django.template.loader import render_to_string

from issuer.errors import BadAddress
from issuer.models import Institution, Mail
from issuer.services import outbox
from registrar.models import Award


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
