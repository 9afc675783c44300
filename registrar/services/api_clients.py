"""Let a system, such as a student information system, into the API."""

import secrets

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from oauth2_provider.models import Application

from issuer.services import ledger
from registrar.services import roles


@transaction.atomic
def add(name: str, *, by: User) -> tuple[Application, str]:
    """Add a confidential client with the scopes of the API, and return it with its secret.

    The secret is shown this once: only its hash is stored.
    """
    roles.demand(by, "oauth2_provider.add_application")
    secret = secrets.token_urlsafe(32)
    client = Application.objects.create(
        name=name,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )
    details = {"scopes": sorted(settings.API_SCOPES)}
    ledger.append("api_client.added", client, by=by, details=details)
    return client, secret
