"""Award from a file or to chosen learners: see what would come of it, mend it, prepare a batch."""

from typing import Any, Final

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.paginator import Page as Rows
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.views.generic import DetailView

from issuer.errors import Refusal
from issuer.pages import (
    Act,
    DeskAdmin,
    Page,
    ThingPage,
    Verb,
    column,
    number_column,
    state_tag,
    thing_url,
)
from issuer.templatetags.tags import STATES
from issuer.vc import reading
from issuer.vc.errors import VcError
from registrar import tasks
from registrar.admin.award_choices import ChooseOptions, ChoosePage
from registrar.admin.award_file_forms import SettingsPage, TakePage
from registrar.admin.award_file_mending import MendPage, tell_people, to_mend
from registrar.admin.award_file_rows import (
    FailuresPage,
    RowsPage,
    kinds,
    rows_of_kind,
    shown_kind,
)
from registrar.models import Award, AwardFile, AwardFileRow, CredentialTemplate, Revision
from registrar.models.templates import names_of_templates
from registrar.readers import award_columns
from registrar.services.awarding import award_files

State = AwardFile.State
Outcome = AwardFileRow.Outcome

ROWS_PER_PAGE: Final = 25
# So many awards are prepared while somebody waits; more by a worker.
PREPARED_AT_ONCE: Final = 2_000
BY_COMMAND: Final = "a command on the server"
# As what people are told of a file, on its way; the last ones are the end of it.
CONDITIONS: Final = (
    "reading",
    "read",
    "preparing",
    "prepared",
    "scheduled",
    "running",
    "paused",
    "issued",
    "declined",
    "withdrawn",
    "refused",
    "discarded",
)


def _prepare(kept: AwardFile, reason: str, by: User, *, name: str) -> str:
    if _to_award(kept) > PREPARED_AT_ONCE:
        tasks.prepare_soon(award_files.ask_to_prepare(kept, by=by, name=name))
        return "The batch is being prepared. This page tells when it is there."
    batch = award_files.prepare(kept, by=by, name=name)
    return format_html(
        'Prepared {} as the batch “<a href="{}" dir="auto">{}</a>”. A second person approves it.',
        f"{batch.count:,}",
        thing_url(batch),
        batch.name,
    )


def _discard(kept: AwardFile, reason: str, by: User) -> str:
    award_files.discard(kept, by=by)
    return "The file is discarded. Nobody was awarded."


class AwardFilePage(ThingPage):
    """What would come of a file, or has come of it, and every row of it."""

    model = AwardFile
    permission_required = "registrar.view_awardfile"
    template_name = "registrar/desk/award_file.html"
    acts = {
        "prepare": Act(award_files.PERMISSION, _prepare, needs_reason=False, words=("name",)),
        "discard": Act(
            award_files.PERMISSION, _discard, needs_reason=False, needs_confirmation=True
        ),
    }

    def get_queryset(self) -> QuerySet[AwardFile]:
        found = AwardFile.objects.select_related("template__unit", "read_by", "batch")
        return found.defer("content").with_condition()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept = self.object
        waits = kept.state == State.READ
        may_prepare = waits and self.user.has_perm(award_files.PERMISSION, kept.template.unit)
        shown = shown_kind(kept, self.request.GET.get("rows", ""))
        page = _rows(kept, shown, self.request.GET.get("page"))
        mends = may_prepare and shown == Outcome.WRONG and not kept.chosen
        return super().get_context_data(
            **summary(kept),
            may_prepare=may_prepare,
            samples=_samples(kept) if waits else [],
            image=_image(kept),
            shown=shown,
            kinds=kinds(kept),
            page=page,
            by_command=BY_COMMAND,
            mending=[to_mend(kept, row) for row in page] if mends else [],
            **kwargs,
        )


def summary(kept: AwardFile) -> dict[str, Any]:
    """What stands over a file's page and its batch's: how many of what, and how it was read."""
    counts, to_award = kept.counts, _to_award(kept)
    labels = award_columns.LABELS
    return {
        "kept": kept,
        "counts": counts,
        "to_award": to_award,
        "is_fatal": kept.is_fatal,
        "mails": to_award if kept.sends_mail else 0,
        "days": [(labels.get(name, name), told) for name, told in kept.days.items()],
        "common": _common(kept),
        "holds": [(column, labels.get(name, name)) for name, column in kept.columns.items()],
    }


def _to_award(kept: AwardFile) -> int:
    return sum(kept.counts.get(each, 0) for each in AwardFileRow.AWARDING)


def _common(kept: AwardFile) -> list[tuple[str, str]]:
    """What was said of all who were chosen, in words."""
    said = kept.chosen.get("common", {})
    words = {**award_columns.LABELS, "why": "why"}
    return [(words[name].capitalize(), text) for name, text in said.items()]


def _samples(kept: AwardFile) -> list[dict[str, Any]]:
    try:
        return [
            {"learner": name, "document": document, "facts": reading.read(document)}
            for name, document in award_files.samples(kept)
        ]
    except (Refusal, VcError) as error:
        return [{"problem": str(error)}]


def _image(kept: AwardFile) -> str:
    approved = kept.template.revisions.filter(state=Revision.State.APPROVED)
    revision = approved.select_related("achievement").first()
    return revision.achievement.image if revision and revision.achievement else ""


def _rows(kept: AwardFile, shown: str, page: str | None) -> Rows:
    rows = rows_of_kind(kept, shown).select_related("learner", "award__announced__mail")
    found = Paginator(rows, ROWS_PER_PAGE).get_page(page)
    _tell_states(found)
    if not kept.chosen:
        tell_people(kept, list(found))
    return found


def _tell_states(rows: Rows) -> None:
    """Give each row the state of its credential and of its mail."""
    made = [row.award_id for row in rows if row.award_id]
    states = dict(Award.objects.filter(pk__in=made).with_state().values_list("pk", "state"))
    for row in rows:
        row.state = states.get(row.award_id, "")


class ReadingPart(Page, DetailView):
    """The part of a file's page that asks again every second while a worker is at the file."""

    model = AwardFile
    pk_url_kwarg = "object_id"
    context_object_name = "thing"
    permission_required = "registrar.view_awardfile"
    template_name = "registrar/desk/award_file_reading.html"

    def get_queryset(self) -> QuerySet[AwardFile]:
        return AwardFile.objects.defer("content", "problems")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"thing": self.object, "to_award": _to_award(self.object)}

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if self.object.state not in (State.READING, State.PREPARING):
            # Not a reload: while a long page is on its way the part would ask for it again.
            self.template_name = "registrar/desk/award_file_ready.html"
        return super().render_to_response(context, **kwargs)


class Conditions(admin.SimpleListFilter):
    """Files as their tags tell of them."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [(each, STATES[each].word) for each in CONDITIONS]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(condition=self.value()) if self.value() else queryset


@admin.register(AwardFile)
class AwardFileAdmin(DeskAdmin):
    """Every file of people to award."""

    title = "Files of awards"
    lede = "First one sees what would come of a file or choice; then a batch is prepared."
    empty = "Award people from CSV or Excel with whatever columns, or by what is on record."
    verbs = (
        Verb("Award from a file", "admin:registrar_awardfile_take", award_files.PERMISSION),
        Verb("Award chosen learners", "admin:registrar_awardfile_choose", award_files.PERMISSION),
    )
    list_display = (
        "file_name",
        "condition",
        "awarded",
        number_column("total", "rows"),
        number_column("wrong", "with errors"),
        "reader",
        column("read_at", "read"),
    )
    list_filter = (Conditions,)
    list_select_related = ("read_by", "template")
    search_fields = ("file_name", "template__slug")
    search_help_text = "File name or template"
    thing_page = AwardFilePage

    def get_queryset(self, request: HttpRequest) -> QuerySet[AwardFile]:
        found = super().get_queryset(request).defer("content", "problems", "header")
        named: Any = found.prefetch_related(names_of_templates("template__"))
        return named.with_condition().annotate(wrong=F("counts__wrong"))

    def own_urls(self) -> list[URLPattern]:
        return [
            self.hang("take/", TakePage, "take"),
            self.hang("choose/", ChoosePage, "choose"),
            self.hang("choose/options/", ChooseOptions, "options"),
            self.hang("<uuid:object_id>/rows.csv", RowsPage, "rows"),
            self.hang("<uuid:object_id>/settings/", SettingsPage, "settings"),
            self.hang("<uuid:object_id>/reading/", ReadingPart, "reading"),
            self.hang("<uuid:object_id>/mend/", MendPage, "mend"),
            self.hang("<uuid:object_id>/errors.csv", FailuresPage, "failures"),
        ]

    @admin.display(description="what is awarded", ordering="template")
    def awarded(self, kept: AwardFile) -> str:
        return format_html("<bdi>{}</bdi>", kept.template.name)

    @admin.display(description="state", ordering="state")
    def condition(self, kept: Any) -> str:
        return state_tag(kept.condition)

    @admin.display(description="read by", ordering="read_by__last_name")
    def reader(self, kept: AwardFile) -> str:
        return format_html("<bdi>{}</bdi>", kept.reader or BY_COMMAND)


def choose_url(template: CredentialTemplate) -> str:
    """Where learners who are on record are awarded by this template."""
    return f"{reverse('admin:registrar_awardfile_choose')}?template={template.pk}"


def take_url(template: CredentialTemplate) -> str:
    """Where people are awarded by this template from a file."""
    return f"{reverse('admin:registrar_awardfile_take')}?template={template.pk}"
