"""Read courses, activities and learning outcomes."""

from rest_framework import serializers, viewsets

from registrar.models import Activity, Course, LearningOpportunity, LearningOutcome


class OpportunitySerializer(serializers.ModelSerializer):
    """A course or an activity."""

    unit = serializers.CharField(source="unit.name", help_text="Name of its organisation unit")
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
            "unit",
            "credit",
            "credits",
            "hours",
            "retired_at",
        ]
        read_only_fields = fields


class OutcomeSerializer(serializers.ModelSerializer):
    """A learning outcome of a course or activity."""

    opportunity = serializers.CharField(
        source="opportunity.code", help_text="Code of the course or activity"
    )

    class Meta:
        model = LearningOutcome
        fields = ["id", "code", "statement", "opportunity", "retired_at"]
        read_only_fields = fields


class CourseViewSet(viewsets.ReadOnlyModelViewSet):
    """All courses."""

    scopes = ["catalog.read"]
    queryset = Course.objects.select_related("unit")
    serializer_class = OpportunitySerializer


class ActivityViewSet(viewsets.ReadOnlyModelViewSet):
    """All co-curricular activities."""

    scopes = ["catalog.read"]
    queryset = Activity.objects.select_related("unit")
    serializer_class = OpportunitySerializer


class OutcomeViewSet(viewsets.ReadOnlyModelViewSet):
    """All learning outcomes."""

    scopes = ["catalog.read"]
    queryset = LearningOutcome.objects.select_related("opportunity")
    serializer_class = OutcomeSerializer
