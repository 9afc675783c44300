"""The APIs of Open Badges 3.0 and CLR 2.0, as the published schemas judge them."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from oauth2_provider.models import AccessToken, Application

from issuer.models import Credential, SecuredDocument
from issuer.services import clock
from issuer.vc import openbadges
from issuer.vc.jose import vc_jwt
from issuer.vc.keys import PublicKey
from registrar.models import Award, HostedCredential, Learner, LearnerAccount
from registrar.services.awarding import corrections
from registrar.services.college import api_clients
from registrar.services.learners import held_credentials
from tests.cast import College, issue
from tests.public.learner_door import CLR, OB, App, app_of, sign_in
from tests.public.test_verify_page import DID, STRANGER, record, sign

pytestmark = pytest.mark.django_db

LIST = "ob/v3p0/credentials"


def fits(shared_data: Path, name: str, body: Any) -> None:
    """Judge by a published schema: ob_v3p0_profile, clr_v2p0_imsx_statusinfo..."""
    standard = "ob-v3p0" if name.startswith("ob_") else "clr-v2p0"
    path = shared_data / "schemas" / standard / f"{name}_schema.json"
    jsonschema.Draft201909Validator(json.loads(path.read_text())).validate(body)


def fails(shared_data: Path, answer: Any, status: int, code: str) -> str:
    """Judge an error; what it says."""
    assert answer.status_code == status, answer.content
    said = answer.json()
    fits(shared_data, "ob_v3p0_imsx_statusinfo", said)
    (minor,) = said["imsx_codeMinor"]["imsx_codeMinorField"]
    assert minor["imsx_codeMinorFieldValue"] == code
    assert said["imsx_codeMajor"] == "failure"
    return said["imsx_description"]


def moment(days: int) -> str:
    """So many days ago, as credentials write it."""
    ago = clock.now().replace(microsecond=0) - timedelta(days=days)
    return ago.isoformat().replace("+00:00", "Z")


def badge(number: int = 1, *, to: str = "", **members: Any) -> dict[str, Any]:
    """A badge by a stranger, signed; with `to` it states the e-mail address of its learner."""
    identity = openbadges.IdentityObject.plain(to, identity_type="emailAddress") if to else None
    unsigned = openbadges.AchievementCredential(
        id=f"urn:uuid:6d0ba6ac-3d3c-4e3f-8d0f-bb5c6a1c{number:04}",
        issuer=openbadges.Profile(id=DID, name="Stranger"),
        valid_from=clock.now().replace(microsecond=0) - timedelta(hours=1),
        name="Helping out",
        credential_subject=openbadges.AchievementSubject(
            id="did:example:ada",
            identifier=(identity,) if identity else (),
            achievement=openbadges.Achievement(
                id="https://stranger.example/achievement",
                name="Helping out",
                description="Helped out",
                criteria=openbadges.Criteria(narrative="Help out."),
            ),
        ),
    ).as_credential()
    return sign(unsigned | members)


@pytest.fixture
def app(college: College, ada: Learner) -> App:
    """An application that Ada has let in, for everything."""
    return app_of(ada.email)


def ids(app: App, query: str = "") -> list[str]:
    return [each["id"] for each in app.call("get", f"{LIST}{query}").json()["credential"]]


def test_the_colleges_and_others_badges_are_listed_and_paged(
    adas_credential: Credential, app: App, ada: Learner, ben: Learner, shared_data: Path
) -> None:
    brought = [badge(n) for n in (1, 2)]
    for each in brought:
        assert app.call("post", LIST, json.dumps(each)).status_code == 201
    answer = app.call("get", LIST)
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    fits(shared_data, "ob_v3p0_getopenbadgecredentialsresponse", answer.json())
    ours = json.loads(SecuredDocument.objects.get().body)
    assert answer.json() == {"credential": [ours, *brought], "compactJwsString": []}
    assert answer["X-Total-Count"] == "3"
    address = f"{settings.BASE_URL}/ims/{LIST}?limit=50&offset=0"
    assert answer["Link"] == f'<{address}>; rel="first", <{address}>; rel="last"'

    second = app.call("get", f"{LIST}?limit=1&offset=1")
    assert [each["id"] for each in second.json()["credential"]] == [brought[0]["id"]]
    links = dict(part.split("; ")[::-1] for part in second["Link"].split(", "))
    assert {name: url.partition("&")[2] for name, url in links.items()} == {
        'rel="first"': "offset=0>",
        'rel="last"': "offset=2>",
        'rel="next"': "offset=2>",
        'rel="prev"': "offset=0>",
    }
    since = HostedCredential.objects.order_by("received_at")[0].received_at
    said = since.isoformat().replace("+00:00", "Z")
    assert ids(app, f"?since={said}") == [brought[1]["id"]]
    assert app.call("get", f"{LIST}?offset=7").json()["credential"] == []
    assert ids(app_of(ben.email)) == []


def test_what_was_replaced_is_not_listed_any_more(
    adas_credential: Credential,
    adas_award: Award,
    app: App,
    college: College,
    ada: Learner,
    clara: User,
) -> None:
    college.supersede(ada.results.get(), "Pass")
    correction = corrections.correct_award(adas_award, by=clara, reason="Taken down wrongly.")
    assert ids(app) == [adas_credential.urn]
    issue(correction.batch)
    assert ids(app) != [adas_credential.urn] and len(ids(app)) == 1


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        f"limit={2**31}",
        "limit=1&limit=2",
        "offset=-1",
        "since=yesterday",
        "since=2026-01-01",
        "since=2026-02-30T00:00:00",
    ],
)
def test_what_a_list_cannot_be_asked_is_told(query: str, app: App, shared_data: Path) -> None:
    answer = app.call("get", f"{LIST}?{query}")
    said = fails(shared_data, answer, 400, "invalid_query_parameter")
    assert query.partition("=")[0] in said


def test_a_list_may_be_asked_for_as_the_standard_has_it(app: App) -> None:
    for n in (1, 2):
        app.call("post", LIST, json.dumps(badge(n)))
    for since in ("2020-01-01T00:00:00", "2020-01-01T00:00:00.5", "2020-01-01T00:00:00+00:00"):
        assert len(ids(app, f"?since={since}")) == 2
    assert ids(app, "?since=2999-01-01T00:00:00") == []
    # No more is given at once than we give, and the links say how much that is.
    much = app.call("get", f"{LIST}?limit=5000")
    assert (much.status_code, "limit=100&offset=0" in much["Link"]) == (200, True)
    far = app.call("get", f"{LIST}?limit=1&offset=2000000000")
    assert far.json() == {"credential": [], "compactJwsString": []}
    assert 'limit=1&offset=1>; rel="prev"' in far["Link"]


def test_a_badge_comes_back_as_it_was_brought_and_newer_ones_take_its_place(
    app: App, ada: Learner
) -> None:
    text = json.dumps(badge(to=ada.email), indent=1)
    brought = app.call("post", LIST, text, content_type="application/vc+ld+json")
    assert (brought.status_code, brought.content.decode()) == (201, text)
    assert HostedCredential.objects.get().is_about_learner
    assert app.call("post", LIST, text).status_code == 304
    newer = badge(validFrom=moment(0), description="Newer")
    assert app.call("post", LIST, json.dumps(newer)).status_code == 200
    assert app.call("get", LIST).json()["credential"] == [newer]
    older = badge(validFrom=moment(50))
    assert app.call("post", LIST, json.dumps(older)).status_code == 304
    assert app.call("get", LIST).json()["credential"] == [newer]


def test_a_token_is_kept_as_a_token(app: App, shared_data: Path) -> None:
    document = {name: value for name, value in badge().items() if name != "proof"}
    key = PublicKey.from_multikey(STRANGER.public_multibase)
    text = vc_jwt.sign(document, signer=STRANGER, public_key=key)
    answer = app.call("post", LIST, text, content_type="text/plain")
    assert answer.status_code == 201, answer.content
    assert (answer.content.decode(), answer["Content-Type"]) == (text, "text/plain")
    listed = app.call("get", LIST).json()
    fits(shared_data, "ob_v3p0_getopenbadgecredentialsresponse", listed)
    assert listed == {"credential": [], "compactJwsString": [text]}
    assert app.call("post", LIST, text).status_code == 400


def test_what_cannot_be_relied_on_is_not_kept(
    adas_credential: Credential, app: App, ada: Learner, ben: Learner, shared_data: Path
) -> None:
    def refused(body: Any, **options: Any) -> str:
        answer = app.call(
            "post", LIST, body if isinstance(body, str) else json.dumps(body), **options
        )
        return fails(shared_data, answer, 400, "invalid_data")

    changed = badge() | {"name": "Something else"}
    assert "signature" in refused(changed)
    unsigned = {name: value for name, value in badge().items() if name != "proof"}
    assert "signature" in refused(unsigned)
    assert "somebody else" in refused(badge(to="another@college.example"))
    assert "dates" in refused(
        badge(validUntil="2020-01-01T00:00:00Z", validFrom="2019-01-01T00:00:00Z")
    )
    assert "NUL" in refused(badge(name="No text of ours holds \0"))
    assert "not an Open Badge" in refused(record(badge()))
    for body in ("[]", "{}", "{", '{"a": 1, "a": 2}', "\x00", '"x"', "[" * 9999):
        refused(body)
    refused("a.b.c", content_type="text/plain")
    bens = app_of(ben.email)
    ours = SecuredDocument.objects.get().body
    assert app.call("post", LIST, ours).status_code == 304
    assert "somebody else" in fails(shared_data, bens.call("post", LIST, ours), 400, "invalid_data")
    too_long = " " * (held_credentials.MAX_BYTES + 1)
    fails(shared_data, app.call("post", LIST, too_long), 413, "invalid_data")
    form = app.call("post", LIST, "a=b", content_type="application/x-www-form-urlencoded")
    fails(shared_data, form, 415, "not_acceptable")
    assert not HostedCredential.objects.exists()


def test_no_more_is_kept_than_there_is_room_for(
    app: App, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_credentials, "MOST", 1)
    assert app.call("post", LIST, json.dumps(badge(1))).status_code == 201
    answer = app.call("post", LIST, json.dumps(badge(2)))
    assert "No more than 1" in fails(shared_data, answer, 400, "invalid_data")
    assert app.call("post", LIST, json.dumps(badge(1))).status_code in (200, 304)


def test_who_brings_too_much_waits(
    app: App, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_credentials, "AT_ONCE", 1)
    assert app.call("post", LIST, json.dumps(badge())).status_code == 201
    answer = app.call("post", LIST, json.dumps(badge(2)))
    fails(shared_data, answer, 429, "server_busy")
    assert int(answer["Retry-After"]) > 0


def test_a_learner_removes_what_was_brought(app: App, ada: Learner, ben: Learner) -> None:
    app.call("post", LIST, json.dumps(badge()))
    (hosted,) = HostedCredential.objects.all()
    browser, other = Client(), Client()
    sign_in(browser, ada.email, leads_to="/learner/access")
    sign_in(other, ben.email, leads_to="/learner/access")
    assert "Helping out" in browser.get("/learner/access").content.decode()
    assert other.post("/learner/access", {"remove": hosted.pk}).status_code == 404
    assert browser.post("/learner/access", {"remove": "x"}).status_code == 404
    assert browser.post("/learner/access", {"remove": hosted.pk}).status_code == 302
    assert ids(app) == []


def test_what_is_removed_while_it_is_listed_is_left_out(app: App, ada: Learner) -> None:
    app.call("post", LIST, json.dumps(badge()))

    def remove_once_listed(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if "UNION ALL" in sql and HostedCredential.objects.exists():
            HostedCredential.objects.get().delete()
        return answer

    with connection.execute_wrapper(remove_once_listed):
        assert ids(app) == []


def test_who_may_come_in_and_what_else_is_said(
    app: App, ada: Learner, root: User, shared_data: Path
) -> None:
    reading = app_of(ada.email, scope=f"{OB}credential.readonly")
    anonymous = Client().get(f"/ims/{LIST}")
    fails(shared_data, anonymous, 401, "unauthorizedrequest")
    assert anonymous["WWW-Authenticate"] == f'Bearer realm="{settings.BASE_URL}"'
    unknown = Client().get(f"/ims/{LIST}", headers={"authorization": "Bearer x"})
    fails(shared_data, unknown, 401, "unauthorizedrequest")
    assert 'error="invalid_token"' in unknown["WWW-Authenticate"]
    beyond = reading.call("post", LIST, "{}")
    fails(shared_data, beyond, 403, "forbidden")
    lacking = f'error="insufficient_scope", scope="{OB}credential.upsert"'
    assert lacking in beyond["WWW-Authenticate"]
    fails(shared_data, reading.call("get", "ob/v3p0/profile"), 403, "forbidden")
    fails(shared_data, reading.call("get", "clr/v2p0/credentials"), 403, "forbidden")
    refused = app.call("delete", LIST)
    fails(shared_data, refused, 405, "not_allowed")
    assert refused["Allow"] == "GET, HEAD, POST"
    fails(shared_data, app.call("get", "ob/v3p0/assertions"), 404, "not_found")
    for method in ("put", "post", "delete"):
        refused = getattr(Client(enforce_csrf_checks=True), method)("/ims/ob/v3p0/discovery")
        assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")
    fails(shared_data, app.call("get", f"{LIST}?since=%00"), 400, "invalid_data")
    fails(shared_data, Client().get(f"/ims/{LIST}?access_token=x"), 400, "invalid_data")
    system, _ = api_clients.add("SIS", by=root)
    app.tokens["access_token"] = _token_of(system)
    fails(shared_data, app.call("get", LIST), 403, "forbidden")


def _token_of(application: Application) -> str:
    AccessToken.objects.create(
        application=application,
        token="of-a-system",
        scope=f"{OB}credential.readonly",
        expires=clock.now() + timedelta(hours=1),
    )
    return "of-a-system"


def test_a_profile_is_what_the_record_says_and_what_the_learner_adds(
    app: App, ada: Learner, shared_data: Path
) -> None:
    path = "ob/v3p0/profile"
    found = app.call("get", path).json()
    fits(shared_data, "ob_v3p0_profile", found)
    account = LearnerAccount.objects.get()
    assert (found["id"], found["name"]) == (f"urn:uuid:{account.pk}", "Ada Byron")
    said = found | {"phone": "+44 20 7946 0000", "url": "https://ada.example/"}
    changed = app.call("put", path, json.dumps(said))
    assert (changed.status_code, changed.json()) == (200, said)
    fits(shared_data, "ob_v3p0_profile", changed.json())
    assert app.call("put", path, json.dumps(said)).status_code == 304
    for wrong in (
        {"name": "Somebody Else"},
        {"email": "another@college.example"},
        {"id": "urn:uuid:0"},
        {"endorsement": []},
        {"url": "not an address"},
        {"address": "here"},
        {"phone": 7},
        {"description": "No text of ours holds \0"},
        [],
    ):
        fails(shared_data, app.call("put", path, json.dumps(wrong)), 400, "invalid_data")
    assert app.call("get", "clr/v2p0/profile").json() == said
    assert app.call("put", path, "{}").json() == found


def test_a_record_of_others_is_hosted_alike(app: App, ada: Learner, shared_data: Path) -> None:
    transcript = record(badge())
    brought = app.call("post", "clr/v2p0/credentials", json.dumps(transcript))
    assert brought.status_code == 201, brought.content
    answer = app.call("get", "clr/v2p0/credentials")
    fits(shared_data, "clr_v2p0_getclrcredentialsresponse", answer.json())
    assert answer.json() == {"credential": [transcript], "compactJwsString": []}
    assert ids(app) == []
    wrong = app.call("post", "clr/v2p0/credentials", json.dumps(badge()))
    assert "not a CLR" in fails(shared_data, wrong, 400, "invalid_data")
    broken = record(badge() | {"name": "Something else"})
    answer = app.call("post", "clr/v2p0/credentials", json.dumps(broken))
    assert "signature" in fails(shared_data, answer, 400, "invalid_data")


@pytest.mark.parametrize(("path", "scope"), [("ob/v3p0", OB), ("clr/v2p0", CLR)])
def test_a_service_describes_itself(path: str, scope: str, college: College) -> None:
    answer = Client().get(f"/ims/{path}/discovery")
    said = answer.json()
    assert said["openapi"].startswith("3.0")
    assert said["info"]["title"] == "Small College"
    assert said["info"]["termsOfService"].startswith("https://")
    assert said["info"]["x-imssf-privacyPolicyUrl"].startswith("https://")
    security = said["components"]["securitySchemes"]["OAuth2ACG"]
    assert security["x-imssf-registrationUrl"] == f"{settings.BASE_URL}/oauth/register"
    flow = security["flows"]["authorizationCode"]
    offered = set(flow["scopes"]) - {"offline_access"}
    assert offered == {each for each in settings.LEARNER_SCOPES if each.startswith(scope)}
    asked = {
        each
        for operations in said["paths"].values()
        for operation in operations.values()
        for required in operation.get("security", [])
        for each in required["OAuth2ACG"]
    }
    assert asked == offered
