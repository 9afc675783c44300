"""The desk: Django's admin site as registrar staff meet it."""

from http import HTTPStatus
from typing import Any, NamedTuple, cast

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator

from config import exports, search, waiting
from config.sign_in import SignInForm, remember_browser
from registrar.models import Role
from registrar.services.college import roles


class Entry(NamedTuple):
    """One page in the navigation, and who sees it there."""

    label: str
    url_name: str
    permission: str


# In the order in which data come to be: from the vocabulary to the ledger.
NAVIGATION: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Skills",
        (
            Entry("Frameworks", "admin:skills_framework_changelist", "skills.view_framework"),
            Entry("Skills", "admin:skills_skill_changelist", "skills.view_skill"),
            Entry("Crosswalk", "admin:skills_association_changelist", "skills.view_association"),
            Entry("Competencies", "admin:skills_competency_changelist", "skills.view_competency"),
        ),
    ),
    (
        "Catalogue",
        (
            Entry("Courses", "admin:registrar_course_changelist", "registrar.view_course"),
            Entry("Activities", "admin:registrar_activity_changelist", "registrar.view_activity"),
            Entry("Programmes", "admin:registrar_programme_changelist", "registrar.view_programme"),
            Entry(
                "Outcomes",
                "admin:registrar_learningoutcome_changelist",
                "registrar.view_learningoutcome",
            ),
            Entry(
                "Outcome sets",
                "admin:registrar_outcomeset_changelist",
                "registrar.view_outcomeset",
            ),
            Entry("Review courses", "admin:registrar_mapping_review", "registrar.review_skilltag"),
            Entry(
                "Rules of tagging",
                "admin:registrar_taggingpolicy_changelist",
                "registrar.change_taggingpolicy",
            ),
            Entry("Coverage", "admin:registrar_skilltag_coverage", "registrar.view_coverage"),
        ),
    ),
    (
        "People",
        (
            Entry("Learners", "admin:registrar_learner_changelist", "registrar.view_learner"),
            Entry(
                "Same people", "admin:registrar_sameperson_changelist", "registrar.view_sameperson"
            ),
            Entry(
                "Units",
                "admin:registrar_organizationunit_changelist",
                "registrar.view_organizationunit",
            ),
            Entry("Staff", "admin:auth_user_changelist", "auth.view_user"),
            Entry("Roles", "admin:registrar_role_changelist", "registrar.view_role"),
        ),
    ),
    (
        "Results",
        (
            Entry(
                "Rosters",
                "admin:registrar_rosterimport_changelist",
                "registrar.view_rosterimport",
            ),
            Entry(
                "Results per outcome",
                "admin:registrar_resultimport_changelist",
                "registrar.view_resultimport",
            ),
            Entry("Results", "admin:registrar_result_changelist", "registrar.view_result"),
            Entry(
                "Who sees marks",
                "admin:registrar_markingpolicy_changelist",
                "registrar.change_markingpolicy",
            ),
            Entry(
                "Confirmations",
                "admin:registrar_confirmation_changelist",
                "registrar.view_confirmation",
            ),
        ),
    ),
    (
        "Awards",
        (
            Entry(
                "Templates",
                "admin:registrar_credentialtemplate_changelist",
                "registrar.view_credentialtemplate",
            ),
            Entry(
                "Proposals",
                "admin:registrar_templateproposal_changelist",
                "registrar.view_templateproposal",
            ),
            Entry(
                "Rules tried", "admin:registrar_simulation_changelist", "registrar.view_simulation"
            ),
            Entry("Awards to review", "admin:registrar_award_queues", "registrar.evaluate_award"),
            Entry("Awards", "admin:registrar_award_changelist", "registrar.view_award"),
            Entry(
                "Files of awards",
                "admin:registrar_awardfile_changelist",
                "registrar.view_awardfile",
            ),
            Entry("Batches", "admin:issuer_batch_changelist", "issuer.view_batch"),
            Entry("What was issued", "admin:registrar_award_issued", "registrar.view_award"),
            Entry("What ends soon", "admin:registrar_award_ending", "registrar.view_award"),
        ),
    ),
    (
        "Credentials",
        (
            Entry("Credentials", "admin:issuer_credential_changelist", "issuer.view_credential"),
            Entry(
                "Corrections",
                "admin:registrar_correction_changelist",
                "registrar.view_correction",
            ),
            Entry(
                "Who corrects",
                "admin:registrar_correctionpolicy_changelist",
                "registrar.change_correctionpolicy",
            ),
            Entry(
                "Reminders",
                "admin:registrar_reminderpolicy_changelist",
                "registrar.change_reminderpolicy",
            ),
            Entry("Status lists", "admin:issuer_statuslist_changelist", "issuer.view_statuslist"),
        ),
    ),
    (
        "Systems",
        (
            Entry("Feeds", "admin:registrar_feed_changelist", "registrar.view_feed"),
            Entry("Nights", "admin:registrar_nightrun_changelist", "registrar.view_nightrun"),
            Entry(
                "API clients",
                "admin:oauth2_provider_application_changelist",
                "registrar.view_apiclient",
            ),
            Entry(
                "Webhooks", "admin:issuer_webhookendpoint_changelist", "issuer.view_webhookendpoint"
            ),
            Entry("Outbox", "admin:issuer_mail_changelist", "issuer.view_mail"),
        ),
    ),
    (
        "The institution",
        (
            Entry("Profile", "admin:issuer_institution_changelist", "issuer.view_institution"),
            Entry("Signing keys", "admin:issuer_signingkey_changelist", "issuer.view_signingkey"),
            Entry("Ledger", "admin:issuer_ledgerentry_changelist", "issuer.view_ledgerentry"),
        ),
    ),
)


class NavigationPage(NamedTuple):
    label: str
    url: str
    is_current: bool


class NavigationSection(NamedTuple):
    name: str
    pages: list[NavigationPage]


class Desk(AdminSite):
    """One place for all staff work: same navigation, same permissions, same look."""

    site_header = "Desk"
    site_title = "Desk"
    index_title = "What waits for you"
    enable_nav_sidebar = False
    empty_value_display = "—"
    login_form = SignInForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff who hold a role at the desk, and superusers."""
        user = request.user
        if not user.is_active or not user.is_staff:
            return False
        return user.is_superuser or user.roles.filter(kind__in=roles.AT_THE_DESK).exists()

    @method_decorator(login_not_required)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The one door for staff and faculty; it leads on to the place that each of them has."""
        context: dict[str, Any] = {"title": "Sign in"}
        if REDIRECT_FIELD_NAME not in {*request.GET, *request.POST}:
            context[REDIRECT_FIELD_NAME] = reverse("home")
        response = super().login(request, context | (extra_context or {}))
        form = getattr(response, "context_data", {}).get("form")
        if request.method == "POST" and form is None and request.user.is_authenticated:
            remember_browser(request, response, request.user)
        elif form is not None and form.refused:
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response["Retry-After"] = str(form.refused.seconds)
        return response

    def get_urls(self) -> list[Any]:
        """What concerns the whole desk stands before the lists."""
        return [
            path("search/", self.admin_view(search.found), name="search"),
            path(
                "<slug:app_label>/<slug:model_name>/export.csv",
                self.admin_view(exports.export),
                name="export",
            ),
            *super().get_urls(),
        ]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The models of one app; all of them stand in our own navigation instead."""
        return super().get_app_list(request, app_label) if app_label else []

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {
            "home": reverse("admin:index", current_app=self.name),
            "navigation": navigation(request.user, request.path),
        }

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """What waits for whom is signed in, oldest first, and how the last batches went."""
        user = cast(User, request.user)  # admin lets nobody else through
        context = {"tasks": waiting.tasks(user), "batches": waiting.recent_batches(user)}
        return super().index(request, context | (extra_context or {}))


def navigation(user: User | AnonymousUser, path: str) -> list[NavigationSection]:
    """The parts of the desk that this person may see; the page they are on is marked."""
    if not user.is_authenticated:
        return []
    allowed = _granted(user)
    sections = []
    for name, entries in NAVIGATION:
        seen = [
            (entry.label, reverse(entry.url_name))
            for entry in entries
            if user.is_superuser or entry.permission in allowed
        ]
        if seen:
            sections.append((name, seen))
    current = max(
        (url for _, seen in sections for _, url in seen if path.startswith(url)),
        key=len,
        default="",
    )
    return [
        NavigationSection(name, [NavigationPage(label, url, url == current) for label, url in seen])
        for name, seen in sections
    ]


def _granted(user: User) -> set[str]:
    kinds = Role.objects.filter(user=user).values_list("kind", flat=True).distinct()
    return {permission for kind in kinds for permission in roles.PERMISSIONS[kind]}
