"""Read awards."""

from typing import ClassVar

from django.db.models import F, QuerySet
from rest_framework import serializers, viewsets

from issuer import addresses
from registrar.api import filters
from registrar.api.references import Reference
from registrar.models import Award


class AwardSerializer(serializers.ModelSerializer):
    """An award with the reasons for it."""

    template = serializers.SlugField(source="template.slug")
    learner = Reference("The learner")
    revision = serializers.IntegerField(source="revision.number")
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="One sentence for each condition of the rule"
    )
    credential = serializers.UUIDField(source="credential_id")
    credential_page = addresses.page()
    credential_document = addresses.document()
    updated_at = serializers.DateTimeField(help_text="When its batch was last changed")

    class Meta:
        model = Award
        fields = [
            "id",
            "template",
            "revision",
            "learner",
            "occasion",
            "generation",
            "awarded_on",
            "reasons",
            "batch",
            "credential",
            "credential_page",
            "credential_document",
            "updated_at",
        ]
        read_only_fields = fields


class AwardViewSet(viewsets.ReadOnlyModelViewSet):
    """All awards."""

    scopes = ["awards.read"]
    queryset = Award.objects.select_related("template", "learner", "revision").annotate(
        updated_at=F("batch__updated_at")
    )
    updated = F("batch__updated_at")
    filters: ClassVar = {
        "template": serializers.SlugField(source="template__slug", max_length=100),
        "learner": filters.LeadingToLearner("learner"),
        "batch": serializers.UUIDField(),
        "credential": serializers.UUIDField(),
    }
    serializer_class = AwardSerializer

    def get_queryset(self) -> QuerySet[Award]:
        """Awards, with the addresses of their credentials for whoever may know them."""
        return addresses.told(super().get_queryset(), self.request, credential="credential_id")
