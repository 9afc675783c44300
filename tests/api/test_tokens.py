"""Clients prove who they are, by a secret or by a key; who guesses has to wait."""

import base64
import json
import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command, load_command_class
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application
from rest_framework.test import APIClient

from issuer.models import LedgerEntry
from issuer.services import clients, webhooks
from issuer.vc import keys, signers
from issuer.vc.jose import jws
from registrar.errors import ClientShut, TwoSecrets, UnsoundKeys
from registrar.models import ApiClient, FormerSecret, UsedAssertion
from registrar.services.college import api_clients, client_keys
from tests.issuer.stranger import World, world
from tests.skills.locks import wait_until_somebody_waits

__all__ = ["world"]

pytestmark = pytest.mark.django_db

SIGNER = signers.from_secret(keys.P256, bytes(31) + b"\x07")
OTHER = signers.from_secret(keys.ED25519, bytes(31) + b"\x09")
HOST = "sis.stranger.example"
JWKS_URI = f"https://{HOST}/jwks.json"


def jwks(**signed_by: signers.Signer) -> str:
    """A JWK Set with the public keys of these, each under its name."""
    found = {
        kid: keys.PublicKey.from_multikey(signer.public_multibase).jwk
        for kid, signer in signed_by.items()
    }
    return json.dumps({"keys": [{"kid": kid} | jwk for kid, jwk in found.items()]})


@pytest.fixture
def added(root: User) -> tuple[Application, str]:
    """A client and its secret."""
    return api_clients.add("SIS", by=root, scopes=["learners.read", "skills.read"])


@pytest.fixture
def signing(added: tuple[Application, str], root: User) -> Application:
    """A client that signs with one registered key."""
    client_keys.register(added[0], by=root, jwks=jwks(a=SIGNER))
    return added[0]


def ask(client_id: str, secret: str, address: str = "192.0.2.1", **form: str) -> Any:
    """What the token endpoint answers to HTTP Basic."""
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return Client(REMOTE_ADDR=address).post(
        "/oauth/token",
        {"grant_type": "client_credentials", **form},
        headers={"authorization": f"Basic {basic}"},
    )


def claims(client: Application, **others: Any) -> dict[str, Any]:
    """What a client signs; None leaves a claim out."""
    now = int(timezone.now().timestamp())
    usual = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": f"{settings.BASE_URL}/oauth/token",
        "iat": now,
        "exp": now + 60,
        "jti": str(uuid.uuid4()),
    }
    return {name: value for name, value in (usual | others).items() if value is not None}


def signed(said: dict[str, Any], signer: signers.Signer = SIGNER, **header: str) -> str:
    return jws.sign({"kid": "a"} | header, said, signer=signer)


def show(assertion: str, **form: str) -> Any:
    """What the token endpoint answers to an assertion."""
    sent = {
        "grant_type": "client_credentials",
        "client_assertion_type": client_keys.TYPE,
        "client_assertion": assertion,
    }
    return Client().post("/oauth/token", sent | form)


def test_a_client_that_signs_gets_a_token_and_the_same_assertion_a_second_time_none(
    signing: Application,
) -> None:
    assertion = signed(claims(signing))
    answer = show(assertion, scope="skills.read")
    assert answer.status_code == 200, answer.content
    assert answer.json()["expires_in"] == 3600
    assert answer.json()["scope"] == "skills.read"
    again = show(assertion)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert "used before" in again.json()["error_description"]
    assert show(signed(claims(signing, aud=[settings.BASE_URL]))).status_code == 200


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"aud": "https://elsewhere.example/token"}, "aud of the assertion is"),
        ({"aud": None}, "lacks aud"),
        ({"jti": None}, "lacks jti"),
        ({"jti": 7}, "jti of the assertion"),
        ({"iss": "somebody"}, "iss and sub"),
        ({"exp": 0}, "for use until"),
        ({"exp": 99999999999}, "10 minutes ahead"),
        ({"exp": "soon"}, "not a number"),
        ({"nbf": 99999999999}, "not for use before"),
    ],
)
def test_what_an_assertion_must_say_is_told(
    others: dict[str, Any], said: str, signing: Application
) -> None:
    answer = show(signed(claims(signing, **others)))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert said in answer.json()["error_description"]
    assert not UsedAssertion.objects.exists()


def test_a_name_that_no_client_can_have_is_refused_like_any_other(
    signing: Application,
) -> None:
    assert show(signed(claims(signing, sub="\0"))).status_code == 401
    assert ask("%00", "%00").status_code == 401


def test_only_the_registered_key_and_its_algorithm_count(signing: Application) -> None:
    said = claims(signing)
    by_another = show(signed(said, OTHER))
    assert "does not sign by" in by_another.json()["error_description"]
    unknown = show(signed(said, kid="b"))
    assert "not registered" in unknown.json()["error_description"]
    head = jws.encode(b'{"alg":"none","kid":"a"}')
    unsecured = show(f"{head}.{jws.encode(json.dumps(said).encode())}.")
    assert unsecured.status_code == 401
    assert show("x").status_code == show(signed(claims(signing, sub="nobody"))).status_code == 401
    two_ways = show(signed(claims(signing)), client_secret="x")
    assert two_ways.json()["error_description"] == "Prove who you are in one way, not in two."
    assert not AccessToken.objects.exists()


def test_keys_end_when_it_was_said_that_they_do(signing: Application, root: User) -> None:
    ended = timezone.now() - timedelta(seconds=1)
    client_keys.register(signing, by=root, jwks=jwks(a=SIGNER), ends_at=ended)
    assert "have ended" in show(signed(claims(signing))).json()["error_description"]


def test_keys_are_fetched_from_where_the_client_serves_them(
    added: tuple[Application, str], root: User, world: World
) -> None:
    client, _ = added
    world.serve(JWKS_URI, jwks(a=SIGNER).encode())
    client_keys.register(client, by=root, jwks_uri=JWKS_URI)
    for _ in range(2):
        assert show(signed(claims(client))).status_code == 200
    assert len(world.called) == 1
    ApiClient.objects.update(fetched_at=None)
    world.serve(JWKS_URI, b'{"keys": [{"kid": "\\u0000"}]}')
    assert show(signed(claims(client))).status_code == 401
    world.called.clear()
    ApiClient.objects.update(fetched_at=None)
    world.serve(JWKS_URI, jwks(a=SIGNER).encode())
    assert show(signed(claims(client))).status_code == 200
    world.serve(JWKS_URI, jwks(b=OTHER).encode())
    assert show(signed(claims(client), OTHER, kid="b")).status_code == 401
    assert len(world.called) == 1, "nobody makes us ask more often than once a minute"
    ApiClient.objects.update(fetched_at=timezone.now() - client_keys.PAUSE)
    assert show(signed(claims(client), OTHER, kid="b")).status_code == 200
    world.serve(JWKS_URI, b"gone")
    ApiClient.objects.update(fetched_at=timezone.now() - client_keys.KEPT)
    for _ in range(2):
        assert show(signed(claims(client), OTHER, kid="b")).status_code == 401


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"keys": []}',
        '{"keys": [{"kty": "oct", "k": "AAAA"}]}',
        '{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}',
        jwks(a=SIGNER).replace('"kid"', '"d"'),
        json.dumps({"keys": json.loads(jwks(a=SIGNER))["keys"] * 2}),
    ],
)
def test_keys_that_prove_nothing_are_not_registered(
    text: str, added: tuple[Application, str], root: User
) -> None:
    with pytest.raises(UnsoundKeys):
        client_keys.register(added[0], by=root, jwks=text)


def test_a_secret_is_changed_while_the_one_before_goes_on_opening(
    added: tuple[Application, str], root: User
) -> None:
    client, first = added
    second = api_clients.rotate_secret(client, by=root)
    assert [ask(client.client_id, each).status_code for each in (first, second)] == [200, 200]
    with pytest.raises(TwoSecrets):
        api_clients.rotate_secret(client, by=root)
    FormerSecret.objects.update(ends_at=timezone.now())
    assert [ask(client.client_id, each).status_code for each in (first, second)] == [401, 200]
    third = api_clients.rotate_secret(client, by=root, overlap=timedelta())
    assert [ask(client.client_id, each).status_code for each in (second, third)] == [401, 200]
    fourth = api_clients.rotate_secret(client, by=root)
    assert api_clients.end_former_secret(client, by=root)
    assert [ask(client.client_id, each).status_code for each in (third, fourth)] == [401, 200]
    assert LedgerEntry.objects.filter(act="api_client.secret_rotated").count() == 3


def test_secrets_are_kept_as_digests_that_are_cheap_to_check(
    added: tuple[Application, str],
) -> None:
    client, secret = added
    client.refresh_from_db()
    assert client.client_secret.startswith("drawn_sha256$")
    assert secret not in client.client_secret
    person = User(username="x")
    person.set_password("a quite long password")
    assert not person.password.startswith("drawn"), "never for what people choose"


def test_a_secret_ends(added: tuple[Application, str]) -> None:
    client, secret = added
    left = ApiClient.objects.get().secret_ends_at - timezone.now()
    assert left > timedelta(days=settings.CLIENT_SECRET_DAYS - 1)
    ApiClient.objects.update(secret_ends_at=timezone.now())
    assert ask(client.client_id, secret).status_code == 401


def test_the_help_lists_every_scope_with_what_it_is_for() -> None:
    parser = load_command_class("registrar", "add_client").create_parser("manage.py", "add_client")
    lines = [line.strip() for line in parser.format_help().splitlines()]
    for scope, what in settings.ALL_SCOPES.items():
        (line,) = [each for each in lines if each.startswith(f"{scope} ")]
        assert line.removeprefix(scope).strip() == what


def test_who_names_a_scope_that_there_is_not_is_told_which_there_are(root: User) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("add_client", "SIS", f"--by={root.username}", "--scope=learners.red")
    said = str(refusal.value)
    assert "There is no scope learners.red." in said
    assert all(f"  {scope} " in said for scope in settings.ALL_SCOPES)
    assert not Application.objects.exists()


def test_a_command_changes_a_secret(
    added: tuple[Application, str], capsys: pytest.CaptureFixture[str], dev: User
) -> None:
    client, first = added
    second = User.objects.create_superuser("second", password=None)
    call_command("rotate_secret", client.client_id, "--by=second", "--overlap-days=1", "--json")
    assert api_clients.could_sign_in_as(second, of=[client.client_id]), "who saw the secret"
    with pytest.raises(CommandError, match="roles"):
        call_command("rotate_secret", client.client_id, f"--by={dev.username}", "--end-former")
    with pytest.raises(CommandError, match="nobody"):
        call_command("rotate_secret", client.client_id, "--by=nobody")
    said = json.loads(capsys.readouterr().out)
    assert said["client_id"] == client.client_id
    assert ask(client.client_id, said["secret"]).status_code == 200
    assert ask(client.client_id, first).status_code == 200
    call_command("rotate_secret", client.client_id, "--by=second", "--end-former", "--json")
    assert json.loads(capsys.readouterr().out)["ended"] is True
    assert ask(client.client_id, first).status_code == 401


def test_tokens_end_with_the_secret_that_is_ended_at_once_and_no_others(
    added: tuple[Application, str], root: User, get: Callable[..., int]
) -> None:
    client, first = added

    def token(secret: str) -> str:
        return ask(client.client_id, secret).json()["access_token"]

    old = token(first)
    second = api_clients.rotate_secret(client, by=root)
    late, new = token(first), token(second)
    assert [get(each) for each in (old, late, new)] == [200, 200, 200], "both secrets are good"
    api_clients.end_former_secret(client, by=root)
    assert [get(each) for each in (old, late, new)] == [401, 401, 200]
    third = api_clients.rotate_secret(client, by=root, overlap=timedelta())
    assert [get(each) for each in (new, token(third))] == [401, 200]
    # One that ends as it was meant to leaves its tokens their hour.
    last = token(third)
    ApiClient.objects.update(secret_ends_at=timezone.now())
    assert get(last) == 200


def test_tokens_end_with_the_key_that_is_taken_away_and_no_others(
    signing: Application, added: tuple[Application, str], root: User, get: Callable[..., int]
) -> None:
    by_key = show(signed(claims(signing))).json()["access_token"]
    by_secret = ask(signing.client_id, added[1]).json()["access_token"]
    client_keys.register(signing, by=root, jwks=jwks(a=SIGNER, b=OTHER))
    assert [get(each) for each in (by_key, by_secret)] == [200, 200]
    client_keys.register(signing, by=root, jwks=jwks(b=OTHER))
    assert [get(each) for each in (by_key, by_secret)] == [401, 200]
    by_other = show(signed(claims(signing), OTHER, kid="b")).json()["access_token"]
    client_keys.register(signing, by=root)
    assert [get(each) for each in (by_other, by_secret)] == [401, 200]


@pytest.mark.parametrize(
    ("form", "status", "error", "said"),
    [
        ({"scope": "skills.read results.read"}, 400, "invalid_scope", "not granted results.read."),
        ({"scope": "skill.read"}, 400, "invalid_scope", "no scope skill.read."),
        ({"grant_type": "password"}, 400, "invalid_request", "missing username"),
        ({"grant_type": "x"}, 400, "unsupported_grant_type", "client_credentials"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant", "ended"),
    ],
)
def test_the_token_endpoint_says_in_words_what_is_wrong(
    added: tuple[Application, str], form: dict[str, str], status: int, error: str, said: str
) -> None:
    answer = ask(added[0].client_id, added[1], **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert said in answer.json()["error_description"]


def test_who_does_not_prove_who_they_are_is_told_how_it_is_done(
    added: tuple[Application, str],
) -> None:
    no_proof = Client().post("/oauth/token", {"grant_type": "client_credentials"})
    wrong = ask(added[0].client_id, "x")
    nobody = ask("nobody", "x")
    assert wrong.content == nobody.content, "who guesses learns nothing"
    for answer in (no_proof, wrong):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert answer["WWW-Authenticate"].startswith("Basic realm=")
        assert "HTTP Basic" in answer.json()["error_description"]


def test_a_client_that_is_closed_is_let_in_no_more(
    added: tuple[Application, str], root: User, get: Callable[..., int]
) -> None:
    client, secret = added
    client_keys.register(client, by=root, jwks=jwks(a=SIGNER))
    token = ask(client.client_id, secret).json()["access_token"]
    caller = clients.Client(client.client_id, client.name)
    endpoint = webhooks.add(f"https://{HOST}/in", types=["credential.issued"], by=caller)
    api_clients.close(client, by=root, reason="It was lost.")
    endpoint.refresh_from_db()
    assert not endpoint.is_on, "it is told of nothing either"
    assert get(token) == 401
    assert ask(client.client_id, secret).status_code == 401
    assert show(signed(claims(client))).status_code == 401
    with pytest.raises(ClientShut):
        api_clients.rotate_secret(client, by=caller)  # in a call that began before
    new = api_clients.rotate_secret(client, by=root)
    assert [ask(client.client_id, each).status_code for each in (secret, new)] == [401, 200]


def test_who_gives_a_client_keys_could_sign_in_as_it_and_who_takes_them_away_not(
    added: tuple[Application, str], root: User
) -> None:
    client, _ = added
    second, third = (
        User.objects.create_superuser(name, password=None) for name in ("second", "third")
    )
    client_keys.register(client, by=second, jwks=jwks(a=SIGNER))
    client_keys.register(client, by=third)
    could = [
        api_clients.could_sign_in_as(each, of=[client.client_id]) for each in (root, second, third)
    ]
    assert could == [True, True, False]
    client_keys.register(client, by=third, jwks_uri=JWKS_URI)
    assert api_clients.could_sign_in_as(third, of=[client.client_id])


def test_a_command_registers_keys(
    added: tuple[Application, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client, _ = added
    (tmp_path / "jwks.json").write_text(jwks(a=SIGNER))
    keys = str(tmp_path / "jwks.json")
    call_command("register_keys", client.client_id, "--by=root", "--jwks", keys, "--json")
    assert json.loads(capsys.readouterr().out) == {"client_id": client.client_id, "kids": ["a"]}
    assert show(signed(claims(client))).status_code == 200
    with pytest.raises(CommandError):
        uri = "http://sis.example/"
        call_command("register_keys", client.client_id, "--by=root", "--jwks-uri", uri)
    call_command("register_keys", client.client_id, "--by=root", "--none")
    assert show(signed(claims(client))).status_code == 401


def test_a_command_changes_what_a_client_may_do(
    added: tuple[Application, str], capsys: pytest.CaptureFixture[str], dev: User
) -> None:
    client, secret = added
    change = ["change_client", client.client_id, "--by=root"]
    call_command(*change, "--grant=results.read", "--take-away=skills.read", "--source=banner")
    assert capsys.readouterr().out.splitlines() == [
        "It may also: results.read. It may no more: skills.read; tokens with that are ended. "
        "It sends rows as banner."
    ]
    assert ask(client.client_id, secret).json()["scope"] == "learners.read results.read"
    call_command(*change, "--any-source", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "client_id": client.client_id,
        "scopes": ["learners.read", "results.read"],
        "sources": [],
        "added": [],
        "taken_away": [],
    }
    for wrong, why in [
        (["--grant=results.red"], "There is no scope results.red"),
        (["--take-away=vc.issue"], "not granted vc.issue"),
        (["--grant=vc.issue", "--take-away=vc.issue"], "not both"),
        (["--take-away=learners.read", "--take-away=results.read"], "at least one"),
        ([f"--by={dev.username}", "--grant=vc.issue"], "roles"),
        (["--source= "], "blank"),
    ]:
        with pytest.raises(CommandError, match=why):
            call_command(*change, *wrong)
    with pytest.raises(CommandError, match="no such client"):
        call_command("change_client", "x", "--by=root")
    assert api_clients.scopes_of(client) == ["learners.read", "results.read"]


def test_a_token_ends_with_a_scope_that_it_carries_and_is_taken_away(
    added: tuple[Application, str], root: User, get: Callable[..., int]
) -> None:
    client, secret = added
    other, other_secret = api_clients.add("LMS", by=root)

    def token(scope: str) -> str:
        return ask(client.client_id, secret, scope=scope).json()["access_token"]

    both, one = token("learners.read skills.read"), token("learners.read")
    theirs = ask(other.client_id, other_secret).json()["access_token"]
    api_clients.change(client, scopes=["learners.read", "results.read"], by=root)
    assert [get(each) for each in (both, one, theirs)] == [401, 200, 200]
    refused = ask(client.client_id, secret, scope="skills.read")
    assert "ask an administrator to grant it" in refused.json()["error_description"]
    assert get(token("learners.read results.read")) == 200


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_a_token_that_is_asked_for_while_its_scope_is_taken_away_is_not_given(
    added: tuple[Application, str], root: User
) -> None:
    client, secret = added

    def ask_meanwhile() -> Any:
        try:
            return ask(client.client_id, secret)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            api_clients.change(client, scopes=["learners.read"], by=root)
            asked = other.submit(ask_meanwhile)
            wait_until_somebody_waits()
        answer = asked.result(timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert answer["Cache-Control"] == "no-store"
    assert not AccessToken.objects.exists()
    assert ask(client.client_id, secret).json()["scope"] == "learners.read"


def test_who_guesses_secrets_waits_and_locks_nobody_else_out(
    added: tuple[Application, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registrar.services.college.token_requests.AT_A_CLIENT", 3)
    client, secret = added
    assert [ask(client.client_id, "guess").status_code for _ in range(3)] == [401] * 3
    refused = ask(client.client_id, secret)
    assert refused.status_code == 429
    assert refused.json()["error"] == "temporarily_unavailable"
    assert 0 < int(refused["Retry-After"]) <= 15 * 60
    assert ask(client.client_id, secret, address="198.51.100.7").status_code == 200
    assert LedgerEntry.objects.filter(act="api_client.failures").count() == 1


def test_nothing_of_a_token_request_stands_in_the_address(added: tuple[Application, str]) -> None:
    client, secret = added
    query = f"client_id={client.client_id}&client_secret={secret}&grant_type=client_credentials"
    for send in (Client().post, Client().get):
        answer = send(f"/oauth/token?{query}")
        assert answer.status_code in (400, 401, 405)
        assert b"access_token" not in answer.content


def test_a_token_is_taken_back(added: tuple[Application, str], get: Callable[..., int]) -> None:
    client, secret = added
    token = ask(client.client_id, secret).json()["access_token"]
    assert get(token) == 200
    basic = base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
    headers = {"authorization": f"Basic {basic}"}
    assert Client().post("/oauth/revoke", {"token": token}).status_code == 401
    assert Client().post("/oauth/revoke", {"token": token}, headers=headers).status_code == 200
    assert get(token) == 401


@pytest.fixture
def get() -> Callable[[str], int]:
    def status(token: str) -> int:
        headers = {"authorization": f"Bearer {token}"}
        return Client().get("/api/v1/learners", headers=headers).status_code

    return status


def test_clients_read_where_tokens_are_given(client: Client) -> None:
    refused = client.get("/api/v1/learners")["WWW-Authenticate"]
    (leads_to,) = re.findall('resource_metadata="([^"]+)"', refused)
    asked = client.get(leads_to.removeprefix(settings.BASE_URL)).json()
    assert asked["authorization_servers"] == [settings.BASE_URL]
    said = client.get("/.well-known/oauth-authorization-server").json()
    assert said["token_endpoint"] == f"{settings.BASE_URL}/oauth/token"
    assert "private_key_jwt" in said["token_endpoint_auth_methods_supported"]
    assert "none" not in said["token_endpoint_auth_signing_alg_values_supported"]


def test_a_client_changes_its_own_secret_without_a_gap(root: User) -> None:
    application, old = api_clients.add("SIS", by=root, scopes=["client.manage", "skills.read"])
    client_keys.register(application, by=root, jwks=jwks(a=SIGNER))
    token = ask(application.client_id, old, scope="client.manage").json()["access_token"]
    system = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
    path, headers = "/api/v1/client/secret", {"idempotency-key": "k-1"}
    tried = system.post(f"{path}?dry_run=true", {}, format="json")
    assert (tried.status_code, tried.json()["secret"]) == (200, None)
    made, again = (system.post(path, {}, format="json", headers=headers) for _ in range(2))
    assert (made.status_code, again.json()) == (201, made.json() | {"secret": None})
    new = made.json()["secret"]
    assert [ask(application.client_id, each).status_code for each in (old, new)] == [200, 200]
    third = system.post(path, {"overlap_days": 1}, format="json")
    assert (third.status_code, third.json()["code"]) == (409, "two_secrets")
    told = system.get("/api/v1/client").json()
    assert (told["id"], told["scopes"]) == (application.client_id, ["client.manage", "skills.read"])
    assert told["keys"] == [{"kid": "a", "kty": "EC", "crv": "P-256"}]
    assert told["former_secret_ends_at"] == made.json()["former_secret_ends_at"] is not None
    by_new = ask(application.client_id, new).json()["access_token"]
    assert system.delete("/api/v1/client/former-secret").status_code == 204
    assert [ask(application.client_id, each).status_code for each in (old, new)] == [401, 200]
    assert system.get("/api/v1/client").status_code == 401, "it was got by what is ended"
    system = APIClient(HTTP_AUTHORIZATION=f"Bearer {by_new}")
    assert system.delete("/api/v1/client/former-secret").status_code == 204
    assert system.get("/api/v1/client").status_code == 200
    entry = LedgerEntry.objects.get(act="api_client.secret_rotated")
    assert entry.details["client"] == application.client_id
    assert system.post(path, {"overlap_days": 31}, format="json").status_code == 400
    assert system.post(path, {"overlap_days": 0}, format="json").status_code == 201
    assert system.get("/api/v1/client").status_code == 401, "it was got by what is ended"


def test_who_may_not_manage_the_client_sees_nothing_of_its_secret(root: User) -> None:
    application, secret = api_clients.add("SIS", by=root, scopes=["skills.read"])
    token = ask(application.client_id, secret).json()["access_token"]
    system = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert system.get("/api/v1/client").status_code == 403
