"""Systems read what their token's scopes allow, and nothing else."""

import base64

import pytest
from django.conf import settings
from django.test import Client
from oauth2_provider.models import Application

pytestmark = pytest.mark.django_db

LISTS = [
    "learners",
    "courses",
    "activities",
    "outcomes",
    "results",
    "templates",
    "awards",
    "batches",
    "credentials",
    "frameworks",
    "skills",
]
SECRET = "a-secret-of-the-test"


@pytest.fixture
def application() -> Application:
    return Application.objects.create(
        name="SIS",
        client_id="sis",
        client_secret=SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )


def token(client: Client, **form: str) -> dict:
    basic = base64.b64encode(f"sis:{SECRET}".encode()).decode()
    answer = client.post(
        "/oauth/token",
        {"grant_type": "client_credentials", **form},
        headers={"authorization": f"Basic {basic}"},
    )
    assert answer.status_code == 200, answer.content
    return answer.json()


def get(client: Client, path: str, access: str):
    return client.get(f"/api/v1/{path}", headers={"authorization": f"Bearer {access}"})


def test_a_token_asked_for_without_scopes_has_all_that_the_client_has(client, application) -> None:
    granted = token(client)
    assert set(granted["scope"].split()) == set(settings.API_SCOPES)
    assert granted["expires_in"] >= 15 * 60


@pytest.mark.parametrize("path", LISTS)
def test_every_list_answers_the_information_system(client, application, path) -> None:
    answer = get(client, path, token(client)["access_token"])
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"next", "previous", "results"}


def test_a_token_reaches_only_what_its_scopes_name(client, application) -> None:
    access = token(client, scope="skills.read")["access_token"]
    assert get(client, "skills", access).status_code == 200
    refused = get(client, "learners", access)
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "permission_denied"


@pytest.mark.parametrize("path", LISTS)
def test_strangers_get_a_problem_and_no_data(client, path) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 401


def test_what_does_not_exist_is_a_problem_too(client, application) -> None:
    answer = get(client, "learners/999999999", token(client)["access_token"])
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("cursor", ["x", "cD1ub3QtYS1udW1iZXI=", "cD0xMA==", "🙂"])
def test_a_bent_cursor_is_refused_not_a_crash(client, application, cursor) -> None:
    answer = client.get(
        "/api/v1/credentials",
        {"cursor": cursor},
        headers={"authorization": f"Bearer {token(client)['access_token']}"},
    )
    assert answer.status_code in (200, 404)


def test_the_description_of_the_api_is_open_and_lists_every_address(client) -> None:
    answer = client.get("/api/v1/schema")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert text.startswith("openapi: 3.1")
    for path in LISTS:
        assert f"/api/v1/{path}:" in text
