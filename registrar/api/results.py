"""Read and send line items and results."""

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers, viewsets

from registrar.api.upserts import UpsertsMixin, upserting
from registrar.models import LineItem, Result


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


class LineItemSerializer(serializers.ModelSerializer):
    """Something assessed in an offering: an assignment, an exam, the final result."""

    offering = serializers.CharField(
        source="offering.sourced_id", help_text="sourcedId of the offering"
    )

    class Meta:
        model = LineItem
        fields = [
            "id",
            "source",
            "sourced_id",
            "offering",
            "title",
            "category",
            "minimum",
            "maximum",
            "retired_at",
        ]
        read_only_fields = fields


@extend_schema_view(create=upserting("line-items"))
class LineItemViewSet(UpsertsMixin, viewsets.ReadOnlyModelViewSet):
    """All line items."""

    kind = "line-items"
    scopes = ["results.read"]
    write_scopes = ["results.write"]
    queryset = LineItem.objects.select_related("offering")
    serializer_class = LineItemSerializer


@extend_schema_view(create=upserting("results"))
class ResultViewSet(UpsertsMixin, viewsets.ReadOnlyModelViewSet):
    """All results, the superseded ones too. What is sent supersedes what it differs from."""

    kind = "results"
    scopes = ["results.read"]
    write_scopes = ["results.write"]
    queryset = Result.objects.select_related("line_item", "learner", "outcome")
    serializer_class = ResultSerializer
