"""Credential templates: what they say, revision by revision, and who approved it."""

from functools import cached_property
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import DetailView

from issuer.errors import WrongState
from issuer.pages import (
    Act,
    DeskAdmin,
    Link,
    Page,
    StateFilter,
    ThingPage,
    Verb,
    column,
    list_link,
    number_column,
    person_column,
    state_tag,
    thing_url,
)
from issuer.paging import how_many
from issuer.services import clock, institutions, verification
from issuer.templatetags import tags
from issuer.vc import reading
from issuer.vc.errors import VcError
from issuer.vc.json_text import write_json
from issuer.vc.lint import lint
from registrar import rules
from registrar.admin.award_files import choose_url, take_url
from registrar.admin.choosing import ChoosingPage
from registrar.admin.drafts import DraftForm, NewTemplateForm, form_values
from registrar.admin.result_builder import ResultBuilderPage
from registrar.admin.rule_builder import RuleBuilderPage, RuleOptions
from registrar.admin.simulations import AskPage
from registrar.admin.stacks import BoardCsv, BoardPage
from registrar.admin.why import AskAboutTemplatePage
from registrar.errors import Gap, NotAllowed
from registrar.models import Award, CredentialTemplate, Revision, RevisionSkill
from registrar.services.awarding import award_files, awards, composition
from registrar.services.college import roles
from registrar.services.deciding import result_levels, rule_doubts, rule_names, stacks
from registrar.services.drafting import (
    alike_names,
    credential_facts,
    publication,
    readiness,
    revision_differences,
    templates,
)
from skills.models import Skill

State = Revision.State


# One template


def _revise(template: CredentialTemplate, reason: str, by: User) -> str:
    revision = templates.revise(template, by=by)
    return f"Revision {revision.number} is begun as a copy of the newest one."


def _promote(template: CredentialTemplate, reason: str, by: User) -> str:
    revision = templates.promote(template, by=by)
    return f"Revision {revision.number} says the same without being a pilot. Submit it."


def _retire_approved(template: CredentialTemplate, reason: str, by: User) -> str:
    approved = template.revisions.filter(state=State.APPROVED).first()
    if approved is None:
        raise WrongState("None of its revisions is approved, so there is nothing to retire.")
    return _retire(approved, reason, by)


class TemplatePage(ThingPage):
    """One template and its revisions."""

    model = CredentialTemplate
    permission_required = "registrar.view_credentialtemplate"
    template_name = "registrar/desk/template.html"
    acts = {
        "revise": Act("registrar.draft_revision", _revise, needs_reason=False),
        "promote": Act("registrar.draft_revision", _promote, needs_reason=False),
        "retire": Act("registrar.approve_revision", _retire_approved),
    }

    def get_queryset(self) -> QuerySet[CredentialTemplate]:
        return CredentialTemplate.objects.select_related("unit")

    def get_title(self) -> str:
        return self.object.revisions.first().name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        revisions = list(
            self.object.revisions.select_related("author", "approved_by", "pilot_unit")
            .annotate(award_count=Count("awards"))
            .order_by("-number")
        )
        approved = next((each for each in revisions if each.state == State.APPROVED), None)
        in_work = any(each.state in (State.DRAFT, State.SUBMITTED) for each in revisions)
        may = self.user.has_perm
        return super().get_context_data(
            revisions=revisions,
            newest=revisions[0],
            approved=approved,
            may_revise=may("registrar.draft_revision", self.object.unit) and not in_work,
            may_retire=may("registrar.approve_revision", self.object.unit),
            who_may_retire=roles.holders("registrar.approve_revision", self.object.unit),
            may_evaluate=bool(approved and approved.rule) and may("registrar.evaluate_award"),
            is_stack=bool(approved and stacks.parts_of(approved)) and may(stacks.PERMISSION),
            led_to=stacks.led_to([self.object.slug]).get(self.object.slug, ()),
            choose_url=choose_url(self.object),
            take_url=take_url(self.object) if approved and may(award_files.PERMISSION) else "",
            **kwargs,
        )

    def get_success_url(self) -> str:
        return thing_url(self.object.revisions.first())


# One revision


def _submit(revision: Revision, reason: str, by: User) -> str:
    templates.submit(revision, by=by)
    return "Submitted. A second person approves it."


def _approve(revision: Revision, reason: str, by: User) -> str:
    templates.approve(revision, by=by)
    return "Approved and published. From now on this revision does not change."


def _send_back(revision: Revision, reason: str, by: User) -> str:
    templates.send_back(revision, by=by, reason=reason)
    return "Sent back to its author."


def _take_back(revision: Revision, reason: str, by: User) -> str:
    templates.take_back(revision, by=by)
    return "Taken back. It is a draft again, and nobody is asked to approve it."


def _retire(revision: Revision, reason: str, by: User) -> str:
    templates.retire(revision, by=by, reason=reason)
    return "Retired. Nothing more is awarded by it; what was awarded stays."


def _comment(revision: Revision, text: str, by: User) -> str:
    templates.comment(revision, text, by=by)
    return "Written."


class RevisionPage(ThingPage):
    """What one revision says, what differs from the one before, and the decisions about it."""

    model = Revision
    permission_required = "registrar.view_revision"
    template_name = "registrar/desk/revision.html"
    acts = {
        "comment": Act("registrar.view_revision", _comment),
        "submit": Act("registrar.draft_revision", _submit, needs_reason=False),
        "take_back": Act("registrar.draft_revision", _take_back, needs_reason=False),
        "approve": Act("registrar.approve_revision", _approve, needs_reason=False),
        "send_back": Act("registrar.approve_revision", _send_back),
        "retire": Act("registrar.approve_revision", _retire),
    }

    def get_queryset(self) -> QuerySet[Revision]:
        return Revision.objects.select_related(
            "template__unit", "author", "approved_by", "achievement"
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Carry out an act; that somebody tried to approve their own work is kept."""
        try:
            return super().post(request, *args, **kwargs)
        except PermissionDenied:
            if request.POST.get("act") == "approve":
                templates.note_refusal(self.object, by=self.user, reason=str(NotAllowed()))
            raise

    def _former(self, others: list[Revision]) -> Revision | None:
        """What it is compared with: as was asked; else the approved one, or the one before."""
        asked = self.request.GET.get("against", "")
        older = [each for each in others if each.number < self.object.number]
        ranked = [
            *(each for each in others if str(each.number) == asked),
            *(each for each in older if each.state == State.APPROVED),
            *older,
        ]
        return ranked[0] if ranked else None

    def _gaps(self) -> list[Gap]:
        """What stands in the way of submitting a draft, or of approving what was submitted."""
        by = self.user if self.object.state == State.DRAFT else None
        return [*readiness.missing(self.object), *templates.lacks_approver(self.object, by=by)]

    def _doubts(self) -> list[str]:
        """What of its rule nobody could meet."""
        try:
            rule = rules.parse(self.object.rule)
        except rules.InvalidRule:
            return []
        return list(dict.fromkeys(each.reason for each in rule_doubts.of(rule)))

    def _by_itself(self) -> int | None:
        """How many credentials it would award by itself today; None where it does not."""
        if self.object.awarding != Revision.Awarding.AUTOMATIC:
            return None
        return len(awards.evaluate(self.object, at=clock.now()).awards)

    def get_trail(self) -> tuple[Link, ...]:
        template = self.object.template
        return (list_link(CredentialTemplate), Link(template.name, thing_url(template)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        revision, user = self.object, self.user
        others = revision.template.revisions.exclude(pk=revision.pk).order_by("-number")
        former = self._former(list(others))
        try:
            achievement = publication.preview(revision).as_json()
        except VcError:
            achievement = None
        unit = revision.template.unit
        is_open = revision.state in (State.DRAFT, State.SUBMITTED)
        gaps = self._gaps() if is_open else []
        is_submitted = revision.state == State.SUBMITTED
        may_draft = user.has_perm("registrar.draft_revision", unit)
        may_approve = user.has_perm("registrar.approve_revision", unit)
        is_an_approver = user.has_perm("registrar.approve_revision")
        is_own = templates.has_written(user, revision)
        may_approve_now = is_submitted and may_approve and not is_own and not gaps
        return super().get_context_data(
            rule=rule_names.in_words(revision.rule),
            facts=credential_facts.lines(revision),
            attested=revision.attested.select_related("skill__framework").order_by("pk"),
            results=[(each, result_levels.levels(each)) for each in revision.result_descriptions],
            seal=publication.seal(revision),
            achievement=achievement,
            gaps=gaps,
            doubts=self._doubts() if is_submitted else [],
            alike=[*alike_names.of(revision)] if is_open else [],
            is_submitted=is_submitted,
            former=former,
            others=others,
            comments=revision.comments.select_related("by"),
            differences=revision_differences.compare(former, revision) if former else [],
            may_draft=revision.state == State.DRAFT and may_draft,
            is_own=is_own,
            written_as=templates.written_as(user, revision),
            may_take_back=is_submitted and is_own and may_draft,
            may_decide=is_submitted and may_approve,
            by_itself=self._by_itself() if may_approve_now else None,
            is_out_of_reach=is_submitted and is_an_approver and not may_approve,
            deciders=roles.holders("registrar.approve_revision", unit),
            may_retire=revision.state == State.APPROVED and may_approve,
            may_simulate=revision.rule is not None and user.has_perm("registrar.evaluate_award"),
            may_evaluate=revision.state == State.APPROVED
            and revision.rule is not None
            and user.has_perm("registrar.evaluate_award"),
            **kwargs,
        )


class PreviewPage(Page, DetailView):
    """A revision as a learner and a verifier would see it, with a learner who does not exist."""

    model = Revision
    permission_required = "registrar.view_revision"
    template_name = "registrar/desk/preview.html"
    pk_url_kwarg = "object_id"
    context_object_name = "thing"

    def get_queryset(self) -> QuerySet[Revision]:
        return Revision.objects.select_related("template__unit", "achievement")

    def get_title(self) -> str:
        return f"Preview of {self.object}"

    def get_trail(self) -> tuple[Link, ...]:
        return (list_link(CredentialTemplate), Link(str(self.object), thing_url(self.object)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            document = composition.sample(self.object)
        except (VcError, *publication.WRONG_SHAPE):
            gaps = readiness.missing(self.object)
            return super().get_context_data(document=None, gaps=gaps, **kwargs)
        return super().get_context_data(
            document=document,
            facts=reading.read(document),
            seal=tags.picture(publication.seal(self.object)),
            # As the page looks once the credential is signed.
            report={"verdict": "valid"},
            findings=lint(document, issuer_did=institutions.get().did),
            found=verification.verify(write_json(document).encode()),
            **kwargs,
        )


# Drafting


class ChosenSkill(NamedTuple):
    """A skill that is ticked, and how far it is shown."""

    skill: Skill
    level: str


class DraftPage(ChoosingPage):
    """What drafting and editing have in common."""

    permission_required = "registrar.draft_revision"
    template_name = "registrar/desk/draft.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = context["form"]
        chosen = Skill.objects.filter(pk__in=form.chosen_skills()).select_related("framework")
        levels = form.chosen_levels()
        return context | {
            "chosen": [ChosenSkill(skill, levels.get(skill.pk, "")) for skill in chosen],
            "levels": RevisionSkill.Level.choices,
        }


class NewTemplatePage(DraftPage):
    """Begin a template."""

    form_class = NewTemplateForm
    title = "Begin a template"
    success_message = "Kept as a draft. Look at it and submit it."

    def get_trail(self) -> tuple[Link, ...]:
        return (list_link(CredentialTemplate),)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.user}

    def carry_out(self, form: NewTemplateForm) -> str:
        values = form.values()
        slug, unit = values.pop("slug"), values.pop("unit")
        return thing_url(templates.draft(slug, unit=unit, by=self.user, **values))


class EditPage(DraftPage):
    """Change a draft."""

    form_class = DraftForm
    success_message = "Saved."

    @cached_property
    def revision(self) -> Revision:
        """The revision that is edited."""
        revisions = Revision.objects.select_related("template")
        return get_object_or_404(revisions, pk=self.kwargs["object_id"])

    def get_title(self) -> str:
        return f"Edit {self.revision}"

    def get_trail(self) -> tuple[Link, ...]:
        return (
            list_link(CredentialTemplate),
            Link(str(self.revision), thing_url(self.revision)),
        )

    def get_initial(self) -> dict[str, Any]:
        return form_values(self.revision)

    def get_form(self, form_class: Any = None) -> DraftForm:
        form = super().get_form(form_class)
        if not self.revision.image:
            del form.fields["is_drawn"]
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_draft = self.revision.state == State.DRAFT
        builders = {
            f"{name}_url": reverse(f"admin:registrar_revision_{name}", args=[self.revision.pk])
            for name in ("rule", "results")
            if is_draft
        }
        return super().get_context_data(**builders, **kwargs)

    def carry_out(self, form: DraftForm) -> str:
        templates.edit(self.revision, by=self.user, **form.values())
        return thing_url(self.revision)


@admin.register(CredentialTemplate)
class CredentialTemplateAdmin(DeskAdmin):
    """What the institution is willing to say."""

    title = "Templates"
    lede = "What the institution is willing to say of a learner. Each change is a new revision."
    empty = "Begin one: what it is called, what one does to earn it, which skills it shows."
    verbs = (
        Verb(
            "Begin a template",
            "admin:registrar_credentialtemplate_draft",
            "registrar.draft_revision",
        ),
    )
    list_display = (
        "name",
        "newest",
        "unit",
        number_column("award_total", "awarded"),
        column("slug", "short name"),
    )
    list_filter = ("unit",)
    list_select_related = ("unit",)
    search_fields = ("slug", "revisions__name")
    search_help_text = "Name"
    thing_page = TemplatePage

    def get_queryset(self, request: HttpRequest) -> QuerySet[CredentialTemplate]:
        newest = Revision.objects.filter(template=OuterRef("pk")).order_by("-number")
        return (
            super()
            .get_queryset(request)
            .annotate(
                newest_name=Subquery(newest.values("name")[:1]),
                newest_state=Subquery(newest.values("state")[:1]),
                award_total=how_many(Award.objects.all(), "template"),
            )
        )

    def own_urls(self) -> list:
        return [
            self.hang("draft/", NewTemplatePage, "draft"),
            self.hang("<uuid:object_id>/why/", AskAboutTemplatePage, "why"),
            self.hang("<uuid:object_id>/progress/", BoardPage, "progress"),
            self.hang("<uuid:object_id>/progress.csv", BoardCsv, "progress_csv"),
        ]

    @admin.display(ordering="newest_name")
    def name(self, template: Any) -> str:
        return template.newest_name

    @admin.display(description="newest revision", ordering="newest_state")
    def newest(self, template: Any) -> str:
        return state_tag(template.newest_state)


@admin.register(Revision)
class RevisionAdmin(DeskAdmin):
    """Every revision of every template."""

    lede = "Every revision of every template."
    empty = "Begin a template: its first revision appears here."
    list_display = (
        "name",
        number_column("number", "revision"),
        "condition",
        column("written_by", "written by"),
        column("created_at", "written"),
        person_column("approved_by"),
    )
    list_filter = (("state", StateFilter),)
    list_select_related = ("author", "approved_by")
    search_fields = ("name", "template__slug")
    search_help_text = "Name"
    thing_page = RevisionPage

    def own_urls(self) -> list:
        return [
            self.hang("<int:object_id>/edit/", EditPage, "edit"),
            self.hang("<int:object_id>/preview/", PreviewPage, "preview"),
            self.hang("<int:object_id>/rule/", RuleBuilderPage, "rule"),
            self.hang("<int:object_id>/results/", ResultBuilderPage, "results"),
            self.hang("rule-options/", RuleOptions, "rule_options"),
            self.hang("<int:object_id>/simulate/", AskPage, "simulate"),
        ]

    @admin.display(description="state", ordering="state")
    def condition(self, revision: Revision) -> str:
        return state_tag(revision.state)
