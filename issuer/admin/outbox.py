"""The outbox: every mail, whether it has gone, and once more to the same address."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.utils.html import format_html

from issuer import tasks
from issuer.models import Mail
from issuer.pages import (
    Act,
    DeskAdmin,
    StateFilter,
    ThingPage,
    column,
    state_tag,
    subject_in_words,
    subject_url,
)
from issuer.services import outbox
from issuer.templatetags.tags import act_in_words

# A mail says it its own way.
WORDS = {Mail.State.FAILED.value: "Not sent"}


def _send_again(mail: Mail, reason: str, user: User) -> str:
    outbox.resend(mail, by=user, reason=reason)
    tasks.post_soon()
    return "It is written once more, and goes with the next post."


class MailPage(ThingPage):
    """One mail: to whom, its words, what became of it. Its links are for the recipient alone."""

    model = Mail
    permission_required = "issuer.view_mail"
    template_name = "issuer/desk/mail.html"
    acts = {"again": Act("issuer.resend_mail", _send_again, needs_reason=False)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mail = self.object
        return super().get_context_data(
            why=act_in_words(mail.why),
            word=WORDS.get(mail.state, ""),
            subject=subject_in_words(mail.about),
            subject_url=subject_url(mail.about),
            repeat=mail.repeats.first(),
            may_send_again=outbox.may_be_repeated(mail)
            and self.user.has_perm("issuer.resend_mail"),
            **kwargs,
        )


class MailState(StateFilter):
    words = WORDS


class Why(admin.AllValuesFieldListFilter):
    """For what mails are written, as the list says it."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield choice | {"display": act_in_words(str(choice["display"]))}


@admin.register(Mail)
class MailAdmin(DeskAdmin):
    """Every mail that was written, the newest first."""

    title = "Outbox"
    lede = "Every mail, the newest first. What does not arrive is tried for three days."
    empty = "What is told to people by mail appears here."
    list_display = ("subject", "recipient", "reason", "state_now", column("written_at", "written"))
    list_filter = (("state", MailState), ("why", Why))
    search_fields = ("to", "to_name", "subject", "about")
    search_help_text = "Address, name or subject"
    thing_page = MailPage

    @admin.display(description="to", ordering="to")
    def recipient(self, mail: Mail) -> str:
        if not mail.to_name:
            return mail.to
        return format_html('<bdi>{}</bdi><div class="hint">{}</div>', mail.to_name, mail.to)

    @admin.display(description="why", ordering="why")
    def reason(self, mail: Mail) -> str:
        return act_in_words(mail.why)

    @admin.display(description="state", ordering="state")
    def state_now(self, mail: Mail) -> str:
        return state_tag(mail.state, WORDS.get(mail.state, ""))
