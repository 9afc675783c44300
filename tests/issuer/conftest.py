"""An institution with a key, and two people of whom one decides on what the other prepares."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from issuer.models import Achievement, Batch, Institution
from issuer.services import batches, institutions
from tests import groundwork
from tests.cast import Sealed, seal
from tests.issuer import badges


@groundwork.laid
def registrar(db: None) -> User:
    """Prepares batches."""
    return User.objects.create_user("clara-of-the-registry")


@groundwork.laid
def approver(db: None) -> User:
    """Decides on them."""
    return User.objects.create_user("dev-who-approves")


@groundwork.laid
def institution(registrar: User) -> Institution:
    """Who issues."""
    return institutions.set_up(by=registrar, name="Example College", url="https://college.example")


@groundwork.laid
def sealed(institution: Institution, registrar: User) -> Sealed:
    """What it signs with, and how it lies in a keystore."""
    return seal(registrar)


@groundwork.laid
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
