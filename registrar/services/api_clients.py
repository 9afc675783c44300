"""Let a system, such as a student information system, into the API."""

import secrets
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from oauth2_provider.models import AbstractApplication, Application
from oauth2_provider.scopes import BaseScopes

from issuer.services import ledger
from registrar.errors import NoScope
from registrar.models import ApiClient
from registrar.services import roles


@transaction.atomic
def add(name: str, *, by: User, scopes: Collection[str] | None = None) -> tuple[Application, str]:
    """Add a confidential client with these scopes, and return it with its secret.

    Unless told otherwise it gets what a student information system reads. To grant `vc.issue` is
    to approve beforehand all that the client will issue. The secret is shown this once: only its
    hash is stored. Raises NoScope.
    """
    roles.demand(by, "oauth2_provider.add_application")
    granted = sorted(settings.API_SCOPES if scopes is None else scopes)
    if not granted or not set(granted) <= set(GrantedScopes().get_all_scopes()):
        raise NoScope()
    secret = secrets.token_urlsafe(32)
    client = Application.objects.create(
        name=name,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )
    ApiClient.objects.create(application=client, scopes=" ".join(granted))
    ledger.append("api_client.added", client, by=by, details={"scopes": granted})
    return client, secret


def scopes_of(client: AbstractApplication | None) -> list[str]:
    """What was granted to a client; one added before there was a choice has what a SIS reads."""
    if client is None:
        return []
    granted = ApiClient.objects.filter(pk=client.pk).values_list("scopes", flat=True).first()
    return [*settings.API_SCOPES] if granted is None else granted.split()


class GrantedScopes(BaseScopes):
    """How the token endpoint asks what a client may ask for."""

    def get_all_scopes(self) -> dict[str, str]:
        """Every scope there is, with its description."""
        return settings.ALL_SCOPES

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """What this client may ask for."""
        return scopes_of(application)

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """What a client gets that names no scope: all that it has."""
        return scopes_of(application)
