"""Systems take frameworks out in whatever format they can read."""

import json

import pytest

from skills.models import Framework
from skills.readers import formats
from tests.public.test_case_service import bring
from tests.skills.case_documents import full_package

pytestmark = pytest.mark.django_db


@pytest.fixture
def framework(college: object) -> Framework:
    return bring(full_package(), is_own=False)


@pytest.mark.parametrize(
    ("asked", "media_type", "recognised"),
    [
        ("", "application/json", "case"),
        ("?format=case", "application/json", "case"),
        ("?format=ctdl_asn", "application/ld+json", "ctdl_asn"),
        ("?format=rsd", "application/ld+json", "rsd"),
        ("?format=csv", "text/csv; charset=utf-8", "opensalt_csv"),
    ],
)
def test_a_framework_of_whomever_comes_in_the_format_asked_for(
    sis, framework: Framework, asked: str, media_type: str, recognised: str
) -> None:
    answer = sis.get(f"/api/v1/frameworks/{framework.pk}/export{asked}")
    data = answer.getvalue()
    assert answer.status_code == 200
    assert answer["Content-Type"] == media_type
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer["Cache-Control"] == "no-store"
    assert formats.recognise(data) == recognised
    assert len(formats.read(data, framework_id="f", title="f").skills) == 3


@pytest.mark.parametrize("accept", ["text/csv", "application/ld+json", "*/*"])
def test_what_the_client_accepts_does_not_matter_beside_what_it_asks_for(
    sis, framework: Framework, accept: str
) -> None:
    answer = sis.get(
        f"/api/v1/frameworks/{framework.pk}/export?format=case", headers={"accept": accept}
    )
    assert json.loads(answer.getvalue())["CFDocument"]["title"] == framework.title


def test_an_unknown_format_and_an_unknown_framework_are_told_of(sis, framework: Framework) -> None:
    answer = sis.get(f"/api/v1/frameworks/{framework.pk}/export?format=xml")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == "/format"
    assert sis.get(f"/api/v1/frameworks/{framework.pk + 9}/export").status_code == 404


def test_without_a_token_nothing_comes(client, framework: Framework) -> None:
    assert client.get(f"/api/v1/frameworks/{framework.pk}/export").status_code == 401
