"""NUL gets a clear answer wherever it is sent."""

import base64

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_query_with_nul_is_refused(client: Client) -> None:
    assert client.get("/verify", {"q": "a\0b"}).status_code == 400


def test_a_form_with_nul_is_refused(client: Client) -> None:
    assert client.post("/verify", {"text": "a\0b"}).status_code == 400


def test_credentials_with_nul_are_refused(client: Client) -> None:
    basic = base64.b64encode(b"a\0b:secret").decode()
    answer = client.post(
        "/oauth/token",
        {"grant_type": "client_credentials"},
        headers={"authorization": f"Basic {basic}"},
    )
    assert answer.status_code == 400
