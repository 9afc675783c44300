"""Read credential templates."""

from rest_framework import serializers, viewsets

from registrar.models import CredentialTemplate, Revision


class RevisionSerializer(serializers.ModelSerializer):
    """One revision of a template."""

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
            "rule",
            "approved_at",
            "retired_at",
        ]


class TemplateSerializer(serializers.ModelSerializer):
    """A template with all its revisions, the newest first."""

    revisions = RevisionSerializer(many=True)

    class Meta:
        model = CredentialTemplate
        fields = ["id", "slug", "created_at", "revisions"]


class TemplateViewSet(viewsets.ReadOnlyModelViewSet):
    """All templates."""

    scopes = ["templates.read"]
    queryset = CredentialTemplate.objects.prefetch_related("revisions")
    serializer_class = TemplateSerializer
