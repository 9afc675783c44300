"""Read what the nights did, step by step, and what of it waits for a person."""

from typing import Any, ClassVar

from django.db.models import Count, Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registrar.models import NightRun, NightStep
from registrar.models.nights import SETTLED

_HELD = Q(steps__state=NightStep.State.HELD) & ~Q(steps__roster__state__in=SETTLED)


class NightSerializer(serializers.ModelSerializer):
    """A night: when it ran, and how many of its steps wait for a person."""

    number = serializers.IntegerField(
        help_text="Which run of its date: the clock begins the first, people others"
    )
    state = serializers.ChoiceField(NightRun.State.choices)
    taken = serializers.IntegerField(help_text="Steps taken so far")
    held = serializers.IntegerField(
        help_text="Steps that wait for a person, until somebody applies or discards the roster"
    )
    failed = serializers.IntegerField(help_text="Steps that failed")

    class Meta:
        model = NightRun
        fields = [
            "id",
            "date",
            "number",
            "state",
            "began_at",
            "ended_at",
            "taken",
            "held",
            "failed",
        ]
        read_only_fields = fields


class RefusalSerializer(serializers.Serializer):
    """What a step refused, and what to do about it."""

    reason = serializers.CharField()
    remedy = serializers.CharField(source="fix", help_text="Empty where nothing more is known")


class NightStepSerializer(serializers.ModelSerializer):
    """A step of a night about one feed or template: what it counted, and what it refused."""

    name = serializers.ChoiceField(NightStep.Name.choices)
    about = serializers.CharField(
        help_text="The feed, of `award` the short name of the template; empty where it is about all"
    )
    state = serializers.ChoiceField(
        NightStep.State.choices, help_text="`held`: it was left to a person, and all else went on"
    )
    standing = serializers.ChoiceField(
        sorted({*NightStep.State.values, *SETTLED}),
        help_text="The same, or what somebody has done since with the roster that was held",
    )
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        source="counted",
        help_text="By what is counted, such as `new`, `errors`, `issued`",
    )
    refused = RefusalSerializer(many=True, help_text="The first of each kind")

    class Meta:
        model = NightStep
        fields = [
            "name",
            "about",
            "state",
            "standing",
            "counts",
            "refused",
            "batch",
            "began_at",
            "ended_at",
        ]
        read_only_fields = fields


class NightViewSet(viewsets.ReadOnlyModelViewSet):
    """All nights; `/steps` of one tells what it did."""

    scopes = ["nights.read"]
    queryset = NightRun.objects.annotate(
        taken=Count("steps"),
        held=Count("steps", filter=_HELD),
        failed=Count("steps", filter=Q(steps__state=NightStep.State.FAILED)),
    )
    filters: ClassVar = {
        "date": serializers.DateField(help_text="Only those of this date"),
        "since": serializers.DateField(
            source="date__gte", help_text="Only those of this date, and later"
        ),
        "state": serializers.ChoiceField(NightRun.State.choices),
    }
    serializer_class = NightSerializer

    @extend_schema(responses=NightStepSerializer(many=True), filters=False)
    @action(detail=True)
    def steps(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The steps that a night has taken so far, in their order."""
        steps = NightStep.objects.filter(run=self.get_object()).select_related("roster")
        page = self.paginate_queryset(steps)
        return self.get_paginated_response(NightStepSerializer(page, many=True).data)
