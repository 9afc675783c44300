"""Read how far rows are that a system sent, and what became of each."""

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from oauth2_provider.models import AccessToken
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from issuer.bodies import Asked
from registrar.models import UpsertedRow, UpsertJob
from registrar.readers.row_members import MEMBERS
from registrar.services.feeding import upsert_rows


class RowErrorSerializer(serializers.Serializer):
    """One thing that is wrong with a row or worth a look, where, and what to do about it."""

    pointer = serializers.CharField(help_text="JSON Pointer into the list of rows")
    code = serializers.CharField(help_text="Stable word for the kind of error")
    reason = serializers.CharField()
    remedy = serializers.CharField()


class SentRowSerializer(serializers.ModelSerializer):
    """What became of a row."""

    row = serializers.IntegerField(
        source="index", help_text="Counted from 0, without the header and blank lines of a sheet"
    )
    key = serializers.CharField(
        help_text="Its sourcedId, of an outcome its code; empty where it has none that is good"
    )
    status = serializers.ChoiceField(
        upsert_rows.STATUSES, help_text="`error`: it is wrong, and changed nothing"
    )
    errors = RowErrorSerializer(  # type: ignore[assignment]
        many=True, help_text="All that is wrong with it; empty where it is right"
    )
    notes = RowErrorSerializer(
        many=True,
        help_text="What to know of a row that is right. `same_person`: another system brought this "
        "learner before, or a file of awards named them; `maybe_the_same`: perhaps; "
        "`number_of_several`: another learner of this source has the number; `number_known`: a "
        "learner of a file of awards or of an agreed source has it; `emptied`: a member held "
        "something, and null or an empty cell took it away; `brought_back`: it was "
        "retired or withdrawn, and stands again since the row does not say so; "
        "`learner_retired`: it is about a learner who is; `duplicate`: a row before says the same",
    )

    class Meta:
        model = UpsertedRow
        fields = ["row", "key", "status", "errors", "notes"]
        read_only_fields = fields


class JobSerializer(serializers.ModelSerializer):
    """Rows that are being written, and how far that is; `reason` tells why it failed."""

    state = serializers.ChoiceField(
        UpsertJob.State.choices,
        help_text="`waiting` until a worker takes it up, `running` until it is `done`, or "
        "`failed`: then rows after the first `done` ones were not reached",
    )
    reason = serializers.CharField(help_text="Empty unless it failed")

    class Meta:
        model = UpsertJob
        fields = [
            "id",
            "state",
            "kind",
            "source",
            "dry_run",
            "total",
            "done",
            "created",
            "updated",
            "unchanged",
            "errors",
            "reason",
            "taken_at",
            "ended_at",
            "updated_at",
        ]
        read_only_fields = fields


class WantedRowsSerializer(Asked):
    """Which rows of a job are read."""

    status = serializers.ChoiceField(
        upsert_rows.STATUSES, required=False, help_text="Only those of which this became"
    )


class JobViewSet(viewsets.ReadOnlyModelViewSet):
    """The client's own jobs; they are kept for a week after their end."""

    scopes = ["jobs.read"]
    queryset = UpsertJob.objects.none()
    filters: ClassVar = {
        "state": serializers.ChoiceField(UpsertJob.State.choices),
        "kind": serializers.ChoiceField(sorted(MEMBERS)),
    }
    serializer_class = JobSerializer

    @property
    def parameters(self) -> tuple[str, ...]:
        """What a list takes beside its pages."""
        return ("status",) if self.action == "rows" else ()

    def get_queryset(self) -> QuerySet[UpsertJob]:
        """Nobody sees what another client sent."""
        token = cast(AccessToken, self.request.auth)
        return UpsertJob.objects.filter(application=token.application_id)

    @extend_schema(
        parameters=[WantedRowsSerializer], responses=SentRowSerializer(many=True), filters=False
    )
    @action(detail=True)
    def rows(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What became of each row of a job that was written so far, in their order."""
        asked = WantedRowsSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        found = UpsertedRow.objects.filter(job=self.get_object(), **asked.validated_data)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(SentRowSerializer(page, many=True).data)
