"""Read frameworks and skills; find skills."""

from datetime import UTC, datetime, time
from typing import Any, ClassVar, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from skills.models import Framework, Skill, SkillWording
from skills.services import search

SEARCH = {"search", "kind", "framework", "limit", "fields"}


class FrameworkSerializer(serializers.ModelSerializer):
    """A framework."""

    class Meta:
        model = Framework
        fields = [
            "id",
            "identifier",
            "uri",
            "title",
            "creator",
            "version",
            "language",
            "is_own",
            "updated_at",
        ]
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
            "updated_at",
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
        Skill.Kind.choices,
        required=False,
        help_text="Only skills of this kind",
        error_messages={"invalid_choice": f"It is one of: {', '.join(Skill.Kind.values)}."},
    )
    framework = serializers.IntegerField(
        min_value=1, required=False, help_text="Only skills of the framework with this id"
    )

    def validate_framework(self, pk: int) -> Framework:
        """The framework that is meant."""
        found = Framework.objects.filter(pk=pk).first()
        if found is None:
            raise serializers.ValidationError(
                "There is no framework with this id. /api/v1/frameworks lists them.",
                code="unknown_reference",
            )
        return found


class AsOfSerializer(serializers.Serializer):
    """The day as of which the list is read."""

    as_of = serializers.DateField(
        required=False,
        help_text=(
            "Skills that were not retired at the end of this day (UTC), as they were worded then; "
            "keywords are today's"
        ),
    )


class SkillAsOfSerializer(serializers.ModelSerializer):
    """A skill as it was worded on a day."""

    id = serializers.IntegerField(source="skill_id")
    framework = serializers.IntegerField(source="skill.framework_id")
    identifier = serializers.CharField(source="skill.identifier")
    keywords = serializers.ListField(child=serializers.CharField(), source="skill.keywords")
    retired_at = serializers.DateTimeField(source="skill.retired_at")
    updated_at = serializers.DateTimeField(source="skill.updated_at")

    class Meta:
        model = SkillWording
        fields = SkillSerializer.Meta.fields
        read_only_fields = fields


class FrameworkViewSet(viewsets.ReadOnlyModelViewSet):
    """All frameworks that have been imported."""

    # Other words below `frameworks/` are addresses of their own.
    lookup_value_regex = "[0-9]+"
    scopes = ["skills.read"]
    queryset = Framework.objects.all()
    filters: ClassVar = {"is_own": serializers.BooleanField()}
    serializer_class = FrameworkSerializer


class SkillViewSet(viewsets.ReadOnlyModelViewSet):
    """All skills, the retired ones too; with `search` the current ones that match.

    With `as_of` those of a day, as they read then.
    """

    scopes = ["skills.read"]
    parameters = ("as_of", "search")
    queryset = Skill.objects.all()
    filters: ClassVar = {
        "framework": serializers.IntegerField(min_value=1, help_text="Id of the framework"),
        "kind": serializers.ChoiceField(Skill.Kind.choices),
        "current": serializers.BooleanField(source="retired_at__isnull"),
    }
    serializer_class = SkillSerializer

    @extend_schema(parameters=[SearchSerializer, AsOfSerializer])
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """A page of all or of those of a day, or what was searched for."""
        if "search" not in request.query_params:
            if "as_of" in request.query_params:
                return self._as_of(request)
            return super().list(request, *args, **kwargs)
        if unknown := sorted(set(request.query_params) - SEARCH):
            raise serializers.ValidationError(
                {name: ["A search does not know this."] for name in unknown}
            )
        pages = cast(Any, self.paginator)
        pages.demand_known(request, self)
        asked = SearchSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        within = asked.validated_data
        found = search.find(
            within["search"],
            limit=pages.get_page_size(request),
            kinds=[within["kind"]] if "kind" in within else [],
            frameworks=[within["framework"]] if "framework" in within else [],
        )
        page = self.get_serializer(found.skills, many=True)
        return Response(
            {"next": None, "previous": None, "updated_until": None, "results": page.data}
        )

    def _as_of(self, request: Request) -> Response:
        asked = AsOfSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        evening = datetime.combine(asked.validated_data["as_of"], time.max, UTC)
        held = self.filter_queryset(Skill.objects.as_of(evening))
        page = self.paginate_queryset(held) or []
        wordings = SkillWording.objects.as_of(evening).filter(skill__in=page)
        read = SkillAsOfSerializer(wordings.select_related("skill").order_by("skill"), many=True)
        return self.get_paginated_response(read.data)
