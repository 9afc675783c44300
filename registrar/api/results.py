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

    class Meta:
        model = Result
        fields = [
            "id",
            "source",
            "sourced_id",
            "line_item",
            "learner",
            "status",
            "score",
            "text",
            "dated",
            "withdrawn",
            "recorded_at",
            "superseded_at",
        ]
        read_only_fields = fields


class ResultViewSet(viewsets.ReadOnlyModelViewSet):
    """All results, the superseded ones too."""

    scopes = ["results.read"]
    queryset = Result.objects.select_related("line_item", "learner")
    serializer_class = ResultSerializer
