"""A learner signs in by mail and lets an application in; both only as the standards have it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

from issuer.models import Credential, LedgerEntry, Mail
from issuer.services import links, status
from issuer.services.clients import Client as System
from registrar import tasks
from registrar.models import Learner, LearnerAccount, SamePerson, SignInLink
from registrar.readers.rows import Given
from registrar.services.awarding import corrections
from registrar.services.college.token_requests import ProvenClients
from registrar.services.deciding import stacks
from registrar.services.feeding import upserts
from registrar.services.learners import learner_apps
from tests.cast import College
from tests.public.learner_door import (
    BACK,
    OB,
    App,
    app_of,
    came_back,
    let_in,
    mailed_path,
    register,
    sign_in,
)

pytestmark = pytest.mark.django_db

READ = f"{OB}credential.readonly"


def test_from_registration_to_the_learners_badges(
    adas_credential: Credential, ada: Learner
) -> None:
    app = App.registered()
    came = let_in(app, ada.email)
    assert (came["state"], came["iss"]) == ("of-the-app", settings.BASE_URL)
    answer = app.redeem(came["code"])
    assert answer.status_code == 200, answer.content
    app.tokens = answer.json()
    assert (app.tokens["token_type"], app.tokens["expires_in"]) == ("Bearer", 3600)
    listed = app.call("get", "ob/v3p0/credentials")
    assert listed.status_code == 200, listed.content
    assert [each["id"] for each in listed.json()["credential"]] == [adas_credential.urn]

    renewed = app.post(
        "/oauth/token", grant_type="refresh_token", refresh_token=app.tokens["refresh_token"]
    )
    assert renewed.status_code == 200, renewed.content
    first, app.tokens = app.tokens, renewed.json()
    assert app.call("get", "ob/v3p0/profile").status_code == 200
    again = app.post(
        "/oauth/token", grant_type="refresh_token", refresh_token=first["refresh_token"]
    )
    assert again.json()["error"] == "invalid_grant", "who shows an old one has stolen it"

    app = app_of(ada.email)
    assert app.post("/oauth/revoke", token=app.tokens["access_token"]).status_code == 200
    refused = app.call("get", "ob/v3p0/credentials")
    assert refused.status_code == 401
    assert not RefreshToken.objects.filter(application__client_id=app.id, revoked=None).exists()


def test_without_offline_access_nobody_comes_back(college: College, ada: Learner) -> None:
    app = app_of(ada.email, scope=READ)
    assert app.tokens["scope"] == READ
    assert "refresh_token" not in app.tokens
    assert app.call("get", "ob/v3p0/profile").status_code == 403
    assert app.call("get", "../api/v1/learners").status_code in (401, 403, 404)


@pytest.mark.parametrize(
    ("others", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "x" * 5_000}, "invalid_request"),
        ({"nonce": "x" * 5_000}, "invalid_request"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"scope": "learners.read"}, "invalid_scope"),
    ],
)
def test_what_may_not_be_asked_goes_back_to_the_application(
    others: dict[str, str | None], error: str, college: College
) -> None:
    address = App.registered().address(**others)
    for answer in (Client().get(address), Client().post(address, {"answer": "yes"})):
        assert answer.status_code == 302
        assert f"error={error}" in answer["Location"]
        assert answer["Location"].startswith(BACK)
        assert came_back(answer)["iss"] == settings.BASE_URL


@pytest.mark.parametrize(
    "others", [{"client_id": "nobody"}, {"redirect_uri": "https://elsewhere.example/back"}]
)
def test_nobody_is_sent_where_no_application_is(
    others: dict[str, str | None], college: College
) -> None:
    answer = Client().get(App.registered().address(**others))
    assert answer.status_code == 400
    assert b"Nobody was let in" in answer.content


def test_a_learner_says_no(college: College, ada: Learner) -> None:
    app, browser = App.registered(), Client()
    consent = sign_in(browser, ada.email, leads_to=app.address())
    page = browser.get(consent)
    assert b"wallet.example" in page.content and b"Read your badges" in page.content
    assert "form-action 'self' https://wallet.example" in page["Content-Security-Policy"]
    came = came_back(browser.post(consent, {"answer": "no"}))
    assert (came["error"], came["state"]) == ("access_denied", "of-the-app")
    assert came["iss"] == settings.BASE_URL
    assert not AccessToken.objects.exists()


def test_a_consent_cannot_be_forged(college: College, ada: Learner) -> None:
    app, browser = App.registered(), Client(enforce_csrf_checks=True)
    SignInLink.objects.all().delete()
    assert browser.post(app.address(), {"answer": "yes"}).status_code == 403


def test_a_code_is_for_who_asked_for_it(college: College, ada: Learner) -> None:
    app = App.registered()
    code = let_in(app, ada.email)["code"]
    wrong = app.redeem(code, code_verifier="another-verifier-of-forty-three-characters-xx")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    assert App.registered().redeem(let_in(app, ada.email)["code"]).status_code in (400, 401)


def test_a_code_that_comes_twice_ends_what_it_has_opened(college: College, ada: Learner) -> None:
    app, other = App.registered(), App.registered()
    other.tokens = other.redeem(let_in(other, ada.email)["code"]).json()
    code = let_in(app, ada.email)["code"]
    app.tokens = app.redeem(code).json()
    assert app.call("get", "ob/v3p0/credentials").status_code == 200
    # Only who can prove to be the application.
    assert other.redeem(code).status_code == 400
    assert app.call("get", "ob/v3p0/credentials").status_code == 200
    again = app.redeem(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert app.call("get", "ob/v3p0/credentials").status_code == 401
    renewed = app.post(
        "/oauth/token", grant_type="refresh_token", refresh_token=app.tokens["refresh_token"]
    )
    assert renewed.status_code == 400
    assert other.call("get", "ob/v3p0/credentials").status_code == 200
    entry = LedgerEntry.objects.get(act="learner.access_ended")
    assert entry.details == {"client": app.id, "why": "code used twice"}
    assert app.redeem(let_in(app, ada.email)["code"]).status_code == 200


def test_a_code_is_known_as_used_while_what_it_opened_lasts(college: College, ada: Learner) -> None:
    app = App.registered()
    code = let_in(app, ada.email)["code"]
    app.tokens = app.redeem(code).json()
    tasks.sweep_answers()
    again = app.redeem(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert app.call("get", "ob/v3p0/credentials").status_code == 401
    assert LedgerEntry.objects.get(act="learner.access_ended").details["why"] == "code used twice"

    for scope, lasts in ((READ, timedelta(hours=1)), (None, timedelta(days=90))):
        other = App.registered()
        asked = {"scope": scope} if scope else {}
        other.redeem(let_in(other, ada.email, **asked)["code"])
        (kept,) = Grant.objects.filter(application__client_id=other.id)
        assert abs(kept.expires - timezone.now() - lasts) <= timedelta(hours=1), scope
        Grant.objects.update(expires=timezone.now() - timedelta(seconds=1))
        tasks.sweep_answers()
        assert not Grant.objects.exists()


def test_a_link_works_once_and_for_a_while_and_tells_strangers_nothing(
    college: College, ada: Learner
) -> None:
    known, unknown = (
        Client().post("/learner/sign-in", {"email": email}).content.decode()
        for email in (ada.email.upper(), "nobody@college.example")
    )
    assert Mail.objects.count() == 1
    assert known.replace(ada.email.upper(), "") == unknown.replace("nobody@college.example", "")
    path = mailed_path()
    assert Client().get(path[:-2]).status_code == 404
    browser = Client()
    assert b"Sign in as" in browser.get(path).content
    assert "learner" not in browser.session, "looking is not signing in"
    assert browser.post(path)["Location"] == "/learner/access"
    assert Client().post(path).status_code == 410
    account = LearnerAccount.objects.get()
    assert not account.user.is_active and not account.user.has_usable_password()
    assert browser.get("/admin/").status_code == 302
    assert browser.get("/teach/").status_code == 302
    Client().post("/learner/sign-in", {"email": ada.email})
    SignInLink.objects.update(ends_at=timezone.now())
    assert Client().post(mailed_path()).status_code == 410
    assert LedgerEntry.objects.filter(act="learner.signed_in").count() == 1


def test_a_learner_sees_their_credentials_and_nobody_elses(
    adas_credential: Credential, ada: Learner, ben: Learner, clara: User
) -> None:
    browser, other = Client(), Client()
    assert b'"/learner/access"' in browser.get("/").content, "who lost the mail finds the way"
    sign_in(browser, ada.email, leads_to="/learner/access")
    sign_in(other, ben.email, leads_to="/learner/access")
    assert b"None yet." in other.get("/learner/access").content
    page = browser.get("/learner/access").content.decode()
    assert adas_credential.name in page and "Valid" in page
    assert f'href="{adas_credential.release.url}"' in page
    assert f"/credentials/{adas_credential.release.address}/download" in page
    status.revoke(adas_credential, by=clara, reason="In error.")
    assert "Revoked" in browser.get("/learner/access").content.decode()


def test_a_session_ends_after_half_an_hour(college: College, ada: Learner) -> None:
    browser = Client()
    sign_in(browser, ada.email, leads_to="/learner/access")
    page = browser.get("/learner/access")
    assert page.status_code == 200 and stacks.path_for(ada) in page.content.decode()
    session = browser.session
    session["learner"] |= {"until": timezone.now().timestamp() - 1}
    session.save()
    assert browser.get("/learner/access").status_code == 302


def corrected(ada: Learner, clara: User) -> None:
    corrections.correct_learner(ada, by=clara, reason="Misheard.", email="ada@king.example")


def sent(ada: Learner, clara: User) -> None:
    row = Given(0, {"sourced_id": ada.sourced_id, "email": "ada@king.example"})
    upserts.apply("learners", [row], source=ada.source, by=System("sis", "SIS"))


@pytest.mark.parametrize("change", [corrected, sent])
def test_with_an_address_ends_all_that_it_had_opened(
    change: Callable[[Learner, User], None], college: College, ada: Learner, clara: User
) -> None:
    app, browser = app_of(ada.email), Client()
    other_app = App.registered()
    code = let_in(other_app, ada.email)["code"]
    sign_in(browser, ada.email, leads_to="/learner/access")
    Client().post("/learner/sign-in", {"email": ada.email})
    mailed, progress = mailed_path(), links.seal(stacks.path_for(ada))
    assert Client().get(progress).status_code == 200
    other = Given(0, {"sourced_id": ada.sourced_id, "given_name": "Adaeze"})
    upserts.apply("learners", [other], source=ada.source, by=System("sis", "SIS"))
    assert browser.get("/learner/access").status_code == 200, "a name opens nothing"

    change(ada, clara)
    assert browser.get("/learner/access").status_code == 302
    assert Client().post(mailed).status_code == 410
    assert Client().get(progress).status_code == 404
    assert app.call("get", "ob/v3p0/profile").status_code == 401
    renewed = {"grant_type": "refresh_token", "refresh_token": app.tokens["refresh_token"]}
    assert app.post("/oauth/token", **renewed).json()["error"] == "invalid_grant"
    assert other_app.redeem(code).json()["error"] == "invalid_grant"
    assert sign_in(browser, "ada@king.example", leads_to="/learner/access") == "/learner/access"
    assert browser.get("/learner/access").status_code == 200
    assert b"Wallet of Example" not in browser.get("/learner/access").content


def test_what_is_made_while_access_ends_is_over_with_it(
    college: College, ada: Learner, clara: User, root: User, client: Client
) -> None:
    app, browser = app_of(ada.email), Client()
    address = browser.get(sign_in(browser, ada.email, leads_to=app.address()))
    assert address.status_code == 200
    Client().post("/learner/sign-in", {"email": ada.email})
    mailed, link = mailed_path(), SignInLink.objects.get(used_at=None)
    made = AccessToken.objects.get()
    corrected(ada, clara)
    # As if they had been made in another transaction, by who could not see the change yet.
    link.save(force_insert=True)
    made.save(force_update=True)
    assert Client().get(mailed).status_code == Client().post(mailed).status_code == 410
    assert app.call("get", "ob/v3p0/profile").status_code == 401
    assert browser.post(app.address(), {"answer": "yes"})["Location"].startswith("/learner/sign-in")
    client.force_login(root)
    assert b"learner-" not in client.get("/admin/auth/user/").content, "nor is it staff"


def test_who_renews_what_ends_at_this_moment_is_refused(college: College, ada: Learner) -> None:
    app = app_of(ada.email)
    held = RefreshToken.objects.get()
    request = Request("/oauth/token")
    request.client, request.user = held.application, held.user
    request.grant_type, request.refresh_token_instance = "refresh_token", held
    RefreshToken.objects.all().delete()
    token = {"access_token": "a", "refresh_token": "b", "scope": app.tokens["scope"]}
    with pytest.raises(InvalidGrantError):
        ProvenClients().save_bearer_token(token, request)


def test_a_way_on_leads_nowhere_else(college: College, ada: Learner) -> None:
    for there in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"):
        Client().post(f"/learner/sign-in?next={there}", {"email": ada.email})
    assert set(SignInLink.objects.values_list("leads_to", flat=True)) == {"/learner/access"}


def test_nobody_is_flooded_with_links(college: College, ada: Learner) -> None:
    def ask(n: int, email: str = ada.email) -> int:
        browser = Client(REMOTE_ADDR=f"192.0.2.{n}")
        return browser.post("/learner/sign-in", {"email": email}).status_code

    assert {ask(n) for n in range(7)} == {200}
    assert Mail.objects.count() == 5
    found = [ask(99, f"{n}@college.example") for n in range(21)]
    assert found == [200] * 20 + [429]


def test_those_who_share_an_address_get_a_link_each(
    college: College, ada: Learner, ben: Learner
) -> None:
    Learner.objects.filter(pk=ben.pk).update(email=ada.email)
    Client().post("/learner/sign-in", {"email": ada.email})
    assert set(SignInLink.objects.values_list("learner", flat=True)) == {ada.pk, ben.pk}


def test_who_is_one_person_in_two_systems_comes_in_as_that_one(
    college: College, ada: Learner, ben: Learner
) -> None:
    Learner.objects.filter(pk=ben.pk).update(email=ada.email)
    SamePerson.objects.create(
        learner=ada,
        source=ben.source,
        sourced_id=ben.sourced_id,
        number=ben.number,
        name="Ben",
        state=SamePerson.State.JOINED,
    )
    Client().post("/learner/sign-in", {"email": ada.email})
    assert [link.learner for link in SignInLink.objects.all()] == [ada]


def test_a_learner_ends_what_they_allowed(college: College, ada: Learner) -> None:
    app = app_of(ada.email)
    browser = Client()
    sign_in(browser, ada.email, leads_to="/learner/access")
    assert b"Wallet of Example" in browser.get("/learner/access").content
    assert browser.post("/learner/access", {"app": app.id}).status_code == 302
    assert b"Wallet of Example" not in browser.get("/learner/access").content
    assert app.call("get", "ob/v3p0/profile").status_code == 401
    browser.post("/learner/access", {"leave": ""})
    assert browser.get("/learner/access").status_code == 302


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"client_name": ""}, "client_name"),
        ({"client_uri": "http://wallet.example/"}, "client_uri"),
        ({"logo_uri": None}, "logo_uri"),
        ({"tos_uri": "https://elsewhere.example/terms"}, "same host"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": ["https://elsewhere.example/back"]}, "same host"),
        ({"redirect_uris": ["https://wallet.example/back#x"]}, "redirect_uris"),
        ({"redirect_uris": ["https://me@wallet.example/back"]}, "redirect_uris"),
        ({"redirect_uris": [f"{BACK}\thttps://elsewhere.example/"]}, "redirect_uris"),
        ({"redirect_uris": [f"{BACK}\0"]}, "redirect_uris"),
        ({"redirect_uris": [7]}, "redirect_uris"),
        ({"grant_types": ["client_credentials"]}, "grant_types"),
        ({"grant_types": ["refresh_token"]}, "grant_types"),
        ({"response_types": ["token"]}, "response_types"),
        ({"token_endpoint_auth_method": "none"}, "token_endpoint_auth_method"),
        ({"scope": "learners.read offline_access"}, "scope"),
        ({"software_id": {}}, "software_id"),
    ],
)
def test_an_application_that_is_not_as_the_standard_has_it_is_not_registered(
    others: dict[str, object], said: str, db: None
) -> None:
    answer = register(**others)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("invalid_")
    assert said in answer.json()["error_description"]
    assert not Application.objects.exists()


def test_what_is_registered_is_told(db: None) -> None:
    said = register(scope=f"{READ} learners.read", grant_types=["authorization_code"]).json()
    assert said["scope"] == READ
    assert said["client_secret_expires_at"] == 0
    assert said["token_endpoint_auth_method"] == "client_secret_basic"
    assert (
        Client().post("/oauth/register", "[]", content_type="application/json").status_code == 400
    )
    for _ in range(9):
        register()
    assert register().status_code == 429


def test_an_application_that_nobody_lets_in_is_forgotten(
    college: College, ada: Learner, root: User
) -> None:
    app_of(ada.email)
    App.registered()
    assert learner_apps.sweep(at=timezone.now() + learner_apps.FORGOTTEN_AFTER) == 1
    assert learner_apps.sweep(at=timezone.now() + timedelta(days=1)) == 0
    assert Application.objects.count() == 1
    assert settings.OAUTH2_PROVIDER["REFRESH_TOKEN_EXPIRE_SECONDS"]
