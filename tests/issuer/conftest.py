"""An institution with a key, and two people of whom one decides on what the other prepares."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User

from issuer.models import Achievement, Batch, Institution, SigningKey
from issuer.services import batches, institutions, keys
from tests.issuer import badges


@pytest.fixture
def registrar(db: None) -> User:
    """Prepares batches."""
    return User.objects.create_user("clara-of-the-registry")


@pytest.fixture
def approver(db: None) -> User:
    """Decides on them."""
    return User.objects.create_user("dev-who-approves")


@pytest.fixture
def institution(registrar: User) -> Institution:
    """Who issues."""
    return institutions.set_up(by=registrar, name="Example College", url="https://college.example")


@pytest.fixture
def key(keystore: Path, institution: Institution, registrar: User) -> SigningKey:
    """What it signs with."""
    created = keys.create(did=django_settings.ISSUER_DID, by=registrar)
    return keys.activate(created, by=registrar)


@pytest.fixture
def achievement(db: None) -> Achievement:
    """What was achieved."""
    return badges.publish_achievement()


@pytest.fixture
def approved(registrar: User, approver: User, settings: Any) -> Any:
    """Makes approved batches of so many credentials."""

    def make(count: int, *, chunk_size: int = 4) -> Batch:
        settings.CHUNK_SIZE = chunk_size
        batch = batches.open(f"{count} badges", count=count, by=registrar)
        return batches.approve(batch, by=approver)

    return make
