"""Read and send courses, activities and outcomes; read skill tags. Also as of an earlier day."""

from datetime import date
from typing import Any, ClassVar, Final

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from issuer.errors import WrongState
from registrar.api import filters
from registrar.api.changes import ChangesMixin, changing
from registrar.api.references import Reference
from registrar.api.upserts import upserting
from registrar.models import (
    Activity,
    Course,
    LearningOpportunity,
    LearningOutcome,
    OutcomeWording,
    SkillTag,
)
from registrar.models.catalog import parted
from registrar.models.spans import held_on


class OpportunitySerializer(serializers.ModelSerializer):
    """A course or an activity."""

    organisation = Reference("Its organisation", source="unit")
    credit = serializers.ChoiceField(
        LearningOpportunity.Credit.choices, allow_blank=True, help_text="Empty where nobody said"
    )

    class Meta:
        model = LearningOpportunity
        fields = [
            "id",
            "source",
            "sourced_id",
            "code",
            "title",
            "description",
            "organisation",
            "credit",
            "credits",
            "hours",
            "retired_at",
            "updated_at",
        ]
        read_only_fields = fields


class AsOfSerializer(serializers.Serializer):
    """The day as of which a list is read."""

    as_of = serializers.DateField(
        required=False,
        help_text=(
            "Only what held on this day, as it was worded then; the first day of a term tells "
            "what holds for the term"
        ),
    )


class OutcomeSerializer(serializers.ModelSerializer):
    """A learning outcome of a course or activity."""

    statement = serializers.CharField(source="words", help_text="With `as_of` as it read then")
    course = Reference("The course or activity", source="opportunity")

    class Meta:
        model = LearningOutcome
        fields = [
            "id",
            "code",
            "statement",
            "course",
            "holds_from",
            "holds_until",
            "retired_at",
            "updated_at",
        ]
        read_only_fields = fields


class SkillTagSerializer(serializers.ModelSerializer):
    """That an outcome teaches, practises or assesses a skill, from one day to another."""

    outcome = serializers.CharField(source="outcome.code", help_text="Code of the outcome")
    course = Reference("The course or activity", source="outcome.opportunity")
    skill = serializers.CharField(source="skill.uri", help_text="URI of the skill")
    skill_id = serializers.IntegerField(help_text="Id of the skill here")

    class Meta:
        model = SkillTag
        fields = [
            "id",
            "outcome",
            "course",
            "skill",
            "skill_id",
            "emphasis",
            "level",
            "state",
            "holds_from",
            "holds_until",
            "updated_at",
        ]
        read_only_fields = fields


OPPORTUNITY_FILTERS: Final = {
    "source": filters.source(),
    "code": serializers.CharField(max_length=100, help_text="Only with this code"),
    "organisation": filters.LeadingTo("unit"),
    "current": filters.current(),
}


@extend_schema_view(
    create=upserting("courses"), partial_update=changing("courses", OpportunitySerializer)
)
class CourseViewSet(ChangesMixin, viewsets.ReadOnlyModelViewSet):
    """All courses."""

    kind = "courses"
    scopes = ["catalog.read"]
    write_scopes = ["catalog.write"]
    queryset = Course.objects.select_related("unit")
    filters = OPPORTUNITY_FILTERS
    serializer_class = OpportunitySerializer


@extend_schema_view(
    create=upserting("activities"), partial_update=changing("activities", OpportunitySerializer)
)
class ActivityViewSet(ChangesMixin, viewsets.ReadOnlyModelViewSet):
    """All co-curricular activities."""

    kind = "activities"
    scopes = ["catalog.read"]
    write_scopes = ["catalog.write"]
    queryset = Activity.objects.select_related("unit")
    filters = OPPORTUNITY_FILTERS
    serializer_class = OpportunitySerializer


class AsOfViewSet(viewsets.ReadOnlyModelViewSet):
    """A list that can be read as of a day."""

    scopes = ["catalog.read"]
    parameters = ("as_of",)

    @property
    def day(self) -> date | None:
        """The day that is asked for."""
        asked = AsOfSerializer(data=self.request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return asked.validated_data.get("as_of")

    @extend_schema(parameters=[AsOfSerializer])
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """A page of all, or of what held on a day."""
        return super().list(request, *args, **kwargs)


@extend_schema_view(
    create=upserting("outcomes"),
    partial_update=changing(
        "outcomes",
        OutcomeSerializer,
        description="Reword an outcome, or retire it, from the term on that is edited; what held "
        "before stays readable with `as_of`. One that was retired is refused (409).",
    ),
)
class OutcomeViewSet(ChangesMixin, AsOfViewSet):
    """All learning outcomes in their present words; with `as_of` those that held on that day."""

    kind = "outcomes"
    write_scopes = ["catalog.write"]
    other_ids = ", or sis:<source>:<code>, the source being that of its course"

    queryset = LearningOutcome.objects.select_related("opportunity")
    filters: ClassVar = {
        "source": filters.source("opportunity__source"),
        "code": serializers.CharField(max_length=100, help_text="Only with this code"),
        "course": filters.LeadingTo("opportunity"),
        "current": filters.current(),
    }
    serializer_class = OutcomeSerializer

    def get_queryset(self) -> QuerySet[LearningOutcome]:
        """Each with its words."""
        if (day := self.day) is None:
            return super().get_queryset().annotate(words=F("statement"))
        then = OutcomeWording.objects.as_of(day).filter(outcome=OuterRef("pk"))
        held = super().get_queryset().filter(held_on(day))
        return held.annotate(words=Subquery(then.values("statement")))

    def named(self, key: str) -> Q:
        """What an outcome is sent by: its code, and the source of its course."""
        source, code = parted(key)
        return Q(opportunity__source=source, code=code)

    def source_of(self, held: LearningOutcome) -> str:
        """That of its course."""
        return held.opportunity.source

    def demand_standing(self, held: LearningOutcome) -> None:
        """Only an outcome that is not retired can be changed."""
        if held.retired_at is not None:
            raise WrongState("This outcome was retired.")

    def identity(self, held: LearningOutcome) -> dict[str, Any]:
        """Outcomes go by their codes, and stay with their courses."""
        return {"code": held.code}


class SkillTagViewSet(AsOfViewSet):
    """All skill tags, whatever became of them; with `as_of` the accepted ones that held then."""

    queryset = SkillTag.objects.select_related("outcome__opportunity", "skill")
    filters: ClassVar = {
        "outcome": serializers.CharField(
            source="outcome__code", max_length=100, help_text="Code of the outcome"
        ),
        "skill": serializers.CharField(
            source="skill__uri", max_length=1_000, help_text="URI of the skill"
        ),
        "state": serializers.ChoiceField(SkillTag.State.choices),
    }
    serializer_class = SkillTagSerializer

    def get_queryset(self) -> QuerySet[SkillTag]:
        """All, or those of the day."""
        day, tags = self.day, super().get_queryset()
        return tags if day is None else tags & SkillTag.objects.as_of(day)
