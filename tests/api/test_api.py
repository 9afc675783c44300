"""Systems read what their token's scopes allow, and nothing else."""

import base64
from datetime import UTC, date, timedelta
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application

from registrar.services.teaching import catalog, tagging
from skills.models import Skill
from tests.cast import College

pytestmark = pytest.mark.django_db

LISTS = [
    "organisations",
    "terms",
    "offerings",
    "enrolments",
    "line-items",
    "jobs",
    "learners",
    "courses",
    "activities",
    "outcomes",
    "tags",
    "results",
    "templates",
    "awards",
    "batches",
    "credentials",
    "frameworks",
    "skills",
    "associations",
    "revisions",
    "rules",
    "status",
    "records",
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


def test_tokens_are_kept_as_digests(client, application) -> None:
    access = token(client)["access_token"]
    (kept,) = AccessToken.objects.values()
    assert access not in str(kept)
    assert get(client, "learners", access).status_code == 200


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "implicit"])
def test_tokens_are_given_to_client_credentials_alone(client, application, grant) -> None:
    basic = base64.b64encode(f"sis:{SECRET}".encode()).decode()
    form = {"grant_type": grant, "username": "clara", "password": "x", "code": "x"}
    form |= {"refresh_token": "x", "redirect_uri": "https://sis.example/"}
    answer = client.post("/oauth/token", form, headers={"authorization": f"Basic {basic}"})
    assert answer.status_code in (400, 401)
    assert "access_token" not in answer.json()


@pytest.mark.parametrize("path", LISTS)
def test_every_list_answers_the_information_system(client, application, path) -> None:
    answer = get(client, path, token(client)["access_token"])
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"next", "previous", "updated_until", "results"}


def test_a_token_reaches_only_what_its_scopes_name(client, application) -> None:
    access = token(client, scope="skills.read")["access_token"]
    assert get(client, "skills", access).status_code == 200
    refused = get(client, "learners", access)
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "insufficient_scope"
    assert refused.json()["detail"] == (
        "The token lacks the scope learners.read. Ask for a token with it: the client may have it."
    )
    assert 'error="insufficient_scope"' in refused["WWW-Authenticate"]
    assert 'scope="learners.read"' in refused["WWW-Authenticate"]
    refused = client.post("/api/v1/learners", headers={"authorization": f"Bearer {access}"})
    assert "The client was not granted learners.write" in refused.json()["detail"]


def test_a_token_that_opens_nothing_is_told_from_none(client, application) -> None:
    def code(authorization: str) -> tuple[str, bool]:
        answer = client.get("/api/v1/skills", headers={"authorization": authorization})
        assert answer.status_code == 401
        is_told = 'error="invalid_token"' in answer["WWW-Authenticate"]
        assert is_told or "error=" not in answer["WWW-Authenticate"]
        return answer.json()["code"], is_told

    access = token(client)["access_token"]
    assert code("") == code("Basic eDp5") == ("not_authenticated", False)
    assert code("Bearer x") == ("invalid_token", True)
    AccessToken.objects.update(expires=timezone.now())
    assert code(f"Bearer {access}") == ("invalid_token", True)
    assert client.get("/api/v1/schema", headers={"authorization": "Bearer x"}).status_code == 200


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


def test_what_a_list_does_not_know_is_refused_and_not_passed_over(client, application) -> None:
    refused = get(client, "credentials?status=revoked&limit=1", token(client)["access_token"])
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_parameter")
    assert "not `status`" in refused.json()["detail"]
    refused = get(client, "credentials?limit=1&limit=2", token(client)["access_token"])
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_parameter")
    refused = get(client, "skills?q=welding", token(client)["access_token"])
    assert "`search`" in refused.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x",
        "cursor=cD1ub3QtYS1udW1iZXI=",
        "cursor=cD0xMA==",
        "cursor=🙂",
        "cursor=bz0x8J-Ygg==",
        "limit=0",
        "limit=1001",
        "limit=ten",
        "limit=１",
    ],
)
def test_a_bent_cursor_or_limit_is_refused_with_a_problem(client, application, query) -> None:
    refused = get(client, f"credentials?{query}", token(client)["access_token"])
    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == ("bad_cursor" if "cursor" in query else "bad_limit")


def test_pages_follow_one_another(client, application, ada, ben) -> None:
    access = token(client)["access_token"]
    first = get(client, "learners?limit=1", access).json()
    second = get(client, first["next"].partition("/api/v1/")[2], access).json()
    assert [row["number"] for row in first["results"] + second["results"]] == ["1001", "1002"]
    assert first["previous"] is None and second["next"] is None


@pytest.mark.parametrize("path", ["learners", "learners/1", "schema"])
def test_a_token_in_the_address_is_refused(client, application, path) -> None:
    access = token(client)["access_token"]
    for headers in ({}, {"authorization": f"Bearer {access}"}):
        refused = client.get(f"/api/v1/{path}?access_token={access}", headers=headers)
        assert refused.status_code == 400
        assert refused["Content-Type"] == "application/problem+json"
        assert refused.json()["code"] == "token_in_address"
        assert access not in refused.content.decode()


def test_a_token_in_a_form_is_none(client, application) -> None:
    access = token(client)["access_token"]
    assert client.post("/api/v1/learners", {"access_token": access}).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer nonsense", "Basic c2lzOnNpcw==", "🙂"])
def test_what_is_no_token_opens_nothing(client, application, header) -> None:
    refused = client.get("/api/v1/learners", headers={"authorization": header})
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("learners", 200),
        ("learners/1", 404),
        ("learners?cursor=x", 400),
        ("learners?q=%00", 400),
        ("nothing", 404),
        ("learners/", 404),
        ("schema", 200),
    ],
)
def test_nobody_stores_what_the_api_answers(client, application, path, status) -> None:
    answer = get(client, path, token(client)["access_token"])
    assert answer.status_code == status
    assert answer["Cache-Control"] == "no-store"
    if status != 200:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_what_breaks_is_a_problem_too(client, settings) -> None:
    client.raise_request_exception = False
    settings.ROOT_URLCONF = "tests.api.broken_urls"
    answer = client.get("/api/v1/broken")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    assert "secret" not in answer.content.decode()


def test_people_get_pages_where_systems_get_problems(client) -> None:
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_skills_are_searched_for_and_answered_with_the_best_first(
    client: Client, college: College, application: Application
) -> None:
    access = token(client, scope="skills.read")["access_token"]

    def search(**asked: str) -> list[str]:
        answer = get(client, f"skills?{urlencode(asked)}", access)
        assert answer.status_code == 200, answer.content
        assert (answer.json()["next"], answer.json()["previous"]) == (None, None)
        return [each["label"] for each in answer.json()["results"]]

    assert search(search="dra") == ["Draw"]
    assert len(search(search="graduate", limit="2")) == 2
    assert search(search="draw", kind="category") == search(search="") == []
    assert search(search="draw", framework=str(college.skills[0].framework_id)) == ["Draw"]


@pytest.mark.parametrize(
    "asked",
    ["search=x&kind=magic", "search=x&framework=0", "search=x&cursor=x", "kind=magic", "as_of="],
)
def test_a_search_that_is_not_understood_is_refused(
    asked: str, client: Client, application: Application
) -> None:
    access = token(client, scope="skills.read")["access_token"]
    assert get(client, f"skills?{asked}", access).status_code == 400


def test_outcomes_and_tags_are_read_as_of_any_day(
    sis, college, fay, chen, clara, django_assert_max_num_queries
) -> None:
    fall = college.term_named("Fall 2024", starts_on=date(2024, 8, 26), ends_on=date(2024, 12, 13))
    tag = tagging.propose(college.outcome, college.skills[0], emphasis="taught", by=fay, term=fall)
    tagging.accept(tag, by=chen)
    changed = tagging.change(tag, by=fay, emphasis="practised", term=college.term)
    tagging.accept(changed, by=chen)
    catalog.record_outcomes(college.course, {"BIO101-1": "Draw."}, by=clara, term=college.term)

    def read(path: str) -> list[dict]:
        with django_assert_max_num_queries(8):
            answer = sis.get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.content
        return answer.json()["results"]

    assert [(each["emphasis"], each["holds_until"]) for each in read("tags")] == [
        ("taught", "2026-01-11"),
        ("practised", None),
    ]
    assert [each["emphasis"] for each in read("tags?as_of=2024-08-26")] == ["taught"]
    assert [each["emphasis"] for each in read("tags?as_of=2026-01-12")] == ["practised"]
    assert read("tags?as_of=2024-08-25") == []
    assert [each["statement"] for each in read("outcomes")] == ["Draw."]
    (then,) = read("outcomes?as_of=2025-09-01")
    assert then["statement"] == "Draw a cell from observation."
    refused = sis.get("/api/v1/tags?as_of=fall")
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")


def test_skills_are_read_as_of_any_day(sis, college) -> None:
    observe = college.skills[0]
    today = timezone.now().astimezone(UTC).date()
    Skill.objects.filter(pk=observe.pk).update(
        label="Look", worded_at=timezone.now() + timedelta(days=2)
    )
    skills = f"/api/v1/skills?as_of={today}"
    first = sis.get(f"{skills}&limit=1").json()
    assert [each["label"] for each in first["results"]] == ["Observe"]
    assert sis.get(first["next"]).json()["results"][0]["label"] == "Draw"
    assert sis.get("/api/v1/skills").json()["results"][0]["label"] == "Look"
    assert sis.get("/api/v1/skills?as_of=2000-01-01").json()["results"] == []
    assert sis.get("/api/v1/skills?as_of=2000-13-01").status_code == 400
