"""Batches: look at what will be said, decide, and watch it being issued."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.views.generic import DetailView
from django_htmx.http import HttpResponseClientRefresh

from issuer import tasks as issuer_tasks
from issuer.errors import Refusal
from issuer.models import Batch, Credential, Mail, VerifiableCredential, condition_of_batch
from issuer.pages import (
    Act,
    DeskAdmin,
    FormPage,
    Link,
    Page,
    StateFilter,
    ThingPage,
    column,
    list_link,
    number_column,
    person_column,
    state_tag,
    thing_url,
)
from issuer.services import batches, status
from issuer.vc import reading
from issuer.vc.errors import VcError
from registrar import tasks
from registrar.admin.award_files import summary
from registrar.admin.moments import MomentField
from registrar.models import Award, AwardFile, Revision
from registrar.services.awarding import (
    award_file_authors,
    award_mails,
    awards,
    awards_again,
    composition,
    withdrawal_mails,
    withdrawals,
)

SAMPLES = 3


def _approve(batch: Batch, reason: str, by: User) -> str:
    awards.approve(batch, by=by, reason=reason)
    tasks.freeze_soon(batch)
    return "Approved. The credentials are being issued; you may leave this page."


def _decline(batch: Batch, reason: str, by: User) -> str:
    awards.decline(batch, by=by, reason=reason)
    return "Declined. Nobody in it counts as awarded."


def _withdraw(batch: Batch, reason: str, by: User) -> str:
    awards.withdraw_batch(batch, by=by, reason=reason)
    return "Withdrawn. Nobody in it counts as awarded; they can be evaluated again."


def _note_decline_seen(batch: Batch, reason: str, by: User) -> str:
    batches.note_decline_seen(batch, by=by)
    return "It no longer waits for you."


def _award_failed_again(batch: Batch, reason: str, by: User) -> str:
    again = awards_again.award_failed(batch, by=by, reason=reason)
    left_out = awards_again.failed(batch).count()
    return format_html(
        'Prepared {} as the batch “<a href="{}" dir="auto">{}</a>”. A second person approves it.{}',
        f"{again.count:,}",
        thing_url(again),
        again.name,
        f" Left out, because the rule is no longer met: {left_out:,}." if left_out else "",
    )


def _revoke_all(batch: Batch, reason: str, by: User, *, tells_learners: bool) -> str:
    count = withdrawals.revoke_all(batch, by=by, reason=reason, tells_learners=tells_learners)
    issuer_tasks.publish_soon()
    tasks.tell_soon()
    return f"Revoked: {count:,}. Verifiers see it as soon as the status lists are published."


def _suspend_all(batch: Batch, reason: str, by: User) -> str:
    count = withdrawals.suspend_all(batch, by=by, reason=reason)
    issuer_tasks.publish_soon()
    return f"Suspended: {count:,}. Verifiers see it as soon as the status lists are published."


def _reinstate_all(batch: Batch, reason: str, by: User) -> str:
    count = withdrawals.reinstate_all(batch, by=by, reason=reason)
    issuer_tasks.publish_soon()
    return f"Reinstated: {count:,}. Verifiers see it as soon as the status lists are published."


def _pause(batch: Batch, reason: str, by: User) -> str:
    awards.pause(batch, by=by, reason=reason)
    return "Paused. What a worker has in hand is finished; no more of it is begun."


def _resume(batch: Batch, reason: str, by: User) -> str:
    awards.resume(batch, by=by, reason=reason)
    tasks.freeze_soon(batch)
    issuer_tasks.sign_soon(batch)
    return "The work goes on."


def _issue_now(batch: Batch, reason: str, by: User) -> str:
    _resume(batch, reason, by)
    return "The credentials are being issued; you may leave this page."


def _cancel(batch: Batch, reason: str, by: User) -> str:
    count = awards.cancel(batch, by=by, reason=reason)
    issuer_tasks.sign_soon(batch)
    return f"Cancelled: {count:,}. They can be awarded again when the rest is issued."


class BatchPage(ThingPage):
    """One batch: what it will say or has said, the decision, and how far the work is."""

    model = Batch
    permission_required = "issuer.view_batch"
    template_name = "registrar/desk/batch.html"
    acts = {
        "approve": Act("issuer.approve_batch", _approve, needs_reason=False),
        "decline": Act("issuer.approve_batch", _decline),
        "withdraw": Act("issuer.prepare_batch", _withdraw),
        "decline_seen": Act("issuer.view_batch", _note_decline_seen, needs_reason=False),
        "pause": Act("issuer.view_batch", _pause, needs_reason=False),
        "resume": Act("issuer.view_batch", _resume, needs_reason=False),
        "issue_now": Act(
            "issuer.view_batch", _issue_now, needs_reason=False, needs_confirmation=True
        ),
        "cancel": Act("issuer.view_batch", _cancel, needs_confirmation=True),
        "award_again": Act("issuer.prepare_batch", _award_failed_again),
        "suspend_all": Act("issuer.revoke_credential", _suspend_all, needs_confirmation=True),
        "reinstate_all": Act("issuer.revoke_credential", _reinstate_all, needs_confirmation=True),
        "revoke_all": Act(
            "issuer.revoke_credential",
            _revoke_all,
            needs_confirmation=True,
            choices=("tells_learners",),
        ),
    }

    def get_queryset(self) -> QuerySet[Batch]:
        return Batch.objects.select_related("prepared_by", "decided_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        batch, user = self.object, self.user
        is_own = batch.prepared_by_id == user.pk
        is_waiting = batch.state == Batch.State.PREPARED
        may_see_learners = user.has_perm("registrar.view_award")
        is_issued = batch.state == Batch.State.ISSUED
        may_take_back = is_issued and withdrawals.may_revoke_all(user, batch)
        in_force = _how_many(status.to_revoke(batch)) if may_take_back else 0
        corrected = len(withdrawals.corrected_since(batch)) if may_take_back else 0
        counts = Award.objects.filter(batch=batch).order_by().values_list("revision")
        totals = dict(counts.annotate(Count("pk")))
        return super().get_context_data(
            revisions=[
                (revision, totals[revision.pk])
                for revision in Revision.objects.filter(pk__in=totals).order_by("name")
            ],
            samples=samples(batch) if may_see_learners else [],
            composed=_composed(batch) if may_see_learners else None,
            may_see_learners=may_see_learners,
            may_decide=is_waiting and awards.reaches(user, batch),
            is_out_of_reach=is_waiting
            and user.has_perm("issuer.approve_batch")
            and not awards.reaches(user, batch),
            may_schedule=user.has_perm("issuer.approve_batch"),
            is_own=is_own,
            has_worked_on=bool(award_file_authors.worked_on(user, among=[batch])),
            sent_as=award_file_authors.sent_as(user, batch),
            may_withdraw=is_waiting and is_own and user.has_perm("issuer.prepare_batch"),
            is_decline_unseen=is_own and batches.unseen_declines(user).filter(pk=batch.pk).exists(),
            failed=awards_again.failed(batch).count(),
            may_award_again=batch.state == Batch.State.ISSUED
            and user.has_perm("issuer.prepare_batch"),
            to_revoke=in_force + corrected,
            corrected=corrected,
            to_suspend=_to_suspend(batch) if may_take_back else 0,
            to_reinstate=_to_reinstate(batch) if may_take_back else 0,
            outlook=withdrawal_mails.outlook(batch) if in_force + corrected else None,
            tells_learners=self._tells_learners(),
            revoked=_revoked(batch),
            may_halt=batch.state == Batch.State.APPROVED and awards.may_halt(user, batch),
            **progress_context(batch),
            **_from_a_file(batch),
            **_mails(batch),
            **kwargs,
        )

    def _tells_learners(self) -> bool:
        """Whether learners are told of a withdrawal, unless it is chosen: who was told before."""
        if self.request.method == "POST":
            return "tells_learners" in self.request.POST
        return award_mails.is_announced(self.object)


def _from_a_file(batch: Batch) -> dict[str, Any]:
    """What the file says of which it was prepared, if it was one."""
    kept = AwardFile.objects.defer("content").filter(batch=batch).first()
    return summary(kept) if kept else {}


def _mails(batch: Batch) -> dict[str, Any]:
    """Where the mails stand by which learners are told, in the order in which they get on."""
    standing = award_mails.standing(batch)
    found: dict[str, Any] = {"withdrawal_mails": _in_order(withdrawal_mails.states(batch))}
    if standing is not None:
        found |= {"mailing": standing, "mails_written": _in_order(standing.states)}
    return found


def _in_order(states: dict[str, int]) -> list[tuple[Mail.State, int]]:
    return [(state, states[state]) for state in Mail.State if state in states]


def _how_many(forms: QuerySet[VerifiableCredential]) -> int:
    """To how many credentials these secured forms belong."""
    return forms.values("credential").distinct().count()


def _to_suspend(batch: Batch) -> int:
    return _how_many(status.to_suspend(batch)) + len(withdrawals.corrected_to_suspend(batch))


def _to_reinstate(batch: Batch) -> int:
    return _how_many(status.to_reinstate(batch)) + len(withdrawals.corrected_to_reinstate(batch))


def _revoked(batch: Batch) -> int:
    """How many of its credentials are revoked."""
    credentials = status.revoked(batch).values("verifiable_credential__credential")
    return credentials.distinct().count()


def _composed(batch: Batch) -> dict[str, Any] | None:
    """What a system composed by itself: the credential, its document and what it says."""
    if not batch.is_composed:
        return None
    credential = batch.credentials.get()
    document = json.loads(credential.document)
    return {"credential": credential, "document": document, "facts": reading.read(document)}


def samples(batch: Batch) -> list[dict[str, Any]]:
    """The first, the middle and the last member: what is said, to read and as the document."""
    positions = sorted({0, batch.count // 2, max(batch.count - 1, 0)})[:SAMPLES]
    members = list(
        Award.objects.filter(batch=batch, position__in=positions)
        .select_related("learner", "revision__achievement")
        .order_by("position")
    )
    frozen = Credential.objects.in_bulk([award.credential_id for award in members])
    shown = []
    for award in members:
        sample: dict[str, Any] = {"award": award}
        try:
            document = _document(award, frozen.get(award.credential_id))
            sample |= {"document": document, "facts": reading.read(document)}
        except (Refusal, VcError) as error:
            sample["problem"] = str(error)
        shown.append(sample)
    return shown


def _document(award: Award, credential: Credential | None) -> dict[str, Any]:
    if credential is not None:
        return json.loads(credential.document)
    return composition.compose(Award.objects.filter(pk=award.pk))[0].said()


def progress_context(batch: Batch) -> dict[str, Any]:
    """How far the work is, for the whole page and for the part of it that renews itself."""
    if batch.state in (Batch.State.PREPARED, Batch.State.DECLINED):
        return {}
    progress = batches.progress(batch)
    left = progress.seconds_left
    return {
        "progress": progress,
        "done": progress.signed + progress.failed + progress.cancelled,
        "left": timedelta(seconds=round(left)) if left else None,
        "is_running": batch.state == Batch.State.APPROVED,
        "is_paused": batch.paused_at is not None,
        "is_scheduled": batch.begins_at is not None,
    }


class WithdrawalMailPart(Page, DetailView):
    """The mail that would go if the batch were revoked for the reason that is being written."""

    model = Batch
    pk_url_kwarg = "object_id"
    context_object_name = "thing"
    permission_required = "issuer.revoke_credential"
    template_name = "registrar/desk/withdrawal_sample.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # It names a learner, whom others than those who may withdraw these need not know.
        if not withdrawals.may_revoke_all(self.user, self.object):
            raise PermissionDenied
        reason = self.request.GET.get("reason", "").strip()
        return {
            "thing": self.object,
            "outlook": withdrawal_mails.outlook(self.object, reason=reason),
        }


class ScheduleForm(forms.Form):
    """When the workers begin."""

    begins_at = MomentField(label="Begin on")
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=2_000,
        help_text="Kept in the ledger with your name and the time.",
    )

    def clean_begins_at(self) -> datetime:
        """A moment that is yet to come."""
        begins_at: datetime = self.cleaned_data["begins_at"]
        if begins_at <= timezone.now():
            raise ValidationError("This moment has passed.")
        return begins_at


class PlannedPage(FormPage):
    """At which moment a batch begins."""

    permission_required = "issuer.approve_batch"
    form_class = ScheduleForm

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Batch), Link(self.batch.name, thing_url(self.batch)))

    @cached_property
    def batch(self) -> Batch:
        """The one that waits; asked for only by who may approve."""
        return get_object_or_404(self.get_waiting(), pk=self.kwargs["object_id"])

    def get_waiting(self) -> QuerySet[Batch]:
        """Those whose moment is open."""
        raise NotImplementedError


class SchedulePage(PlannedPage):
    """Approve a batch that is to be issued later."""

    title = "Issue it later"
    verb = "Approve for this moment"

    def get_waiting(self) -> QuerySet[Batch]:
        return Batch.objects.filter(state=Batch.State.PREPARED)

    def get_lede(self) -> str:
        credentials = (
            "1 credential" if self.batch.count == 1 else f"{self.batch.count:,} credentials"
        )
        return (
            f"You approve “{self.batch.name}” now, with {credentials}; issuing begins at the "
            "moment that you choose. Until then it can be begun at once or cancelled."
        )

    def carry_out(self, form: ScheduleForm) -> str:
        said = form.cleaned_data
        awards.approve(self.batch, by=self.user, reason=said["reason"], begins_at=said["begins_at"])
        return thing_url(self.batch)


class ReschedulePage(PlannedPage):
    """Let a batch that is approved for later begin at another moment."""

    title = "Change the time"
    verb = "Begin at this moment"

    def get_waiting(self) -> QuerySet[Batch]:
        return Batch.objects.filter(begins_at__isnull=False)

    def get_lede(self) -> str:
        planned = date_format(timezone.localtime(self.batch.begins_at), "DATETIME_FORMAT")
        return f"“{self.batch.name}” is approved; issuing begins {planned}."

    def carry_out(self, form: ScheduleForm) -> str:
        said = form.cleaned_data
        awards.reschedule(
            self.batch, begins_at=said["begins_at"], by=self.user, reason=said["reason"]
        )
        return thing_url(self.batch)


class ProgressPart(Page, DetailView):
    """The part of a batch's page that asks again every second while the batch is being issued."""

    model = Batch
    pk_url_kwarg = "object_id"
    context_object_name = "thing"
    permission_required = "issuer.view_batch"
    template_name = "registrar/desk/progress.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"thing": self.object, **progress_context(self.object)}

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if not context.get("is_running"):
            return HttpResponseClientRefresh()
        return super().render_to_response(context, **kwargs)


class BatchStates(StateFilter):
    """An approved batch is one that is being issued."""

    words = {Batch.State.APPROVED: "Being issued"}


class HasFailures(admin.SimpleListFilter):
    """Batches in which somebody still waits for a credential that was not issued."""

    title = "failures"
    parameter_name = "failed"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [("yes", "With failures")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "yes":
            return queryset
        return queryset.filter(pk__in=awards_again.open_failures().values("batch"))


@admin.register(Batch)
class BatchAdmin(DeskAdmin):
    """Credentials that are looked at, approved and issued together."""

    lede = "Credentials that are looked at, approved by a second person and issued together."
    empty = "Open an approved template, evaluate its rule and prepare a batch."
    list_display = (
        "name",
        "condition",
        number_column("count", "credentials"),
        "prepared_by_whom",
        column("prepared_at", "prepared"),
        person_column("decided_by"),
    )
    list_filter = (("state", BatchStates), HasFailures)
    list_select_related = ("prepared_by", "decided_by")
    search_fields = ("name",)
    search_help_text = "Name of the batch"
    thing_page = BatchPage

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return super().get_queryset(request).annotate(condition=condition_of_batch())

    def own_urls(self) -> list:
        return [
            self.hang("<uuid:object_id>/progress/", ProgressPart, "progress"),
            self.hang("<uuid:object_id>/schedule/", SchedulePage, "schedule"),
            self.hang("<uuid:object_id>/reschedule/", ReschedulePage, "reschedule"),
            self.hang("<uuid:object_id>/withdrawal-mail/", WithdrawalMailPart, "withdrawal_mail"),
        ]

    @admin.display(description="prepared by", ordering="prepared_by__last_name")
    def prepared_by_whom(self, batch: Batch) -> str:
        return format_html("<bdi>{}</bdi>", batch.preparer)

    @admin.display(description="state", ordering="state")
    def condition(self, batch: Any) -> str:
        return state_tag(batch.condition)
