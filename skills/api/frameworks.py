"""Read frameworks and skills."""

from rest_framework import serializers, viewsets

from skills.models import Framework, Skill


class FrameworkSerializer(serializers.ModelSerializer):
    """A framework."""

    class Meta:
        model = Framework
        fields = ["id", "identifier", "uri", "title", "creator", "version", "language", "is_own"]
        read_only_fields = fields


class SkillSerializer(serializers.ModelSerializer):
    """A skill; `retired_at` is null while it may be chosen."""

    keywords = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Skill
        fields = [
            "id",
            "framework",
            "identifier",
            "uri",
            "code",
            "label",
            "statement",
            "kind",
            "keywords",
            "retired_at",
        ]
        read_only_fields = fields


class FrameworkViewSet(viewsets.ReadOnlyModelViewSet):
    """All frameworks that have been imported."""

    # Other words below `frameworks/` are addresses of their own.
    lookup_value_regex = "[0-9]+"
    scopes = ["skills.read"]
    queryset = Framework.objects.all()
    serializer_class = FrameworkSerializer


class SkillViewSet(viewsets.ReadOnlyModelViewSet):
    """All skills, the retired ones too."""

    scopes = ["skills.read"]
    queryset = Skill.objects.all()
    serializer_class = SkillSerializer
