"""Same people: who is known to two systems, and whether they are one person."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from issuer.pages import Act, DeskAdmin, StateFilter, ThingPage, column, state_tag
from issuer.templatetags import tags
from registrar.models import Enrolment, Learner, SamePerson
from registrar.services.awarding import learner_mails
from registrar.services.learners import same_people

TAGS = {
    SamePerson.State.WAITING: ("held", ""),
    SamePerson.State.JOINED: ("made", "One person"),
    SamePerson.State.APART: ("off", "Two people"),
}


def _join(same: SamePerson, reason: str, by: User) -> str:
    same_people.join(same, by=by, reason=reason)
    return "They are one person now."


def _keep_apart(same: SamePerson, reason: str, by: User) -> str:
    same_people.keep_apart(same, by=by, reason=reason)
    return "They stay two people."


def _part(same: SamePerson, reason: str, by: User) -> str:
    with transaction.atomic():
        same_people.part(same, by=by, reason=reason)
        if same.source == same_people.AWARD_FILE:
            learner_mails.redirect({same.learner_id: ""})
    return "They are two people again."


class SamePersonPage(ThingPage):
    """Both sides, and what was decided."""

    model = SamePerson
    permission_required = "registrar.view_sameperson"
    template_name = "registrar/desk/same_person.html"
    acts = {
        "join": Act(same_people.RIGHT, _join, needs_reason=False),
        "keep_apart": Act(same_people.RIGHT, _keep_apart, needs_reason=False),
        "part": Act(same_people.RIGHT, _part),
    }

    def get_queryset(self) -> QuerySet[SamePerson]:
        return SamePerson.objects.select_related("learner", "decided_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        same = self.object
        other = Learner.objects.filter(source=same.source, sourced_id=same.sourced_id).first()
        learnt = Enrolment.objects.filter(retired_at=None).values("learner").annotate(n=Count("pk"))
        places = dict(learnt.filter(learner__in=[same.learner, other]).values_list("learner", "n"))
        state, word = TAGS[same.state]
        return super().get_context_data(
            other=other,
            places=places.get(same.learner_id, 0),
            is_filed=same.learner.source == same_people.AWARD_FILE,
            is_of_file=same.source == same_people.AWARD_FILE,
            other_places=places.get(other.pk, 0) if other else None,
            tag=state,
            word=word,
            may_decide=self.user.has_perm(same_people.RIGHT),
            **kwargs,
        )


class Decided(StateFilter):
    words = {state: word or tags.STATES[tag].word for state, (tag, word) in TAGS.items()}


@admin.register(SamePerson)
class SamePersonAdmin(DeskAdmin):
    """Whoever has the same number in two systems."""

    lede = (
        "Two systems whose learner numbers are the college's own know somebody under the same "
        "number. Where the family names agree they are joined; else somebody decides here, once."
    )
    empty = "Say of two feeds that their learner numbers are the college's own: matches come here."
    list_display = (
        "there",
        column("source", "system"),
        column("number", "number"),
        "here",
        column("doubt", "doubt"),
        "condition",
    )
    list_filter = (("state", Decided),)
    search_fields = ("name", "number", "sourced_id")
    search_help_text = "Name, number or id there"
    thing_page = SamePersonPage

    def get_queryset(self, request: HttpRequest) -> QuerySet[SamePerson]:
        return super().get_queryset(request).select_related("learner")

    @admin.display(description="name there", ordering="name")
    def there(self, same: SamePerson) -> str:
        return format_html("<bdi>{}</bdi>", same.name)

    @admin.display(description="learner here")
    def here(self, same: SamePerson) -> str:
        return format_html("<bdi>{}</bdi> ({})", same.learner.name, same.learner.source)

    @admin.display(description="state", ordering="state")
    def condition(self, same: SamePerson) -> str:
        return state_tag(*TAGS[SamePerson.State(same.state)])
