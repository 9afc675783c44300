"""The administrator lets people and systems in, and takes roles away."""

import base64
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from oauth2_provider.models import Application

from issuer.models import LedgerEntry
from registrar.errors import NoScope
from registrar.models import ApiClient, Role
from registrar.services.college import api_clients

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(root: User, college: Any, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(root)


def test_a_person_is_added_signs_in_and_does_what_their_role_allows(
    desk: Client, college: Any
) -> None:
    form = {"username": "nils", "given_name": "Nils", "family_name": "Øyen", "email": ""}
    page = desk.post(reverse("admin:auth_user_new"), form)
    assert "no-store" in page["Cache-Control"]
    (password,) = re.findall(r"<code>(\w{4}-\w{4}-\w{4})</code>", page.content.decode())
    nils = User.objects.get(username="nils")

    theirs = Client()
    assert theirs.login(username="nils", password=password)
    batches = reverse("admin:issuer_batch_changelist")
    assert theirs.get(batches).status_code == 302
    assert "Nils Øyen (nils)" in desk.get(reverse("admin:registrar_role_new")).content.decode()
    role = {"user": nils.pk, "kind": "approver", "unit": college.science.pk}
    assert desk.post(reverse("admin:registrar_role_new"), role).status_code == 302
    assert theirs.get(batches).status_code == 200

    address = reverse("admin:registrar_role_change", args=[nils.roles.get().pk])
    assert desk.post(address, {"act": "take"}).status_code == 422
    assert desk.post(address, {"act": "take", "reason": "Left."}).status_code == 302
    assert not Role.objects.filter(user=nils).exists()
    assert theirs.get(batches).status_code == 302


def test_a_user_name_is_given_once(desk: Client, root: User) -> None:
    form = {"username": root.username, "family_name": "Doe"}
    page = desk.post(reverse("admin:auth_user_new"), form).content.decode()
    assert "Somebody has this user name" in page


def test_a_user_name_is_kept_as_it_is_read_when_somebody_signs_in(desk: Client) -> None:
    wide = {"username": "ｎｉｌｓ", "family_name": "Øyen"}
    page = desk.post(reverse("admin:auth_user_new"), wide).content.decode()
    (password,) = re.findall(r"<code>(\w{4}-\w{4}-\w{4})</code>", page)
    form = {"username": "ｎｉｌｓ", "password": password}
    theirs = Client()
    assert theirs.post(reverse("admin:login"), form).status_code == 302
    assert "Somebody has" in desk.post(reverse("admin:auth_user_new"), wide).content.decode()


def test_an_api_client_gets_a_secret_that_works(desk: Client) -> None:
    address = reverse("admin:oauth2_provider_application_new")
    form = desk.get(address).context["form"]
    assert form.fields.keys() > set(settings.API_SCOPES)
    assert not any(field.initial for field in form.fields.values())
    refused = desk.post(address, {"name": "The SIS"})
    assert str(NoScope()) in html.unescape(refused.content.decode())
    asked = {"name": "The SIS", "learners.read": "on", "vc.issue": "on"}
    page = desk.post(address, asked)
    assert "no-store" in page["Cache-Control"]
    client_id, secret, path = re.findall(r"<code>(.*?)</code>", page.content.decode())
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    answer = Client().post(
        path,
        {"grant_type": "client_credentials"},
        headers={"authorization": f"Basic {basic}"},
    )
    assert answer.status_code == 200
    assert set(answer.json()["scope"].split()) == {"learners.read", "vc.issue"}
    entry = LedgerEntry.objects.get(act="api_client.added")
    assert entry.details["scopes"] == ["learners.read", "vc.issue"]
    assert (
        "vc.issue"
        in desk.get(reverse("admin:oauth2_provider_application_changelist")).content.decode()
    )


def test_an_api_client_is_limited_to_the_systems_that_it_speaks_for(
    desk: Client, olu: User, signed_in: Callable[[User], Client]
) -> None:
    address = reverse("admin:oauth2_provider_application_new")
    asked = {"name": "The SIS", "learners.write": "on", "sources": " banner \r\n\r\ncanvas"}
    assert desk.post(address, asked).status_code == 200
    client = Application.objects.get()
    assert ApiClient.objects.get().sources == "banner\ncanvas"
    page = reverse("admin:oauth2_provider_application_change", args=[client.pk])
    assert "<bdi>banner</bdi>, <bdi>canvas</bdi>" in desk.get(page).content.decode()
    may = reverse("admin:oauth2_provider_application_scopes", args=[client.pk])
    assert desk.get(may).context["form"].initial["sources"] == "banner\ncanvas"
    kept = {"learners.write": "on"}
    assert signed_in(olu).post(may, kept).status_code == 403
    assert desk.post(may, kept | {"sources": "x" * 101}).status_code == 422
    told = desk.post(may, kept | {"sources": ""}, follow=True).content.decode()
    assert "It sends rows as any system." in told
    assert "any system, also one that somebody else runs" in told


def test_what_an_api_client_may_do_is_changed_on_its_page(
    desk: Client, root: User, olu: User, signed_in: Callable[[User], Client]
) -> None:
    client, secret = api_clients.add("SIS", by=root, scopes=["learners.read", "results.write"])
    page = reverse("admin:oauth2_provider_application_change", args=[client.pk])
    may = reverse("admin:oauth2_provider_application_scopes", args=[client.pk])
    assert may in desk.get(page).content.decode()
    asked = {"learners.read": "on", "vc.issue": "on", "sources": ""}
    theirs = signed_in(olu)
    assert may not in theirs.get(page).content.decode()
    assert (theirs.get(may).status_code, theirs.post(may, asked).status_code) == (403, 403)
    form = desk.get(may).context["form"]
    ticked = {scope for scope in settings.ALL_SCOPES if form[scope].value()}
    assert ticked == {"learners.read", "results.write"}
    assert "name" not in form.fields
    refused = desk.post(may, {"sources": "banner"})
    assert (refused.status_code, ApiClient.objects.get().sources) == (422, "")
    assert api_clients.scopes_of(client) == ["learners.read", "results.write"]

    told = desk.post(may, asked, follow=True).content.decode()
    assert "It may also: vc.issue. It may no more: results.write; tokens with that are ended." in (
        told
    )
    assert "learners.read, vc.issue" in told
    assert api_clients.knows_secret(client, secret)
    entry = LedgerEntry.objects.get(act="api_client.changed")
    assert (entry.user, entry.details) == (
        root,
        {
            "scopes": ["learners.read", "vc.issue"],
            "sources": [],
            "added": ["vc.issue"],
            "taken_away": ["results.write"],
        },
    )
    assert "Nothing is changed." in desk.post(may, asked, follow=True).content.decode()
    assert LedgerEntry.objects.filter(act="api_client.changed").count() == 1


def test_an_application_that_registered_itself_is_granted_nothing(desk: Client) -> None:
    said = {
        "client_name": "Backpack",
        "client_uri": "https://backpack.example",
        "logo_uri": "https://backpack.example/logo.png",
        "tos_uri": "https://backpack.example/terms",
        "policy_uri": "https://backpack.example/privacy",
        "software_id": "backpack",
        "software_version": "1",
        "redirect_uris": ["https://backpack.example/back"],
        "scope": next(iter(settings.LEARNER_SCOPES)),
    }
    answer = Client().post("/oauth/register", said, content_type="application/json")
    assert answer.status_code == 201, answer.content
    app = Application.objects.get()
    may = reverse("admin:oauth2_provider_application_scopes", args=[app.pk])
    page = reverse("admin:oauth2_provider_application_change", args=[app.pk])
    assert may not in desk.get(page).content.decode()
    assert desk.post(may, {"vc.issue": "on"}).status_code == 404
    with pytest.raises(CommandError, match="registered itself"):
        call_command("change_client", app.client_id, "--by=root", "--grant=vc.issue")
    assert api_clients.scopes_of(app) == said["scope"].split()


def test_the_address_of_the_stock_form_leads_to_our_own(desk: Client) -> None:
    for name in ("oauth2_provider_application", "auth_user", "registrar_role"):
        answer = desk.get(reverse(f"admin:{name}_add"))
        assert answer["Location"] == reverse(f"admin:{name}_new")
    assert desk.get(reverse("admin:registrar_learner_add")).status_code == 404
    anonymous = Client().get(reverse("admin:auth_user_add"))
    assert anonymous["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize(
    "guess",
    [
        "auth_user_changelist?password__startswith=pbkdf2",
        "auth_user_changelist?password__regex=.",
        "oauth2_provider_application_changelist?client_secret__startswith=a",
    ],
)
def test_nobody_guesses_at_a_secret_through_a_filter(
    guess: str, olu: User, signed_in: Callable[[User], Client]
) -> None:
    name, _, query = guess.partition("?")
    answer = signed_in(olu).get(reverse(f"admin:{name}") + "?" + query)
    assert answer.status_code in (302, 400)


def test_a_list_is_filtered_by_what_it_offers(
    olu: User, signed_in: Callable[[User], Client]
) -> None:
    answer = signed_in(olu).get(reverse("admin:auth_user_changelist"), {"is_active__exact": "1"})
    assert answer.status_code == 200


def test_a_client_gets_another_secret_and_keys_at_the_desk(
    desk: Client, root: User, olu: User, signed_in: Callable[[User], Client]
) -> None:
    client, _ = api_clients.add("The SIS", by=root)
    change = reverse("admin:oauth2_provider_application_change", args=[client.pk])
    secret = reverse("admin:oauth2_provider_application_secret", args=[client.pk])
    keys = reverse("admin:oauth2_provider_application_keys", args=[client.pk])
    theirs = signed_in(olu)
    assert b"Give it a new secret" not in theirs.get(change).content
    assert {theirs.get(page).status_code for page in (secret, keys)} == {403}
    assert theirs.post(change, {"act": "end_former"}).status_code == 403

    shown = desk.post(secret, {"overlap": "7"})
    assert "no-store" in shown["Cache-Control"]
    client_id, new = re.findall(r"<code>(.*?)</code>", shown.content.decode())
    assert client_id == client.client_id
    assert api_clients.knows_secret(client, new)
    assert "Two secrets" in desk.post(secret, {"overlap": "7"}).content.decode()
    assert b"End the secret before" in desk.get(change).content
    assert desk.post(change, {"act": "end_former"}).status_code == 302
    assert b"End the secret before" not in desk.get(change).content

    assert b"no public keys" in desk.post(keys, {"jwks": '{"keys": [{"kty": "oct"}]}'}).content
    uri = "https://sis.example/jwks.json"
    assert desk.post(keys, {"jwks_uri": uri, "ends_at": "2030-01-01T00:00"}).status_code == 302
    page = desk.get(change).content.decode()
    assert uri in page and "2030" in page

    third = re.findall(r"<code>(.*?)</code>", desk.post(secret, {"overlap": "0"}).content.decode())[
        1
    ]
    client.refresh_from_db()
    assert desk.post(change, {"act": "close"}).status_code == 422
    assert api_clients.knows_secret(client, third)
    assert desk.post(change, {"act": "close", "reason": "It was lost."}).status_code == 302
    assert not api_clients.knows_secret(client, third)
    assert uri not in desk.get(change).content.decode().partition("history")[0]
