"""Stacks: how far one learner is on the way to a credential made of others, and how far all are."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from issuer import tasks
from issuer.errors import Refusal
from issuer.pages import Link, Page, list_link, thing_url
from registrar.admin.downloads import as_csv
from registrar.models import CredentialTemplate, Learner, Revision
from registrar.rules import Condition, CredentialHeld
from registrar.services.deciding import rule_names, stacks

ROWS_PER_PAGE: Final = 50
_APPROVED: Final = Revision.objects.filter(state=Revision.State.APPROVED, rule__isnull=False)


def _stack(**asked: Any) -> Revision:
    """The approved revision of a stack."""
    revision = get_object_or_404(_APPROVED.select_related("template"), **asked)
    if not stacks.parts_of(revision):
        raise Http404
    return revision


class StandingPage(Page, TemplateView):
    """One learner on the way to one stack; whoever advises them reads what they read themselves."""

    permission_required = stacks.PERMISSION
    template_name = "registrar/desk/standing.html"

    @cached_property
    def learner(self) -> Learner:
        """Who is on the way."""
        return get_object_or_404(Learner, pk=self.kwargs["object_id"])

    @cached_property
    def revision(self) -> Revision:
        """Where to."""
        return _stack(template=self.kwargs["template_id"])

    def get_title(self) -> str:
        return f"On the way to {self.revision.name}"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Learner), Link(self.learner.name, thing_url(self.learner)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            learner=self.learner,
            standing=stacks.standing(self.revision, self.learner),
            may_send=bool(self.learner.email) and self.user.has_perm(stacks.SEND),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send the learner the link to their own page."""
        if not self.user.has_perm(stacks.SEND):
            raise PermissionDenied
        try:
            mail = stacks.send(self.learner, by=self.user)
        except Refusal as error:
            context = self.get_context_data(refusal=str(error))
            return self.render_to_response(context, status=409)
        tasks.post_soon()
        messages.success(request, f"A mail with the link goes to {mail.to}.")
        return redirect(request.path)


class BoardPage(Page, TemplateView):
    """How many learners have none, one and so on of the parts that a stack asks for, and who."""

    permission_required = stacks.PERMISSION
    template_name = "registrar/desk/board.html"

    @cached_property
    def revision(self) -> Revision:
        """The stack."""
        return _stack(template=self.kwargs["object_id"])

    @cached_property
    def board(self) -> stacks.Board:
        """Where everybody stands."""
        return stacks.board(self.revision)

    def get_title(self) -> str:
        return f"On the way to {self.revision.name}"

    def get_trail(self) -> Iterable[Link]:
        template = self.revision.template
        return (list_link(CredentialTemplate), Link(template.name, thing_url(template)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = Paginator(self._learners(), ROWS_PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            revision=self.revision,
            rule=rule_names.in_words(self.revision.rule),
            board=self.board,
            most=max((number for _, number in self.board.counts), default=0),
            had=self._had,
            text=self.get_words(),
            page=found,
            rows=self._rows(list(found.object_list)),
            **kwargs,
        )

    @property
    def _had(self) -> int | None:
        """How many parts those have who are listed; None lists all."""
        asked = self.request.GET.get("had", "")
        return int(asked) if asked.isdecimal() and len(asked) < 4 else None

    def _learners(self) -> Any:
        keys = self.board.had if self._had is None else self.board.learners(self._had)
        return Learner.objects.filter(pk__in=list(keys)).matching(self.get_words())

    def _rows(self, learners: Iterable[Learner]) -> Iterator[dict[str, Any]]:
        names = rule_names.of(self.board.rule)
        for learner in learners:
            met = self.board.met[learner.pk]
            yield {
                "learner": learner,
                "had": self.board.had[learner.pk],
                "parts": [_name(each, names) for each in self.board.rule.leaves() if each in met],
                "url": reverse(
                    "admin:registrar_learner_progress",
                    args=[learner.pk, self.revision.template_id],
                ),
            }


class BoardCsv(BoardPage):
    """The same people as a table: a column for each part."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        board = self.board
        names = rule_names.of(board.rule)
        leaves = board.rule.leaves()
        header = ["number", "name", "e-mail address", "had", "asked for"]
        rows = (
            (
                *(learner.number, learner.name, learner.email),
                *(board.had[learner.pk], board.asked),
                *("yes" if each in board.met[learner.pk] else "" for each in leaves),
            )
            for learner in self._learners().iterator()
        )
        header += [_name(each, names) for each in leaves]
        return as_csv(f"{self.revision.template.slug}-progress.csv", header, rows)


def _name(condition: Condition, names: Any) -> str:
    if isinstance(condition, CredentialHeld):
        return names.get(f"template:{condition.target}", condition.target)
    return condition.sentence(names=names)
