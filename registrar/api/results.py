"""Read and send line items and results."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers, viewsets

from registrar.api import filters
from registrar.api.changes import ChangesMixin, changing
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
            "updated_at",
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
            "updated_at",
        ]
        read_only_fields = fields


@extend_schema_view(
    create=upserting("line-items"), partial_update=changing("line-items", LineItemSerializer)
)
class LineItemViewSet(ChangesMixin, viewsets.ReadOnlyModelViewSet):
    """All line items."""

    kind = "line-items"
    scopes = ["results.read"]
    write_scopes = ["results.write"]
    queryset = LineItem.objects.select_related("offering")
    filters: ClassVar = {
        "source": filters.source(),
        "offering": filters.LeadingTo("offering"),
        "current": filters.current(),
    }
    serializer_class = LineItemSerializer


@extend_schema_view(create=upserting("results"))
class ResultViewSet(UpsertsMixin, viewsets.ReadOnlyModelViewSet):
    """All results, the superseded ones too. What is sent supersedes what it differs from."""

    kind = "results"
    scopes = ["results.read"]
    write_scopes = ["results.write"]
    queryset = Result.objects.select_related("line_item", "learner", "outcome")
    filters: ClassVar = {
        "source": filters.source(),
        "learner": filters.LeadingToLearner("learner"),
        "line_item": filters.LeadingTo("line_item"),
        "current": serializers.BooleanField(
            source="superseded_at__isnull", help_text="true: only what is not superseded"
        ),
    }
    serializer_class = ResultSerializer
