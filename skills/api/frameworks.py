"""Read frameworks and skills; find skills."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from skills.models import Framework, Skill
from skills.services import search

SEARCH = {"search", "kind", "framework", "limit"}


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


class SearchSerializer(serializers.Serializer):
    """What is searched for, and within what."""

    search = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=1000,
        help_text=(
            "Words, beginnings of words, or a code: answers with one page of current skills, "
            "the best first"
        ),
    )
    kind = serializers.ChoiceField(
        Skill.Kind.choices, required=False, help_text="With `search`: only skills of this kind"
    )
    framework = serializers.PrimaryKeyRelatedField(
        queryset=Framework.objects.all(),
        required=False,
        help_text="With `search`: only skills of the framework with this id",
    )


class FrameworkViewSet(viewsets.ReadOnlyModelViewSet):
    """All frameworks that have been imported."""

    # Other words below `frameworks/` are addresses of their own.
    lookup_value_regex = "[0-9]+"
    scopes = ["skills.read"]
    queryset = Framework.objects.all()
    serializer_class = FrameworkSerializer


class SkillViewSet(viewsets.ReadOnlyModelViewSet):
    """All skills, the retired ones too; with `search` the current ones that match."""

    scopes = ["skills.read"]
    queryset = Skill.objects.all()
    serializer_class = SkillSerializer

    @extend_schema(parameters=[SearchSerializer])
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """A page of all, or what was searched for."""
        if "search" not in request.query_params:
            return super().list(request, *args, **kwargs)
        if unknown := sorted(set(request.query_params) - SEARCH):
            raise serializers.ValidationError(
                {name: ["A search does not know this."] for name in unknown}
            )
        asked = SearchSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        within = asked.validated_data
        found = search.find(
            within["search"],
            limit=cast(CursorPagination, self.paginator).get_page_size(request) or search.LIMIT,
            kinds=[within["kind"]] if "kind" in within else [],
            frameworks=[within["framework"]] if "framework" in within else [],
        )
        page = self.get_serializer(found.skills, many=True)
        return Response({"next": None, "previous": None, "results": page.data})
