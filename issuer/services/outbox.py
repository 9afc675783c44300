"""The outbox: write a mail with what it tells, send it once, take note of what became of it.

A mail is sent at most once. The row says "being sent" before the mail server hears of it; where a
worker dies after that, or the server's answer is lost, nobody can know whether the mail has
arrived: it is kept as perhaps sent, and a person decides whether to send it again. What certainly
did not leave is tried again, for about three days.
"""

import logging
import smtplib
import time
from datetime import timedelta
from email.headerregistry import Address
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail as django_mail
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import models, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from issuer.errors import BadAddress, WrongState
from issuer.models import Institution, Mail
from issuer.readers.bounces import Report
from issuer.services import ledger, links

log = logging.getLogger(__name__)

State = Mail.State

# Minutes until the next try, about three days in all: RFC 5321, section 4.5.4.1 asks for patience.
BACK_OFF: Final = tuple(
    timedelta(minutes=each) for each in (1, 5, 15, 60, 180, 360, 720, 1440, 1440)
)
# While the mail server cannot be reached at all, nobody tries before this.
PAUSE: Final = timedelta(minutes=2)
# No task lasts as long; whoever was sending is dead.
LOST_AFTER: Final = timedelta(minutes=10)
# What failed longer ago than this nobody mends.
FAILURES_KEPT: Final = timedelta(days=30)
# RFC 3463, section 3.2: the address is at fault, and stays so.
_BAD_ADDRESS: Final = "5.1."
_MAX_ANSWER: Final = 500


def write(
    *,
    to: str,
    subject: str,
    text: str,
    why: str,
    to_name: str = "",
    about: models.Model | None = None,
    link: str = "",
    stop: str = "",
) -> Mail:
    """Write a mail in the caller's transaction: it goes if that is committed, and never before.

    `link` is the path of the page that the mail opens, `stop` the one that ends such mails; both
    are sealed when it is sent. `why` names what wrote it. To an address from which mail came back
    as unknown it is written and not sent. Raises BadAddress for what is no e-mail address.
    """
    return Mail.objects.create(
        to=_address(to),
        to_name=_on_one_line(to_name),
        subject=_on_one_line(subject),
        text=text,
        why=why,
        about="" if about is None else ledger.name_of(about),
        link=link,
        stop=stop,
        **_refusal(to),
    )


def may_be_repeated(mail: Mail) -> bool:
    """Whether nobody is about to send it, and it was not written again already."""
    is_over = mail.state not in (State.QUEUED, State.SENDING)
    return is_over and not mail.repeats.exists()


@transaction.atomic
def resend(mail: Mail, *, by: User, reason: str = "") -> Mail:
    """Write the same mail to the same address once more, even if mail came back from there.

    Raises WrongState while it waits, and if this was done before.
    """
    # Locked, so that of two people at the same button one does it.
    mail = Mail.objects.select_for_update().get(pk=mail.pk)
    if not may_be_repeated(mail):
        raise WrongState("It waits to be sent, or was sent again already.")
    repeated = Mail.objects.create(**{name: getattr(mail, name) for name in _WORDS}, again=mail)
    ledger.append("mail.resent", mail, by=by, reason=reason)
    return repeated


@transaction.atomic
def redirect(mail: Mail, *, to: str, to_name: str, link: str) -> Mail | None:
    """Write a mail that waits anew, for its recipient has another address; the first does not go.

    `link` is the path that it opens from now on. Where the new address is none, what is written is
    kept as not sent, for a person to look at. None where the mail waits no more.
    """
    waiting = Mail.objects.select_for_update().filter(pk=mail.pk, state=State.QUEUED).first()
    if waiting is None or waiting.repeats.exists():
        return None
    words = {name: getattr(waiting, name) for name in _WORDS}
    try:
        anew = {"to": _address(to), "to_name": _on_one_line(to_name), "link": link, **_refusal(to)}
    except BadAddress:
        said = "The address was changed before this was sent, and there is no other."
        anew = {"state": State.FAILED, "answer": said}
    return Mail.objects.create(**words | anew, again=waiting)


def is_waiting() -> bool:
    """Whether a mail is due, and there is a server to send it by."""
    return bool(settings.SENDS_MAIL) and _due().exists()


def send_due(*, seconds: float) -> None:
    """Send what is due, one mail after the other, for so many seconds at most.

    Not one transaction: each mail is claimed before, and marked after it has gone.
    """
    end = time.monotonic() + seconds
    while is_waiting() and time.monotonic() < end:
        line = django_mail.get_connection()
        try:
            line.open()
        except (smtplib.SMTPException, OSError) as error:
            _wait_for_the_server(error)
            return
        try:
            _send_by(line, end)
        finally:
            _hang_up(line)


def note_lost() -> int:
    """Keep as perhaps sent what somebody was sending who is no more; how many these are."""
    lost = Mail.objects.filter(state=State.SENDING, tried_at__lt=Now() - LOST_AFTER)
    said = "Whoever was sending it was stopped, so that nobody knows whether it has gone."
    return lost.update(state=State.UNSURE, answer=said)


def open_failures() -> QuerySet[Mail]:
    """The mails of late that have not or perhaps not arrived, and were not sent again."""
    return Mail.objects.filter(
        state__in=[State.FAILED, State.BOUNCED, State.UNSURE],
        written_at__gte=Now() - FAILURES_KEPT,
        repeats=None,
    )


@transaction.atomic
def take_report(report: Report) -> Mail | None:
    """Take note of what a mail server reports; None if we have sent no such mail.

    The same report again, and a late one about a mail that came back, change nothing.
    """
    sent = Mail.objects.filter(pk=report.mail, state__in=[State.SENT, State.UNSURE, State.SENDING])
    if report.is_final:
        sent.update(state=State.BOUNCED, status=report.status, answer=report.diagnosis)
        log.info("mail %s came back: %s", report.mail, report.status)
    else:
        sent.update(answer=f"Late: {report.diagnosis}")
    return Mail.objects.filter(pk=report.mail).first()


# Words

_WORDS: Final = ("to", "to_name", "subject", "text", "why", "about", "link", "stop")


def _address(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise BadAddress from None
    return text


def _on_one_line(text: str) -> str:
    """Without line breaks and other controls, which have no business in a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _refusal(to: str) -> dict[str, Any]:
    last = Mail.objects.filter(to__iexact=to, state__in=[State.SENT, State.BOUNCED]).order_by(
        "-written_at"
    )
    returned = last.first()
    if returned is None or not returned.status.startswith(_BAD_ADDRESS):
        return {}
    said = f"Mail to this address came back ({returned.status}). Correct the address where it is "
    return {"state": State.FAILED, "answer": said + "kept; or send this mail again all the same."}


# Sending


def _due() -> QuerySet[Mail]:
    return Mail.objects.filter(state=State.QUEUED, try_at__lte=Now()).order_by("try_at")


@transaction.atomic
def _claim() -> Mail | None:
    while mail := _due().select_for_update(skip_locked=True).first():
        held = Mail.objects.filter(pk=mail.pk)
        if not mail.repeats.exists():
            mail.attempts += 1
            held.update(state=State.SENDING, attempts=mail.attempts, tried_at=Now())
            return mail
        held.update(state=State.FAILED, answer="The address was changed before this was sent.")
    return None


def _send_by(line: Any, end: float) -> None:
    """Send by an open line until there is nothing left, time is over, or it fails."""
    institution = Institution.objects.first()
    while time.monotonic() < end and (mail := _claim()):
        try:
            line.send_messages([compose(mail, institution)])
        except (smtplib.SMTPException, OSError) as error:
            _fail(mail, error, has_left=getattr(line, "handed_over", True))
            return
        _settle(mail, state=State.SENT, sent_at=Now(), answer="")


def _hang_up(line: Any) -> None:
    try:
        line.close()
    except (smtplib.SMTPException, OSError) as error:
        log.info("the mail server did not say goodbye: %s", type(error).__name__)


def _wait_for_the_server(error: Exception) -> None:
    log.warning("the mail server cannot be reached: %s", type(error).__name__)
    said = f"The mail server cannot be reached: {error}"[:_MAX_ANSWER]
    _due().order_by().update(try_at=Now() + PAUSE, answer=said)


def _fail(mail: Mail, error: Exception, *, has_left: bool) -> None:
    code, said = _answer(error)
    log.warning("mail %s: try %d failed: %s", mail.pk, mail.attempts, code or type(error).__name__)
    is_refused = code >= 500 and not isinstance(error, smtplib.SMTPSenderRefused)
    if not code and has_left:
        _settle(mail, state=State.UNSURE, answer=f"The server's answer was lost: {said}")
    elif is_refused or mail.attempts > len(BACK_OFF):
        _settle(mail, state=State.FAILED, answer=said)
    else:
        wait = BACK_OFF[mail.attempts - 1]
        _settle(mail, state=State.QUEUED, try_at=Now() + wait, answer=said)


def _answer(error: Exception) -> tuple[int, str]:
    """The server's code, 0 where it gave none, and what it said."""
    code, said = 0, str(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        said = f"{code} {_text(words)}"
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, f"{error.smtp_code} {_text(error.smtp_error)}"
    return code, said[:_MAX_ANSWER]


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words


def _settle(mail: Mail, **now: Any) -> None:
    """Say what has become of a mail that we were sending; a report may have been faster."""
    Mail.objects.filter(pk=mail.pk, state=State.SENDING).update(**now)


def compose(mail: Mail, institution: Institution | None) -> EmailMessage:
    """The mail as it is sent: plain text, one link, who sends it and how to stop it."""
    name = institution.name if institution else ""
    body = [mail.text.strip()]
    if mail.link:
        body.append(links.seal(mail.link))
    foot = ["-- ", *filter(None, [name, institution.url if institution else ""])]
    headers = {
        "From": _named(settings.MAIL_FROM, name),
        # Stays the same over all tries; reports of delivery name it.
        "Message-ID": f"<{mail.pk}@{settings.MAIL_FROM.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday notes to us
    }
    if mail.stop:
        stop = links.seal(mail.stop)
        headers["List-Unsubscribe"] = f"<{stop}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        foot.append(f"To get no more of these mails: {stop}")
    return EmailMessage(
        subject=mail.subject,
        body="\n\n".join([*body, "\n".join(foot)]) + "\n",
        from_email=settings.MAIL_BOUNCES_TO,
        to=[_named(mail.to, mail.to_name)],
        reply_to=[institution.email] if institution and institution.email else [],
        headers=headers,
    )


def _named(address: str, name: str) -> str:
    return str(Address(display_name=_on_one_line(name), addr_spec=address)) if name else address
