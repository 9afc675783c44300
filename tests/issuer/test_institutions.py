"""The institution is entered once, changed with a trace, and keeps its DID."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from issuer.errors import DidIsFixed, NotSetUp
from issuer.models import Achievement, Institution, LedgerEntry, SigningKey
from issuer.services import institutions
from tests.issuer import badges


def test_before_it_is_set_up_there_is_none(db: None) -> None:
    with pytest.raises(NotSetUp):
        institutions.get()


def test_setting_up_again_changes_the_one_institution(
    institution: Institution, registrar: User
) -> None:
    institutions.set_up(by=registrar, email="registry@college.example")
    assert institutions.get().email == "registry@college.example"
    assert institutions.get().name == institution.name
    acts = LedgerEntry.objects.order_by("sequence").values_list("act", "details")
    assert list(acts) == [
        ("institution.set_up", {"fields": ["name", "url"]}),
        ("institution.changed", {"fields": ["email"]}),
    ]


def test_values_that_do_not_fit_are_refused(institution: Institution, registrar: User) -> None:
    with pytest.raises(ValidationError):
        institutions.set_up(by=registrar, url="not an address")
    assert institutions.get().url == "https://college.example"


def test_the_did_is_fixed_once_it_stands_in_credentials(
    registrar: User, key: SigningKey, approved: Callable[..., Any], achievement: Achievement
) -> None:
    institutions.set_up(by=registrar, did="did:web:other.example")
    institutions.set_up(by=registrar, did=key.did)
    badges.request_all(approved(1), achievement)
    with pytest.raises(DidIsFixed):
        institutions.set_up(by=registrar, did="did:web:other.example")


def test_the_profile_states_what_is_known(institution: Institution, registrar: User) -> None:
    assert institutions.profile(institution).as_json() == {
        "id": institution.did,
        "type": ["Profile"],
        "name": "Example College",
        "url": "https://college.example",
    }
