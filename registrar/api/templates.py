"""Read credential templates."""

from typing import ClassVar, Final

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Greatest
from rest_framework import serializers, viewsets

from registrar.api.award_rules import RuleField
from registrar.api.references import Reference
from registrar.models import CredentialTemplate, Revision
from registrar.services.drafting import templates

# What a revision says, but for its rule, its skills, its image, and what is for colleagues only.
WORDS: Final = templates.COMMON_WORDING


class RevisionSerializer(serializers.ModelSerializer):
    """One revision of a template."""

    rule = RuleField(
        read_only=True,
        help_text="The award rule; null in drafts that have none yet, or no sound one",
    )

    class Meta:
        model = Revision
        fields = [
            "id",
            "number",
            "state",
            *WORDS,
            "rule",
            "approved_at",
            "retired_at",
        ]
        read_only_fields = fields


class TemplateSerializer(serializers.ModelSerializer):
    """A template with all its revisions, the newest first."""

    organisation = Reference("Whose it is", source="unit")
    revisions = RevisionSerializer(many=True)
    updated_at = serializers.DateTimeField(
        source="last_change", help_text="When it or one of its revisions was last changed"
    )

    class Meta:
        model = CredentialTemplate
        fields = ["id", "slug", "organisation", "created_at", "revisions", "updated_at"]
        read_only_fields = fields


_LAST_REVISED: Final = (
    Revision.objects.filter(template=OuterRef("pk"))
    .order_by("-updated_at")
    .values("updated_at")[:1]
)


class TemplateViewSet(viewsets.ReadOnlyModelViewSet):
    """All templates. Systems draft them, people approve."""

    scopes = ["templates.read"]
    write_scopes = ["templates.draft"]
    queryset = (
        CredentialTemplate.objects.select_related("unit")
        .prefetch_related("revisions")
        .annotate(last_change=Greatest("updated_at", Subquery(_LAST_REVISED)))
    )
    updated = F("last_change")
    other_ids = ": /api/v1/templates?slug= finds it by the short name"
    filters: ClassVar = {"slug": serializers.SlugField(max_length=100)}
    serializer_class = TemplateSerializer
