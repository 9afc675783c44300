"""Read revisions and award rules, and who would be awarded by one now."""

from dataclasses import asdict
from typing import Any, ClassVar, Final

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from issuer import bodies
from registrar.api.award_rules import RuleField
from registrar.api.jobs import RowErrorSerializer
from registrar.api.references import Reference
from registrar.api.templates import RevisionSerializer
from registrar.models import Award, Learner, Revision, RevisionSkill
from registrar.models.catalog import key_of
from registrar.rules import parse
from registrar.services.awarding import awards
from registrar.services.deciding import eligibility, withdrawn
from registrar.services.deciding.withdrawn import Note
from registrar.services.drafting import readiness

# Of each kind so many learners are named at most.
MOST_NAMED: Final = 1_000
_OUTCOMES: Final = ("awarded", "already", "waiting", "not_met")


class NoRule(NotFound):
    """The revision is there, and has no rule."""

    default_code = "no_rule"

    def __init__(self, revision: Revision) -> None:
        super().__init__(
            f"Revision {revision.number} of {revision.template.slug} has no award rule: whom it "
            "awards people choose, or a file says. To give it one, PATCH `rule` of "
            f"/api/v1/revisions/{revision.pk} while it is a draft, or begin the next revision."
        )


class AttestedSerializer(serializers.ModelSerializer):
    """A skill that is attested, and how far."""

    skill = serializers.CharField(source="skill.uri", help_text="URI of the skill")
    level = serializers.ChoiceField(RevisionSkill.Level.choices, allow_blank=True)

    class Meta:
        model = RevisionSkill
        fields = ["skill", "level"]
        read_only_fields = fields


class SingleRevisionSerializer(RevisionSerializer):
    """A revision of a template with the skills that it attests."""

    template = serializers.SlugField(source="template.slug")
    skills = AttestedSerializer(many=True, source="attested")

    class Meta(RevisionSerializer.Meta):
        fields = [*RevisionSerializer.Meta.fields, "template", "skills", "updated_at"]
        read_only_fields = fields


class AwardRuleSerializer(serializers.ModelSerializer):
    """The rule of a revision, and how one is awarded by it."""

    template = serializers.SlugField(source="template.slug")
    revision = serializers.IntegerField(source="number")
    rule = RuleField(read_only=True, help_text="Null in drafts whose rule is not sound yet")

    class Meta:
        model = Revision
        fields = ["id", "template", "revision", "state", "awarding", "rule", "updated_at"]
        read_only_fields = fields


class NoteSerializer(RowErrorSerializer):
    """What is worth a look, where it stands, and what to do about it."""

    pointer = serializers.CharField(help_text="JSON Pointer into what a draft says")


class CandidateNoteSerializer(serializers.Serializer):
    """What to know of a decision, and what to do where it is not meant so."""

    code = serializers.CharField(help_text="Stable word for the kind of note")
    reason = serializers.CharField()
    remedy = serializers.CharField()


class CandidateSerializer(serializers.Serializer):
    """A learner who was looked at, and why this came of it."""

    learner = Reference("The learner")
    occasion = serializers.CharField(help_text="Such as the offering; may be empty")
    outcome = serializers.ChoiceField(_OUTCOMES)
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="One sentence for each condition of the rule"
    )
    notes = CandidateNoteSerializer(
        many=True,
        help_text="`enrolment_withdrawn`: the learner has left a class whose results count, which "
        "bars nobody; `result_withdrawn`: a result was taken back, and does not count",
    )


class LapsedSerializer(serializers.Serializer):
    """An award by a rule that is not met any more."""

    award = serializers.IntegerField(source="pk", help_text="Its id")
    learner = Reference("The learner")
    occasion = serializers.CharField(help_text="Such as the offering; may be empty")


class EvaluatedSerializer(serializers.Serializer):
    """Who would be awarded by a rule now. Retired learners are not judged."""

    awarded = serializers.IntegerField(help_text="Would be awarded now")
    already = serializers.IntegerField(help_text="Were awarded before, and that was approved")
    waiting = serializers.IntegerField(
        help_text="Are awarded by a batch that waits for somebody to approve or decline it"
    )
    not_met = serializers.IntegerField(help_text="Have not earned it")
    lapsed = serializers.IntegerField(
        help_text="Awards by a rule that is not met any more, mostly because a result was "
        "withdrawn or corrected; it is for a person to withdraw them"
    )
    lapsed_awards = LapsedSerializer(many=True, help_text="Which these are, and whose")
    is_complete = serializers.BooleanField(
        help_text=f"False where more than {MOST_NAMED:,} of a kind are not named"
    )
    notes = NoteSerializer(
        many=True,
        help_text="What of the rule leads nowhere so far (`unknown_reference`), or what nobody "
        "could meet as far as is known (`never_met`)",
    )
    learners = CandidateSerializer(many=True)


_FILTERS: Final = {
    "template": serializers.SlugField(source="template__slug", max_length=100),
    "state": serializers.ChoiceField(Revision.State.choices),
}


class RevisionViewSet(viewsets.ReadOnlyModelViewSet):
    """All revisions of all templates."""

    scopes = ["templates.read"]
    queryset = Revision.objects.select_related("template").prefetch_related("attested__skill")
    filters = _FILTERS
    serializer_class = SingleRevisionSerializer


class AwardRuleViewSet(viewsets.ReadOnlyModelViewSet):
    """The award rules of all revisions that have one, by the revisions' ids.

    One that has none is answered 404 with the code `no_rule`.
    """

    scopes = ["templates.read"]
    write_scopes = ["rules.evaluate"]
    queryset = Revision.objects.filter(rule__isnull=False).select_related("template")
    filters: ClassVar = _FILTERS
    serializer_class = AwardRuleSerializer

    def get_object(self) -> Revision:
        """The revision; raises NoRule for one without a rule."""
        try:
            return super().get_object()
        except Http404:
            without = Revision.objects.filter(rule__isnull=True).select_related("template")
            raise NoRule(get_object_or_404(without, pk=self.kwargs["pk"])) from None

    @extend_schema(request=None, responses=EvaluatedSerializer)
    @action(detail=True, methods=["post"])
    def evaluate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Tell who would be awarded by this rule now, and why or why not. Awards nobody.

        It takes no body: a rule that is to be tried is put into a draft. A revision without a rule
        is answered 404 with the code `no_rule`.
        """
        bodies.demand_none(request)
        revision = self.get_object()
        found = awards.evaluate(revision, at=timezone.now())
        judged = (found.awards, found.granted, found.waiting, found.not_met)
        kinds = dict(zip(_OUTCOMES, judged, strict=True))
        named = {outcome: judged[:MOST_NAMED] for outcome, judged in kinds.items()}
        learners = Learner.objects.in_bulk(
            {each.learner_id for judged in named.values() for each in judged}
        )
        candidates = [each for judged in named.values() for each in judged]
        outcomes = [outcome for outcome, judged in named.items() for _ in judged]
        taken_back = withdrawn.notes(parse(revision.rule), candidates)
        told = [
            _told(each, outcome, learners[each.learner_id], its_notes)
            for each, outcome, its_notes in zip(candidates, outcomes, taken_back, strict=True)
        ]
        counts = {outcome: len(judged) for outcome, judged in kinds.items()}
        counts["lapsed"] = len(found.lapsed)
        whose = [award.pk for award in found.lapsed[:MOST_NAMED]]
        lapsed = Award.objects.filter(pk__in=whose).select_related("learner").order_by("pk")
        is_complete = len(told) + len(whose) == sum(counts.values())
        notes = NoteSerializer(readiness.notes(revision), many=True).data
        return Response(
            {
                **counts,
                "lapsed_awards": LapsedSerializer(lapsed, many=True).data,
                "is_complete": is_complete,
                "notes": notes,
                "learners": told,
            }
        )


def _told(
    judged: eligibility.Candidate, outcome: str, learner: Learner, notes: list[Note]
) -> dict[str, Any]:
    return {
        "learner": key_of(learner.source, learner.sourced_id),
        "occasion": judged.occasion,
        "outcome": outcome,
        "reasons": judged.reasons,
        "notes": [asdict(each) for each in notes],
    }
