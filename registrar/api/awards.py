"""Read awards."""

from rest_framework import serializers, viewsets

from registrar.models import Award


class AwardSerializer(serializers.ModelSerializer):
    """An award with the reasons for it."""

    template = serializers.SlugField(source="template.slug")
    learner = serializers.CharField(
        source="learner.sourced_id", help_text="sourcedId of the learner"
    )
    revision = serializers.IntegerField(source="revision.number")
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="One sentence for each condition of the rule"
    )
    credential = serializers.UUIDField(source="credential_id")

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
        ]
        read_only_fields = fields


class AwardViewSet(viewsets.ReadOnlyModelViewSet):
    """All awards."""

    scopes = ["awards.read"]
    queryset = Award.objects.select_related("template", "learner", "revision")
    serializer_class = AwardSerializer
