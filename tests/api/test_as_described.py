"""Some requests of each kind that the description allows.

`./dev bench schema` sends thousands, and chains of them, to the real server.
"""

from typing import Any

import pytest
import requests
import schemathesis
from django.conf import settings
from django.contrib.auth.models import User
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as drawing
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient
from schemathesis import APIOperation, Case, Response
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from issuer.models import Credential
from registrar.api.examples import ROWS
from registrar.models import Learner
from registrar.public.badges import OPEN_BADGES, RECORDS, description
from registrar.public.badges.standards import Standard
from registrar.services.college import api_clients
from tests.cast import College, signed_in
from tests.public.learner_door import app_of

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

EACH = 2
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def system(college: College, adas_licence: Credential, root: User) -> APIClient:
    """Who may do everything, where there is something of each kind."""
    client, _ = api_clients.add("Everything", by=root, scopes=settings.ALL_SCOPES)
    system = signed_in(client)
    AccessToken.objects.update(scope=" ".join(settings.ALL_SCOPES))
    for kind, row in ROWS.items():
        system.post(f"/api/v1/{kind}?source=banner", [row], format="json")
    return system


def test_each_operation_answers_as_it_is_described(system: APIClient) -> None:
    described = SchemaGenerator().get_schema(request=None, public=True)
    answered = [
        status
        for result in schemathesis.openapi.from_dict(described).get_all_operations()
        for status in _tried(result.ok(), system)
    ]
    assert len(answered) > 150
    assert not {401, 403} & set(answered)
    assert sum(status < 400 for status in answered) > 60


@pytest.mark.parametrize("standard", [OPEN_BADGES, RECORDS], ids=["badges", "records"])
def test_what_learners_let_applications_do_answers_as_it_is_described(
    college: College, ada: Learner, standard: Standard
) -> None:
    system = APIClient()
    token = app_of(ada.email).tokens["access_token"]
    system.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    described = _without_published_schemas(description.of(standard))
    answered = [
        status
        for result in schemathesis.openapi.from_dict(described).get_all_operations()
        for status in _tried(result.ok(), system, below=standard.path, each=20)
    ]
    assert len(answered) > 50
    assert not {401, 403} & set(answered)


def _without_published_schemas(node: Any) -> Any:
    """Anything may be sent and answered: the tests of that API judge by what is published."""
    if isinstance(node, dict):
        if "$ref" in node:
            return {}
        return {name: _without_published_schemas(each) for name, each in node.items()}
    return node


def _tried(
    operation: APIOperation, system: APIClient, *, below: str = "", each: int = EACH
) -> list[int]:
    """Send some requests to an operation; the statuses."""
    answered: list[int] = []
    known: dict[str, Any] = {}
    if operation.path.count("{") == 1:
        known = {"path_parameters": {"id": _id(operation.path, system)}}

    @seed(20)
    @drawing(
        max_examples=each,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=operation.as_strategy(**known))
    def ask(case: Case) -> None:
        answer = _call(case, system, below)
        case.validate_response(answer, checks=CHECKS)
        answered.append(answer.status_code)

    ask()
    return answered


def _id(path: str, system: APIClient) -> str:
    """Of something that lies there, if there is anything."""
    rows = system.get(path.partition("/{")[0]).json().get("results", [])
    return str(rows[-1]["id"]) if rows else "0"


def _call(case: Case, system: APIClient, below: str) -> Response:
    """Ask in this process, and tell what was answered as if it had come by the network."""
    sent = requests.Request(
        **case.as_transport_kwargs(base_url=f"http://testserver{below}")
    ).prepare()
    ours = ("Content-Type", "Accept-Encoding")
    headers = {name: value for name, value in sent.headers.items() if name not in ours}
    answer = system.generic(
        sent.method or "",
        sent.path_url,
        sent.body or b"",
        content_type=sent.headers.get("Content-Type", ""),
        headers=headers,
    )
    return Response(
        status_code=answer.status_code,
        headers={name: [value] for name, value in answer.headers.items()},
        content=answer.getvalue(),
        request=sent,
        elapsed=0.0,
        verify=False,
    )
