"""A system that composes its own credentials, and a signer that answers on the spot."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.models import SigningKey
from issuer.vc import contexts, openbadges
from registrar.services.college import api_clients

NAME = "Careers service"


@pytest.fixture
def with_scopes(root: User) -> Callable[..., APIClient]:
    """Makes systems that may do so much."""

    def make(*scopes: str, name: str = NAME) -> APIClient:
        application, _ = api_clients.add(name, by=root, scopes=scopes)
        token = AccessToken.objects.create(
            application=application,
            token=f"token-of-{application.client_id}",
            scope=" ".join(scopes),
            expires=timezone.now() + timedelta(hours=1),
        )
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token.token}")
        return client

    return make


@pytest.fixture
def asked(system: APIClient, key: SigningKey, at_once: None) -> APIClient:
    """The system, while the signer is at work."""
    return system


@pytest.fixture
def system(transactional_db: None, with_scopes: Callable[..., APIClient]) -> APIClient:
    """May do everything."""
    return with_scopes(*settings.VC_API_SCOPES)


def post(client: APIClient, path: str, body: Any) -> Any:
    """What the VC API answers at this path."""
    return client.post(f"/vc-api/{path}", body, format="json")


def issue(client: APIClient, document: dict[str, Any], **options: Any) -> Any:
    """What it answers to one who wants this document issued."""
    return post(client, "credentials/issue", {"credential": document, "options": options})


def composed(**members: Any) -> dict[str, Any]:
    """A credential as a system composes it: no issuer, no status, no proof."""
    return {
        "@context": [contexts.CREDENTIALS_V2],
        "id": "https://careers.example/statements/1",
        "type": ["VerifiableCredential"],
        "name": "Volunteered at the open day",
        "validFrom": "2026-05-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:ada", "name": "Ada"},
    } | members


def badge() -> dict[str, Any]:
    """An Open Badge as a system composes it, with the profile of the issuer."""
    return composed(
        **{
            "@context": [*openbadges.CONTEXTS],
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "issuer": {
                "id": settings.ISSUER_DID,
                "type": ["Profile"],
                "name": "Careers service of Example College",
            },
            "credentialSubject": {
                "type": ["AchievementSubject"],
                "id": "did:example:ada",
                "achievement": {
                    "id": "https://careers.example/achievements/open-day",
                    "type": ["Achievement"],
                    "name": "Open day",
                    "description": "Helped for a whole day.",
                    "criteria": {"narrative": "Be there."},
                },
            },
        }
    )
