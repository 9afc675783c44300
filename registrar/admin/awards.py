"""Awards: who has earned a credential and why, and everything that each led to."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.generic import TemplateView

from issuer.errors import Refusal
from issuer.models import Batch, Credential, Mail
from issuer.pages import Act, DeskAdmin, Link, Page, ThingPage, list_link, state_tag, thing_url
from issuer.services import batches
from registrar.admin import issued
from registrar.admin.renewals import EndingCsv, EndingPage
from registrar.admin.review_queue import QueueCounts, QueuePage, QueuesPage
from registrar.models import (
    Award,
    AwardMail,
    CredentialTemplate,
    Learner,
    Offering,
    Revision,
    WithdrawalMail,
)
from registrar.models.awards import OVER
from registrar.services.awarding import award_chains, award_skills, awards, awards_again
from registrar.services.awarding.awards import Evaluation
from registrar.services.deciding import rule_names
from registrar.services.deciding.eligibility import Candidate

CANDIDATES_PER_PAGE = 50


class EvaluatePage(Page, TemplateView):
    """Who would be awarded by a revision today, who was or waits for it, who not, and why."""

    permission_required = "registrar.evaluate_award"
    template_name = "registrar/desk/evaluate.html"

    @cached_property
    def revision(self) -> Revision:
        """The approved revision with a rule."""
        return get_object_or_404(
            Revision.objects.select_related("template"),
            pk=self.kwargs["object_id"],
            state=Revision.State.APPROVED,
            rule__isnull=False,
        )

    def get_title(self) -> str:
        return f"Who has earned {self.revision.name}"

    def get_trail(self) -> tuple[Link, ...]:
        template = self.revision.template
        return (list_link(CredentialTemplate), Link(template.name, thing_url(template)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        evaluation = awards.evaluate(self.revision, at=timezone.now())
        groups = {
            "awards": evaluation.awards,
            "already": evaluation.granted,
            "waiting": evaluation.waiting,
            "not_met": evaluation.not_met,
        }
        shown = self.request.GET.get("show", "awards")
        if shown not in groups:
            shown = "awards"
        text = self.get_words()
        candidates = _matching(groups[shown], text)
        people = {candidate.learner_id for candidate in evaluation.awards}
        page = Paginator(candidates, CANDIDATES_PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            revision=self.revision,
            rule=rule_names.in_words(self.revision.rule),
            evaluation=evaluation,
            shown=shown,
            text=text,
            page=page,
            rows=_rows(list(page.object_list)),
            may_prepare=bool(evaluation.awards) and self.user.has_perm("issuer.prepare_batch"),
            no_address=len(people & _without_address()),
            tells_learners=self._tells_learners(),
            **kwargs,
        )

    def _tells_learners(self) -> bool:
        """As was chosen; before that as the revision says."""
        if self.request.method == "POST":
            return "tells_learners" in self.request.POST
        return self.revision.tells_learners

    def post(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Prepare a batch of everyone who has earned it now."""
        if not self.user.has_perm("issuer.prepare_batch"):
            raise PermissionDenied
        evaluation: Evaluation = awards.evaluate(self.revision, at=timezone.now())
        try:
            batch = awards.prepare(
                evaluation,
                by=self.user,
                name=request.POST.get("name", "").strip(),
                tells_learners=self._tells_learners(),
            )
        except Refusal as error:
            context = self.get_context_data(refusal=str(error))
            return self.render_to_response(context, status=409)
        if batch is None:
            messages.info(
                request, "Everybody who has earned it was awarded, or waits for approval."
            )
            return redirect("admin:registrar_award_evaluate", object_id)
        messages.success(request, "Prepared. A second person looks at it and approves it.")
        return redirect(thing_url(batch))


def _without_address() -> set[int]:
    """Who cannot be told anything by mail; few, so that they are read rather than asked for."""
    return set(Learner.objects.filter(email="").values_list("pk", flat=True))


def _matching(candidates: Sequence[Candidate], text: str) -> Sequence[Candidate]:
    if not text:
        return candidates
    keys = set(Learner.objects.matching(text).values_list("pk", flat=True))
    return [candidate for candidate in candidates if candidate.learner_id in keys]


def _rows(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    learners = Learner.objects.in_bulk([each.learner_id for each in candidates])
    offerings = Offering.objects.select_related("term").in_bulk(
        [each.offering_id for each in candidates if each.offering_id]
    )
    return [
        {
            "learner": learners[each.learner_id],
            "offering": offerings.get(each.offering_id),
            "results": [result["value"] for result in each.results],
            "reasons": each.reasons,
        }
        for each in candidates
    ]


def _award_again(award: Award, reason: str, by: User) -> str:
    batch = awards_again.award(award, by=by, reason=reason)
    return format_html(
        'Prepared as the batch “<a href="{}" dir="auto">{}</a>”. A second person approves it.',
        thing_url(batch),
        batch.name,
    )


class AwardPage(ThingPage):
    """One award: the reasons, the words, the batch, the credential."""

    model = Award
    permission_required = "registrar.view_award"
    template_name = "registrar/desk/award.html"
    acts = {"award_again": Act("issuer.prepare_batch", _award_again)}

    def get_queryset(self) -> QuerySet[Award]:
        return Award.objects.with_state().select_related(
            "learner", "revision__template", "offering__term", "batch", "decided_by"
        )

    def get_title(self) -> str:
        return f"{self.object.revision.name}, {self.object.learner.name}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        award = self.object
        names = {
            described["id"]: described["name"] for described in award.revision.result_descriptions
        }
        credential = Credential.objects.filter(pk=award.credential_id).first()
        counting = Award.objects.not_declined()
        newer = counting.after(award.pk).first()
        return super().get_context_data(
            credential=credential,
            ends_at=credential.valid_until if credential else _last_day(award),
            results=[
                (names.get(result["description"], ""), result["value"]) for result in award.results
            ],
            failure=batches.why_failed(award.batch_id, award.position),
            chain=award_chains.of(award),
            learned=award_skills.shown(award),
            former=counting.before(award.pk).first(),
            newer=newer,
            may_award_again=award.state in OVER
            and newer is None
            and self.user.has_perm("issuer.prepare_batch"),
            **kwargs,
        )


def _last_day(award: Award) -> date | None:
    return award.valid_until or award.revision.last_day(award.awarded_on)


class OfBatch(admin.SimpleListFilter):
    """The awards of one batch, as its page asks for them."""

    title = "batch"
    parameter_name = "batch"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        if not (asked := self.value()):
            return []
        try:
            return [(asked, batch.name) for batch in Batch.objects.filter(pk=asked)]
        except ValidationError:
            return []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(batch=self.value()) if self.value() else queryset


class MailStates(admin.SimpleListFilter):
    """The awards whose learners were told by mail, by what became of it."""

    title = "mail"
    parameter_name = "mail"
    told_by = "announced"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [*Mail.State.choices, ("none", "None written")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        asked = self.value()
        if asked == "none":
            return queryset.filter(**{f"{self.told_by}__mail": None})
        return queryset.filter(**{f"{self.told_by}__mail__state": asked}) if asked else queryset


class WithdrawalMailStates(MailStates):
    """The awards of whose withdrawal learners were told, by what became of that mail."""

    title = "mail about the withdrawal"
    parameter_name = "withdrawal_mail"
    told_by = "withdrawal_mail"


@admin.register(Award)
class AwardAdmin(DeskAdmin):
    """The institution's decisions."""

    lede = "An award never changes. To award again after a revocation is an act of its own."
    empty = "Open an approved template, evaluate its rule and prepare a batch."
    list_display = ("who", "what", "offering", "awarded_on", "condition", "mail", "batch_link")
    only_in_files = ("learner_number",)
    list_filter = ("revision__template", OfBatch, MailStates, WithdrawalMailStates, *issued.FILTERS)
    list_select_related = ("learner", "revision", "offering", "batch")
    search_fields = (
        "learner__number",
        "learner__given_name__unaccented",
        "learner__family_name__unaccented",
    )
    search_help_text = "Name or number of a learner"
    ordering = ("-decided_at", "position")
    thing_page = AwardPage

    def own_urls(self) -> list:
        return [
            self.hang("evaluate/<int:object_id>/", EvaluatePage, "evaluate"),
            self.hang("queue/", QueuesPage, "queues"),
            self.hang("queue/<int:object_id>/", QueuePage, "queue"),
            self.hang("queue/<int:object_id>/counts/", QueueCounts, "queue_counts"),
            self.hang("ending/", EndingPage, "ending"),
            self.hang("ending.csv", EndingCsv, "ending_csv"),
            self.hang("issued/", issued.IssuedPage, "issued"),
            self.hang("issued.csv", issued.IssuedCsv, "issued_csv"),
        ]

    def complete(self, rows: Sequence[Any]) -> None:
        """Give each the state of its credential, and the mails by which the learner was told."""
        keys = [row.pk for row in rows]
        states = dict(Award.objects.filter(pk__in=keys).with_state().values_list("pk", "state"))
        mails: dict[int, list[Mail]] = {}
        for kind in (AwardMail, WithdrawalMail):
            written = kind._default_manager.filter(award__in=keys, mail__isnull=False)
            for each in written.select_related("mail"):
                mails.setdefault(each.award_id, []).append(cast(Mail, each.mail))
        for row in rows:
            row.state, row.told_by = states[row.pk], mails.get(row.pk, [])

    @admin.display(description="credential is")
    def condition(self, award: Any) -> str:
        return state_tag(award.state)

    @admin.display(description="mails")
    def mail(self, award: Any) -> str | None:
        told = [(thing_url(mail), mail.subject, state_tag(mail.state)) for mail in award.told_by]
        return format_html_join(" ", '<a href="{}" title="{}">{}</a>', told) or None

    @admin.display(description="learner", ordering="learner__family_name")
    def who(self, award: Award) -> str:
        return format_html("<bdi>{}</bdi>", award.learner.name)

    @admin.display(description="learner number")
    def learner_number(self, award: Award) -> str:
        return award.learner.number

    @admin.display(description="credential", ordering="revision__name")
    def what(self, award: Award) -> str:
        return award.revision.name

    @admin.display(description="batch", ordering="batch__name")
    def batch_link(self, award: Award) -> str:
        return format_html('<a href="{}">{}</a>', thing_url(award.batch), award.batch.name)
