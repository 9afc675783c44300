"""Read results."""

from rest_framework import serializers, viewsets

from registrar.models import Result


class ResultSerializer(serializers.ModelSerializer):
    """A result; `superseded_at` is null while it holds."""

    line_item = serializers.CharField(
        source="line_item.sourced_id", help_text="sourcedId of the line item"
    )
    learner = serializers.CharField(
        source="learner.sourced_id", help_text="sourcedId of the learner"
    )

    outcome = serializers.CharField(
        source="outcome.code",
        read_only=True,
        allow_null=True,
        help_text="Code of the outcome, where it speaks of one only",
    )
    assessment = serializers.CharField(help_text="Kind of assessment, such as exam; may be empty")
    assessor = serializers.CharField(help_text="Role of who assessed; may be empty")

    class Meta:
        model = Result
        fields = [
            "id",
            "source",
            "sourced_id",
            "line_item",
            "learner",
            "outcome",
            "status",
            "score",
            "possible",
            "text",
            "level",
            "assessment",
            "assessor",
            "dated",
            "withdrawn",
            "recorded_at",
            "superseded_at",
        ]
        read_only_fields = fields


class ResultViewSet(viewsets.ReadOnlyModelViewSet):
    """All results, the superseded ones too."""

    scopes = ["results.read"]
    queryset = Result.objects.select_related("line_item", "learner", "outcome")
    serializer_class = ResultSerializer
