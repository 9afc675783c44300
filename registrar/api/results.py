"""Read and send line items and results."""

from typing import Any, ClassVar

from django.db.models import Q
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers, viewsets

from issuer.errors import WrongState
from registrar.api import filters
from registrar.api.changes import ChangesMixin, changing
from registrar.api.references import Reference
from registrar.api.upserts import upserting
from registrar.models import LineItem, Result


class ResultSerializer(serializers.ModelSerializer):
    """A result; `superseded_at` is null while it holds."""

    line_item = Reference("The line item")
    learner = Reference("The learner")
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


class SupersedingResultSerializer(ResultSerializer):
    """The result that holds now."""

    id = serializers.IntegerField(
        allow_null=True, help_text="Null in a dry run that would supersede"
    )


class LineItemSerializer(serializers.ModelSerializer):
    """Something assessed in an offering: an assignment, an exam, the final result."""

    offering = Reference("The offering")

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


@extend_schema_view(
    create=upserting("results"),
    partial_update=changing(
        "results",
        SupersedingResultSerializer,
        description="Supersede a result by one that says otherwise what is given, and all else "
        "alike. No result is edited: the answer is the new one, with an `id` of its own, and the "
        "old one stays readable with `superseded_at`. What changes nothing answers with the same "
        "row. One that was superseded before is refused (409).",
    ),
)
class ResultViewSet(ChangesMixin, viewsets.ReadOnlyModelViewSet):
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

    def named(self, key: str) -> Q:
        """Of the whole, and the one that holds."""
        return super().named(key) & Q(superseded_at=None, outcome=None)

    def demand_standing(self, held: Result) -> None:
        """Only a result that holds can be superseded."""
        if held.superseded_at is not None:
            raise WrongState("This result was superseded. Change the one that holds now.")

    def identity(self, held: Result) -> dict[str, Any]:
        """Two results may have one key: of the whole, and of an outcome alone."""
        return {"sourced_id": held.sourced_id, "outcome": held.outcome and held.outcome.code}

    def is_gone(self, held: Result) -> bool:
        """Whether its source took it back."""
        return held.withdrawn

    def successor(self, held: Result) -> Result:
        """The result that holds now."""
        return self.get_queryset().get(
            source=held.source,
            sourced_id=held.sourced_id,
            outcome__isnull=held.outcome_id is None,
            superseded_at=None,
        )
