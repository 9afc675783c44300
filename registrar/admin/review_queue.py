"""What results ask of the registrar: to award, to award again, to withdraw, each in one act."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.views.generic import TemplateView

from issuer.errors import Refusal
from issuer.models import Batch
from issuer.pages import Link, Page, list_link, thing_url
from registrar import tasks
from registrar.admin.choosing import is_key
from registrar.models import Award, CredentialTemplate, Learner, Offering, Revision
from registrar.services.awarding import review_queue
from registrar.services.awarding.review_queue import Concern, Queue
from registrar.services.deciding import rule_names
from registrar.services.deciding.eligibility import Candidate

ROWS_PER_PAGE: Final = 50
GROUPS: Final = ("new", "again", "lapsed")


class QueuesPage(Page, TemplateView):
    """The credentials whose awards are reviewed; each number is counted when it is in sight."""

    permission_required = review_queue.PERMISSION
    template_name = "registrar/desk/award_queues.html"
    title = "Awards to review"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Award),)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_everything = bool(self.request.GET.get("all"))
        found = review_queue.revisions(self.user, is_everything=is_everything)
        page = Paginator(found, ROWS_PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(page=page, is_everything=is_everything, **kwargs)


class QueuePart(Page, TemplateView):
    """One credential's queue."""

    permission_required = review_queue.PERMISSION

    @cached_property
    def revision(self) -> Revision:
        """The approved revision, in this person's reach."""
        found = review_queue.revisions(self.user, is_everything=True)
        return get_object_or_404(found, pk=self.kwargs["object_id"])

    @cached_property
    def queue(self) -> Queue:
        """What there is to decide."""
        return review_queue.look(self.revision)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(revision=self.revision, queue=self.queue, **kwargs)


class QueueCounts(QueuePart):
    """Its numbers, for the list of queues."""

    template_name = "registrar/desk/award_queue_counts.html"


class QueuePage(QueuePart):
    """Who is in it, and why; some or all of them are decided on in one act."""

    template_name = "registrar/desk/award_queue.html"

    def get_title(self) -> str:
        return f"{self.revision.name}: to review"

    def get_trail(self) -> Iterable[Link]:
        template = self.revision.template
        return (list_link(CredentialTemplate), Link(template.name, thing_url(template)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        groups: dict[str, Sequence[Any]] = {group: getattr(self.queue, group) for group in GROUPS}
        asked = self.request.GET.get("show", "")
        filled = [group for group in GROUPS if groups[group]]
        shown = asked if asked in groups else [*filled, "new"][0]
        page = Paginator(groups[shown], ROWS_PER_PAGE).get_page(self.request.GET.get("page"))
        right = "issuer.revoke_credential" if shown == "lapsed" else "issuer.prepare_batch"
        return super().get_context_data(
            rule=rule_names.in_words(self.revision.rule),
            shown=shown,
            page=page,
            rows=_rows([*page]),
            may_decide=self.user.has_perm(right, self.revision.template.unit),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Decide on those who are ticked, or on everybody in the list."""
        decide = _ACTS.get(request.POST.get("act", ""))
        if decide is None:
            raise Http404
        ticked = {int(key) for key in request.POST.getlist("chosen") if is_key(key)}
        chosen = None if "everybody" in request.POST else ticked
        reason = request.POST.get("reason", "").strip()
        if chosen is not None and not chosen:
            return self._refuse("Tick somebody, or everybody in the list.", ticked, reason, 422)
        try:
            said = decide(self.revision, chosen, self.user, reason)
        except Refusal as error:
            return self._refuse(str(error), ticked, reason, 409)
        tasks.count_soon()
        messages.success(request, said)
        return redirect("admin:registrar_award_queue", self.revision.pk)

    def _refuse(self, why: str, ticked: set[int], reason: str, status: int) -> HttpResponse:
        context = self.get_context_data(
            refusal=why,
            ticked=ticked,
            reason=reason,
            is_everybody="everybody" in self.request.POST,
        )
        return self.render_to_response(context, status=status)


def _award(revision: Revision, chosen: set[int] | None, by: User, reason: str) -> str:
    return _prepared(review_queue.award(revision, chosen, by=by))


def _award_again(revision: Revision, chosen: set[int] | None, by: User, reason: str) -> str:
    return _prepared(review_queue.award_again(revision, chosen, by=by, reason=reason))


def _withdraw(revision: Revision, chosen: set[int] | None, by: User, reason: str) -> str:
    count = review_queue.withdraw(revision, chosen, by=by, reason=reason)
    return f"{count} {'award is' if count == 1 else 'awards are'} withdrawn."


def _prepared(batch: Batch | None) -> str:
    if batch is None:
        return "Nobody is left to award: it was done meanwhile, or is no longer earned."
    return format_html(
        'Prepared as the batch “<a href="{}" dir="auto">{}</a>”. A second person approves it.',
        thing_url(batch),
        batch.name,
    )


_ACTS: Final = {"new": _award, "again": _award_again, "lapsed": _withdraw}


def _rows(found: Sequence[Candidate | Concern]) -> list[dict[str, Any]]:
    """Each with the key by which it is chosen: of who is new the learner's, else the award's."""
    candidates = [each.candidate if isinstance(each, Concern) else each for each in found]
    learners = Learner.objects.in_bulk([each.learner_id for each in candidates])
    offerings = Offering.objects.in_bulk(
        [each.offering_id for each in candidates if each.offering_id]
    )
    return [
        {
            "key": each.award.pk if isinstance(each, Concern) else candidate.learner_id,
            "award": each.award if isinstance(each, Concern) else None,
            "learner": learners[candidate.learner_id],
            "offering": offerings.get(candidate.offering_id or 0),
            "reasons": candidate.reasons,
        }
        for each, candidate in zip(found, candidates, strict=True)
    ]
