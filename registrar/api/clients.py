"""A client sees how it proves who it is, and changes its own secret without a gap."""

from datetime import timedelta
from typing import Any, cast

from drf_spectacular.utils import OpenApiResponse, extend_schema
from oauth2_provider.models import AbstractApplication, AccessToken
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from issuer.bodies import Strict
from issuer.services.clients import Client
from registrar.api.told_once import ToldOnce
from registrar.services.college import api_clients, client_keys


class ClientKeySerializer(serializers.Serializer):
    """A public key with which the client signs assertions; the key itself it has."""

    kid = serializers.CharField(help_text="Its name; empty where the only key has none")
    kty = serializers.CharField(help_text="Its family, such as EC, OKP, RSA")
    crv = serializers.CharField(help_text="Its curve; empty where it has none")


class ClientSerializer(serializers.Serializer):
    """The client whose token it is: what it may ask for, and what proves who it is until when."""

    id = serializers.CharField(help_text="The client id")
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField(), help_text="What it may ask for")
    sources = serializers.ListField(
        child=serializers.CharField(),
        help_text="As which systems it may send rows (`?source=`), and whose rows it may change; "
        "it may refer to those of others. Empty: as any",
    )
    secret_ends_at = serializers.DateTimeField(
        allow_null=True, help_text="When its secret opens nothing any more"
    )
    former_secret_ends_at = serializers.DateTimeField(
        allow_null=True, help_text="When the secret before ends; null where it has"
    )
    keys = ClientKeySerializer(
        many=True, help_text="Those that are registered, or were last read at `jwks_uri`"
    )
    jwks_uri = serializers.CharField(help_text="Where it serves its keys; empty where it does not")
    keys_end_at = serializers.DateTimeField(
        allow_null=True, help_text="When its keys end; null where nobody said so"
    )


class ClientSecretOptionsSerializer(Strict):
    """How the secret is changed."""

    overlap_days = serializers.IntegerField(
        default=api_clients.OVERLAP.days,
        min_value=0,
        max_value=api_clients.LONGEST_OVERLAP.days,
        help_text="For so long the present secret opens too; 0 ends it now",
    )


class ClientSecretSerializer(serializers.Serializer):
    """The new secret, which is told this once."""

    secret = serializers.CharField(
        allow_null=True, help_text="Null where the same answer is given again, and in a dry run"
    )
    secret_ends_at = serializers.DateTimeField(allow_null=True)
    former_secret_ends_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when the secret before opens; null where it is ended"
    )


class _OfTheClient(GenericAPIView):
    """What a client may do with itself."""

    scopes = ["client.manage"]
    pagination_class = None

    @property
    def application(self) -> AbstractApplication:
        """Whose token it is."""
        return cast(AccessToken, self.request.auth).application


class ClientView(_OfTheClient):
    """The client itself."""

    serializer_class = ClientSerializer

    @extend_schema(operation_id="client_retrieve", responses=ClientSerializer)
    def get(self, request: Request) -> Response:
        """What the client may ask for, and what proves who it is until when."""
        return Response(self.get_serializer(_told(self.application)).data)


class ClientSecretView(_OfTheClient):
    """The secret of the client."""

    serializer_class = ClientSecretOptionsSerializer

    @extend_schema(
        operation_id="client_secret",
        description="Give the client another secret, which stands in this answer alone. The "
        "present one goes on opening for `overlap_days`; while it does there is no third (409). "
        "With 0 it ends now, and so do the tokens that were got by it, also this one.",
        responses={201: ClientSecretSerializer},
    )
    def post(self, request: Request) -> Response:
        """Give the client another secret."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        overlap = timedelta(days=asked.validated_data["overlap_days"])
        by = Client.of(cast(AccessToken, request.auth))
        secret = api_clients.rotate_secret(self.application, by=by, overlap=overlap)
        told = ClientSecretSerializer({"secret": None, **_told(self.application)}).data
        answer = ToldOnce(told, secret=secret, status=status.HTTP_201_CREATED)
        answer["Location"] = "/api/v1/client"
        return answer


class FormerSecretView(_OfTheClient):
    """The secret that the client had before."""

    serializer_class = serializers.Serializer

    @extend_schema(
        operation_id="client_former_secret_destroy",
        description="End the secret before the present one at once, with the tokens that were got "
        "by it: ask with a token that you got by the new one. Where there is none nothing changes.",
        request=None,
        responses={204: OpenApiResponse(description="It opens nothing any more.")},
    )
    def delete(self, request: Request) -> Response:
        """End the secret before the present one at once."""
        by = Client.of(cast(AccessToken, request.auth))
        api_clients.end_former_secret(self.application, by=by)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _told(application: AbstractApplication) -> dict[str, Any]:
    held = api_clients.granted_to(application)
    return {
        "id": application.client_id,
        "name": application.name,
        "scopes": api_clients.scopes_of(application),
        "sources": api_clients.sources_of(held),
        "secret_ends_at": held.secret_ends_at,
        "former_secret_ends_at": api_clients.former_secret_ends_at(application),
        "keys": [
            {name: str(key.get(name, "")) for name in ("kid", "kty", "crv")}
            for key in client_keys.known(held)
        ],
        "jwks_uri": held.jwks_uri,
        "keys_end_at": held.keys_end_at,
    }
