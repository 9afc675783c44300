"""Read what was revoked, suspended and reinstated, and do so."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from issuer import tasks
from issuer.bodies import Strict
from issuer.models import StatusChange
from issuer.services import status
from issuer.services.clients import Client

ACTS = ("revoked", "superseded", "suspended", "reinstated")
_FORM = "verifiable_credential"


class StatusChangeSerializer(serializers.ModelSerializer):
    """What was done to a credential, when and why."""

    credential = serializers.UUIDField(source=f"{_FORM}.credential_id")
    act = serializers.ChoiceField(ACTS)
    superseded_by = serializers.UUIDField(
        allow_null=True, help_text="The credential that takes its place, where it was corrected"
    )

    class Meta:
        model = StatusChange
        fields = ["id", "credential", "act", "reason", "superseded_by", "at", "updated_at"]
        read_only_fields = fields


class StatusActSerializer(StatusChangeSerializer):
    """What was done to a credential now."""

    id = serializers.IntegerField(
        allow_null=True, help_text="Null in a dry run of what was not done before"
    )


class ReasonSerializer(Strict):
    """Why a status is changed."""

    reason = serializers.CharField(max_length=2_000, help_text="Kept in the ledger")


class StatusViewSet(viewsets.ReadOnlyModelViewSet):
    """All changes of status, the oldest first; of a credential the newest one counts."""

    scopes = ["credentials.read"]
    queryset = StatusChange.objects.select_related(_FORM)
    filters: ClassVar = {
        "credential": serializers.UUIDField(source=f"{_FORM}__credential"),
    }
    serializer_class = StatusChangeSerializer


class StatusActsMixin(viewsets.GenericViewSet):
    """Credentials whose status a client may change."""

    write_scopes = ["credentials.revoke"]

    @extend_schema(request=ReasonSerializer, responses=StatusActSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Revoke a credential for good. Again, it answers with the same change."""
        return self._change(status.revoke, request)

    @extend_schema(request=ReasonSerializer, responses=StatusActSerializer)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Suspend a credential until it is reinstated, if its template lets it be suspended."""
        return self._change(status.suspend, request)

    @extend_schema(request=ReasonSerializer, responses=StatusActSerializer)
    @action(detail=True, methods=["post"])
    def reinstate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Lift the suspension of a credential."""
        return self._change(status.reinstate, request)

    def _change(self, act: Any, request: Request) -> Response:
        asked = ReasonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        changed = act(self.get_object(), by=Client.of(request.auth), **asked.validated_data)
        tasks.publish_soon()
        return Response(StatusActSerializer(changed).data)
