"""Read credential templates."""

from rest_framework import serializers, viewsets

from registrar.api.award_rules import RuleField
from registrar.models import CredentialTemplate, Revision


class RevisionSerializer(serializers.ModelSerializer):
    """One revision of a template."""

    rule = RuleField(
        read_only=True,
        help_text="The award rule; null in drafts that have none yet, or no sound one",
    )

    class Meta:
        model = Revision
        fields = [
            "number",
            "state",
            "name",
            "description",
            "criteria",
            "achievement_type",
            "human_code",
            "language",
            "credits",
            "status_purpose",
            "rule",
            "approved_at",
            "retired_at",
        ]
        read_only_fields = fields


class TemplateSerializer(serializers.ModelSerializer):
    """A template with all its revisions, the newest first."""

    revisions = RevisionSerializer(many=True)

    class Meta:
        model = CredentialTemplate
        fields = ["id", "slug", "created_at", "revisions"]
        read_only_fields = fields


class TemplateViewSet(viewsets.ReadOnlyModelViewSet):
    """All templates."""

    scopes = ["templates.read"]
    queryset = CredentialTemplate.objects.prefetch_related("revisions")
    serializer_class = TemplateSerializer
