"""Credentials: find one, see everything that made it, take it back."""

import json
import re
import uuid
from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from issuer import tasks
from issuer.errors import NotIssued
from issuer.models import Batch, Credential, Release, SecuredDocument, StatusChange, StatusList
from issuer.models.credentials import CredentialQuerySet
from issuer.pages import Act, DeskAdmin, ThingPage, column, state_tag
from issuer.paging import keys_if_few
from issuer.services import batches, verification
from issuer.templatetags import tags
from issuer.vc import reading
from registrar.admin.corrections import ring
from registrar.models import Award, Learner
from registrar.services.awarding import award_skills, corrections, withdrawals

SEEN = "Verifiers see it as soon as the status list is published."


def _revoke(credential: Credential, reason: str, by: User) -> str:
    withdrawals.revoke(credential, reason=reason, by=by)
    tasks.publish_soon()
    return f"Revoked. {SEEN}"


def _suspend(credential: Credential, reason: str, by: User) -> str:
    withdrawals.suspend(credential, reason=reason, by=by)
    tasks.publish_soon()
    return f"Suspended. {SEEN}"


def _reinstate(credential: Credential, reason: str, by: User) -> str:
    withdrawals.reinstate(credential, reason=reason, by=by)
    tasks.publish_soon()
    return f"Reinstated. {SEEN}"


def _correct(credential: Credential, reason: str, by: User) -> str:
    award = Award.objects.filter(credential_id=credential.pk).first()
    if award is None:
        raise NotIssued("No award stands behind this credential, so it cannot be corrected here.")
    return ring(corrections.correct_award(award, by=by, reason=reason))


class CredentialPage(ThingPage):
    """One credential as its learner sees it, what a verifier says, and what made it."""

    model = Credential
    permission_required = "issuer.view_credential"
    template_name = "registrar/desk/credential.html"
    acts = {
        "revoke": Act("issuer.revoke_credential", _revoke, needs_confirmation=True),
        "suspend": Act("issuer.revoke_credential", _suspend, needs_confirmation=True),
        "correct": Act(corrections.MAKE, _correct),
        "reinstate": Act("issuer.revoke_credential", _reinstate, needs_confirmation=True),
    }

    def get_queryset(self) -> QuerySet[Credential]:
        return Credential.objects.with_state().select_related("batch", "achievement", "release")

    def get_title(self) -> str:
        return self.object.name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        credential = self.object
        signed = SecuredDocument.objects.filter(verifiable_credential__credential=credential)
        secured = signed.whole().first()
        body = secured.body if secured else credential.document
        award = (
            Award.objects.filter(credential_id=credential.pk)
            .select_related(
                "learner", "revision", "template__unit", "decided_by", "batch", "offering__term"
            )
            .first()
        )
        forms = credential.verifiable_credentials.select_related("key", "status_list").defer(
            "status_list__permutation"
        )
        is_for_suspension = any(
            form.status_list.purpose == StatusList.Purpose.SUSPENSION for form in forms
        )
        changes = list(
            StatusChange.objects.filter(
                verifiable_credential__credential=credential
            ).select_related("by")
        )
        may_change = withdrawals.may_revoke(self.user, credential, award)
        return super().get_context_data(
            award=award,
            learned=award_skills.shown(award) if award else None,
            forms=forms,
            changes=changes,
            is_for_suspension=is_for_suspension,
            secured=secured,
            document=json.loads(body),
            facts=reading.read(json.loads(body)),
            report=verification.verify(body.encode()) if secured else None,
            failure=batches.why_failed(credential.batch_id, credential.position),
            offered=_offered(credential, changes, is_for_suspension) if may_change else [],
            may_correct=award is not None
            and credential.state == Credential.State.VALID
            and Award.objects.standing().filter(pk=award.pk).exists()
            and corrections.may_correct(self.user, award),
            former=_with_credential(award).first() if award else None,
            newer=Award.objects.not_declined().after(award.pk).first() if award else None,
            **kwargs,
        )


def _with_credential(award: Award) -> "QuerySet[Award]":
    """The awards before it of which there is a credential, the last first."""
    return Award.objects.before(award.pk).filter(credential_id__in=Credential.objects.values("pk"))


def _offered(
    credential: Any, changes: Sequence[StatusChange], is_for_suspension: bool
) -> list[str]:
    """The acts that are possible now."""
    if credential.state in (Credential.State.FAILED, Credential.State.REVOKED):
        return []
    if not is_for_suspension:
        return ["revoke"]
    is_suspended = bool(changes) and changes[-1].act == "suspended"
    return ["reinstate" if is_suspended else "suspend", "revoke"]


class Standing(admin.SimpleListFilter):
    """In which state a credential is."""

    title = "state"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [(state.value, tags.STATES[state].word) for state in Credential.State]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        asked = self.value()
        if asked not in Credential.State.values:
            return queryset
        found = cast(CredentialQuerySet, queryset).in_state(Credential.State(asked))
        if asked == Credential.State.REQUESTED:
            # Only a batch at work has such; without this word every credential is looked at.
            return found.filter(batch__state=Batch.State.APPROVED)
        return found


class Expiring(admin.SimpleListFilter):
    """Those that are valid and will not be for long."""

    title = "end"
    parameter_name = "expires"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [("soon", "Expires within 30 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "soon":
            return queryset
        soon = Credential.objects.expiring_soon()
        return queryset.filter(pk__in=soon.values("pk"))


@admin.register(Credential)
class CredentialAdmin(DeskAdmin):
    """Every credential that was ever requested."""

    lede = "Find a credential by its id or link, or by the learner to whom it was awarded."
    empty = "Approve a batch: its credentials appear here."
    list_display = (
        "what",
        "condition",
        "learner",
        "batch",
        column("requested_at", "requested"),
        "short_id",
    )
    list_filter = (Standing, Expiring)
    list_select_related = ("achievement", "batch")
    search_fields = ("pk",)
    search_help_text = "Id, link to it, or name or number of a learner"
    ordering = ("-requested_at", "position")
    thing_page = CredentialPage

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credential]:
        return cast(CredentialQuerySet, super().get_queryset(request)).with_state()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Credential], search_term: str
    ) -> tuple[QuerySet[Credential], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        awarded = Award.objects.filter(learner__in=Learner.objects.matching(text))
        named = _by_id(text) | _by_address(text) | Q(composed_id=text)
        held = Q(pk__in=keys_if_few(awarded, "credential_id"))
        # Joined by OR they are slow together, and few words are the beginning of an id.
        is_named = Credential.objects.filter(named).exists()
        return queryset.filter(named | held if is_named else held), False

    def complete(self, rows: Sequence[Any]) -> None:
        """Name the learner of each."""
        learners = {
            award.credential_id: award.learner.name
            for award in Award.objects.filter(
                credential_id__in=[row.pk for row in rows]
            ).select_related("learner")
        }
        for row in rows:
            row.learner_name = learners.get(row.pk, "")

    @admin.display(description="credential", ordering="achievement__document__name")
    def what(self, credential: Credential) -> str:
        return credential.name

    @admin.display(description="state")
    def condition(self, credential: Any) -> str:
        return state_tag(credential.state)

    @admin.display(description="learner")
    def learner(self, credential: Any) -> str:
        return format_html("<bdi>{}</bdi>", credential.learner_name)

    @admin.display(description="id")
    def short_id(self, credential: Credential) -> str:
        return format_html("<code>{}…</code>", str(credential.pk)[:8])


def _by_id(text: str) -> Q:
    """Those whose id begins like this, with or without hyphens, `urn:uuid:` and an ellipsis."""
    digits = text.lower().removeprefix("urn:uuid:").rstrip("…").replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{1,32}", digits):
        return Q(pk__in=[])
    return Q(pk__range=(uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))))


def _by_address(text: str) -> Q:
    """The one whose page or file has this address, as it stands in mails and below QR codes."""
    found = re.search(r"/credentials/([\w-]{43})(?:[/?#]|$)", text, re.ASCII)
    if not found:
        return Q(pk__in=[])
    return Q(pk__in=list(Release.objects.filter(address=found[1]).values_list("pk", flat=True)))
