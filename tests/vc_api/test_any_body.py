"""Whatever a system sends, the answer is one of those that the schema lists, and never a 500."""

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from issuer.models import SigningKey
from issuer.vc_api import views
from tests.conformance.test_any_json import NAMES, places, presentation, signed, values
from tests.vc_api.conftest import badge, composed

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# A good request for each path; parts of it are replaced by anything.
GOOD: list[tuple[str, Any]] = [
    ("credentials/issue", {"credential": composed(), "options": {}}),
    ("credentials/issue", {"credential": badge()}),
    ("credentials/verify", {"verifiableCredential": signed(), "options": {"returnResults": True}}),
    ("credentials/derive", {"verifiableCredential": signed(), "options": {}}),
    ("presentations/verify", {"verifiablePresentation": presentation(), "options": {}}),
    (
        "credentials/status",
        {
            "credentialId": composed()["id"],
            "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "x"},
            "status": True,
        },
    ),
]


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, Any]:
    path, good = draw(st.sampled_from(GOOD))
    body = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(places(body) or [("more",)]))
        holder: Any = body
        for step in way:
            holder = holder[step]
        kind = draw(st.sampled_from(["replace", "remove", "add"]))
        if kind == "replace":
            holder[last] = draw(values)
        elif kind == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from(NAMES))] = draw(values)
        else:
            with suppress(LookupError):
                del holder[last]
    return path, body


@pytest.fixture
def impatient(
    with_scopes: Callable[..., APIClient], key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> APIClient:
    """A system that may do everything, and does not wait for a signer."""
    monkeypatch.setattr(views, "PATIENCE_SECONDS", -1)
    return with_scopes(*django_settings.VC_API_SCOPES)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutants())
def test_any_request_is_answered(impatient: APIClient, mutant: tuple[str, Any]) -> None:
    path, body = mutant
    answer = impatient.post(f"/vc-api/{path}", json.dumps(body), content_type="application/json")
    assert answer.status_code in {200, 201, 400, 404, 409, 503}
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
