"""Mail: what is told to a person by e-mail, from the moment it is written."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Upper

from issuer.models.triggers import words_of_mails_do_not_change


class Mail(models.Model):
    """A mail to one person, written in the transaction of what it tells and sent afterwards.

    `link` and `stop` are paths of this service that are sealed only when the mail is sent, so that
    whoever reads this row holds no key to them. `about` names a row as the ledger does. The words
    never change; `answer` is what the mail server or a report of delivery said last.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waits to be sent"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        UNSURE = "unsure", "Perhaps sent"
        FAILED = "failed", "Not sent"
        BOUNCED = "bounced", "Came back"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    to = models.EmailField("address", max_length=320)
    to_name = models.CharField("name", max_length=300, blank=True)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    link = models.CharField(max_length=300, blank=True)
    stop = models.CharField(max_length=300, blank=True)
    why = models.CharField(max_length=60, help_text="What wrote it, for example digest.weekly")
    about = models.CharField(max_length=200, blank=True)
    again = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="repeats", help_text="The same mail before"
    )
    written_at = models.DateTimeField(db_default=Now(), editable=False)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_at = models.DateTimeField(db_default=Now(), editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    status = models.CharField(
        max_length=12, blank=True, help_text="RFC 3463, of one that came back"
    )
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["-written_at"]
        permissions = [("resend_mail", "Can send a mail once more")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(subject__regex=r"[[:cntrl:]]") & ~Q(to_name__regex=r"[[:cntrl:]]"),
                name="mail_headers_are_one_line",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False),
                name="sent_mail_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "failed"]) | Q(tried_at__isnull=False),
                name="mail_is_tried_before_it_is_sent",
            ),
        ]
        indexes = [
            models.Index(F("written_at").desc(), name="mails_newest_first"),
            models.Index(fields=["try_at"], condition=Q(state="queued"), name="mails_that_wait"),
            models.Index(
                fields=["tried_at"], condition=Q(state="sending"), name="mails_being_sent"
            ),
            models.Index(Upper("to"), name="mails_by_address"),
            models.Index(fields=["about"], name="mails_by_what_they_are_about"),
        ]
        triggers = words_of_mails_do_not_change

    def __str__(self) -> str:
        return self.subject
