"""Systems register webhooks themselves, see what was sent to them, and have it sent again."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from jsonschema import Draft202012Validator
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.models import Batch, Event, Mail, WebhookEndpoint
from issuer.services import clock, deliveries, events, webhooks
from registrar.models import ApiClient, KeptAnswer
from registrar.services.awarding import awards
from registrar.services.college import api_clients
from registrar.services.college.event_types import CATALOGUE, SENT, TEMPLATE_APPROVED
from skills.models import Framework
from tests.cast import issue, signed_in
from tests.issuer.receiver import Receiver, open_receiver
from tests.registrar.test_at_once import at_once

pytestmark = pytest.mark.django_db

PATH = "/api/v1/webhooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as found:
        yield found


@pytest.fixture
def system(college: Any, root: User) -> APIClient:
    scopes = ["webhooks.manage", *settings.API_SCOPES]
    application, _ = api_clients.add("Portal", by=root, scopes=scopes)
    client = signed_in(application)
    AccessToken.objects.update(scope=" ".join(scopes))
    return client


def register(system: APIClient, receiver: Receiver, **other: Any) -> dict[str, Any]:
    body = {"url": receiver.url, "types": ["batch.approved", "credential.issued"], **other}
    answer = system.post(PATH, body, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def send() -> None:
    deliveries.send_due(seconds=5)


def test_a_batch_is_told_to_who_registered_from_approval_to_its_credentials(
    system: APIClient, receiver: Receiver, key: Any, adas_batch: Batch, dev: User
) -> None:
    made = register(system, receiver, types=[*SENT.keys() - {"webhook.test"}])
    issue(awards.approve(adas_batch, by=dev))
    send()
    assert sorted(receiver.types) == ["batch.approved", "batch.settled", "credential.issued"]
    told = {each.told["type"]: each.told["data"] for each in receiver.messages}
    (credential,) = told["credential.issued"]["ids"]
    assert told["batch.settled"]["issued"] == told["credential.issued"]["count"] == 1
    listed = system.get(told["credential.issued"]["url"]).json()["results"]
    assert [each["id"] for each in listed] == [credential]
    assert system.get(told["batch.settled"]["url"]).json()["state"] == "issued"
    text = " ".join(each.body.decode() for each in receiver.messages)
    assert "Ada" not in text
    assert "1001" not in text
    message = receiver.messages[0]
    secret = base64.b64decode(made["secret"].removeprefix("whsec_"))
    signed = f"{message.headers['webhook-id']}.{message.headers['webhook-timestamp']}."
    right = hmac.digest(secret, signed.encode() + message.body, hashlib.sha256)
    assert f"v1,{base64.b64encode(right).decode()}" in message.headers["webhook-signature"]


def test_a_secret_is_told_once_and_kept_nowhere(system: APIClient, receiver: Receiver) -> None:
    body = {"url": receiver.url, "types": ["batch.approved"]}
    headers = {"idempotency-key": "k-1"}
    first = system.post(PATH, body, format="json", headers=headers).json()
    again = system.post(PATH, body, format="json", headers=headers).json()
    assert first.pop("secret").startswith("whsec_")
    assert again.pop("secret") is None
    assert again == first
    assert b"whsec_" not in bytes(KeptAnswer.objects.get().body)
    assert "secret" not in system.get(f"{PATH}/{first['id']}").json()
    secret = f"{PATH}/{first['id']}/secret"
    for wrong in ({"overlap_hours": 1}, {"overlap_days": 8}):
        assert system.post(secret, wrong, format="json").status_code == 400
    changed = system.post(secret, {"overlap_days": 2}, format="json")
    assert changed.status_code == 200
    assert changed.json()["public_key"] != first["public_key"]
    until = WebhookEndpoint.objects.get().former_until
    assert until is not None and (until - timezone.now()).days == 1
    tried = system.post(PATH + "?dry_run=true", body, format="json")
    assert (tried.status_code, tried.json()["secret"]) == (200, None)
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "http://sis.example/"}, "/url"),
        ({"url": "https://10.0.0.1/hooks"}, "/url"),
        ({"url": "https://[::1]/hooks"}, "/url"),
        ({"url": ""}, "/url"),
        ({"types": []}, "/types"),
        ({"types": ["batch.approved", "unknown.thing"]}, "/types/1"),
        ({"types": ["webhook.test"]}, "/types/0"),
        ({"contact": "nobody"}, "/contact"),
        ({"description": "a\u0000b"}, "/description"),
    ],
)
def test_what_is_wrong_with_a_webhook_is_told(
    change: dict[str, Any], pointer: str, system: APIClient, settings: Any
) -> None:
    settings.BASE_URL = "https://credentials.college.example"
    body = {"url": "https://sis.example/hooks", "types": ["batch.approved"], **change}
    answer = system.post(PATH, body, format="json")
    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "url",
    [
        "https://sis.example/hooks?of=sis",
        "https://SIS.example:443",
        "http://localhost:8462/hook",
        "http://[::1]:8462/hook",
        "http://10.1.2.3:8462/hook",
        "https://sis.example/hooks#x",
        "https://sis.example/hö",
        "https://sis.example#x",
        "https://sis_1.example/",
        "HTTPS://sis.example/",
        "ftp://10.1.2.3:8462/hook",
    ],
)
def test_an_address_is_taken_and_told_as_the_schema_says(
    url: str, system: APIClient, settings: Any
) -> None:
    settings.WEBHOOK_ORIGINS = ["http://10.1.2.3:8462", "ftp://10.1.2.3:8462"]
    schema = system.get("/api/v1/schema", headers={"accept": "application/json"}).json()
    says = schema["components"]["schemas"]["Webhook"]["properties"]["url"]
    answer = system.post(PATH, {"url": url, "types": ["batch.approved"]}, format="json")
    assert answer.status_code in (201, 400)
    assert (answer.status_code == 201) is Draft202012Validator(says).is_valid(url)
    if answer.status_code == 201:
        assert answer.json()["url"] == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://sis.example/hooks", "over https"),
        ("https://sis.example:8443/hooks", "port 8443"),
        ("http://localhost:9000/hooks", "this machine (localhost)"),
        ("https://10.0.0.1/hooks", "private network"),
        ("https://me:x@sis.example/hooks", "user name"),
        ("sis.example/hooks", "no https address"),
    ],
)
def test_why_an_address_is_never_called_is_told(
    url: str, said: str, system: APIClient, settings: Any
) -> None:
    settings.BASE_URL = "https://credentials.college.example"
    body = {"url": url, "types": ["batch.approved"]}
    (error,) = system.post(PATH, body, format="json").json()["errors"]
    assert (error["pointer"], error["code"]) == ("/url", "bad_receiver")
    assert said in error["reason"]
    origin = url.removesuffix("/hooks")
    is_helped = not {"user name", "no https address"} & {said}
    assert (f"name {origin} in the setting WEBHOOK_ORIGINS" in error["reason"]) == is_helped


def test_what_may_be_chosen_is_told_to_who_chose_something_else(system: APIClient) -> None:
    AccessToken.objects.update(scope=" ".join(settings.ALL_SCOPES))

    def told(answer: Any) -> str:
        errors = answer.json()["errors"]
        (reason,) = [each["reason"] for each in errors if each["code"] == "invalid_choice"]
        return reason

    body = {"url": "https://sis.example/hooks", "types": ["unknown.{thing}"]}
    kinds = told(system.post(PATH, body, format="json"))
    assert kinds.startswith("It is one of: ") and all(each in kinds for each in CATALOGUE)
    assert "waiting, running, done, failed" in told(system.get("/api/v1/jobs?state=x"))
    assert "skill" in told(system.get("/api/v1/skills?search=a&kind=x"))
    assert "submitted" in told(system.get("/api/v1/revisions?state=x"))
    framework = Framework.objects.earliest("pk")
    assert "case" in told(system.get(f"/api/v1/frameworks/{framework.pk}/export?format=x"))
    draft = {"slug": "a", "organisation": "1", "name": "A", "kind": "x"}
    answer = system.post("/api/v1/templates", draft, format="json")
    assert "course" in told(answer)


def test_nobody_is_told_of_what_they_may_not_read(
    system: APIClient, receiver: Receiver, root: User
) -> None:
    scopes = ["webhooks.manage", "templates.read"]
    application, _ = api_clients.add("Website", by=root, scopes=scopes)
    made = register(system, receiver)
    AccessToken.objects.update(application=application, scope=" ".join(scopes))
    body = {"url": receiver.url, "types": ["batch.approved", "template.approved"]}
    (error,) = system.post(PATH, body, format="json").json()["errors"]
    assert (error["code"], "batch.approved (awards.read)" in error["reason"]) == (
        "scope_missing",
        True,
    )
    assert system.get(f"{PATH}/{made['id']}").status_code == 404
    assert system.get(PATH).json()["results"] == []
    AccessToken.objects.update(scope="templates.read")
    assert system.get(PATH).status_code == 403


def taken_away() -> None:
    ApiClient.objects.update(scopes="webhooks.manage templates.read")


def lapsed() -> None:
    ApiClient.objects.update(secret_ends_at=timezone.now())


@pytest.mark.parametrize("end", [taken_away, lapsed])
def test_who_may_read_it_no_longer_is_told_no_more(
    end: Callable[[], None], system: APIClient, receiver: Receiver
) -> None:
    address = f"{PATH}/{register(system, receiver, contact='it@college.example')['id']}"
    events.tell(events.BATCH_APPROVED, lambda: events.thing(1, at=events.BATCHES))
    end()
    send()
    assert receiver.messages == []
    seen = system.get(address).json()
    assert (seen["is_on"], seen["why_off"]) == (False, "barred")
    assert system.get(f"{address}/deliveries").json()["results"][0]["state"] == "failed"
    assert webhooks.given_up().count() == Mail.objects.count() == 1
    if end is taken_away:
        again = system.patch(address, {"is_on": True}, format="json")
        assert again.json()["errors"][0]["code"] == "scope_missing"
        system.patch(address, {"is_on": True, "types": ["template.approved"]}, format="json")
        events.tell(TEMPLATE_APPROVED, lambda: events.thing(1, at="/api/v1/templates"))
        send()
        assert receiver.types == ["template.approved"]


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_to_the_version_that_both_have_seen_one_is_refused(
    system: APIClient, receiver: Receiver
) -> None:
    address = f"{PATH}/{register(system, receiver)['id']}"
    seen = {"if-match": system.get(address)["ETag"]}
    change = partial(system.patch, address, format="json", headers=seen)
    said = at_once(*(partial(change, {"description": each}) for each in ("a", "b", "c")))
    assert sorted(each.status_code for each in said) == [200, 412, 412]


def test_it_is_changed_switched_off_and_retired(system: APIClient, receiver: Receiver) -> None:
    body = {"url": receiver.url, "types": ["batch.approved"]}
    address = system.post(PATH, body, format="json")["Location"]
    changed = system.patch(
        address, {"description": "Portal", "types": ["batch.declined"]}, format="json"
    )
    assert (changed.json()["description"], changed.json()["types"]) == (
        "Portal",
        ["batch.declined"],
    )
    assert changed["ETag"] == system.get(address)["ETag"]
    off = system.patch(address, {"is_on": False}, format="json").json()
    assert (off["is_on"], off["why_off"]) == (False, "by_hand")
    assert system.patch(address, {"is_on": True}, format="json").json()["why_off"] == ""
    assert system.put(address, {}, format="json").status_code == 405
    since = system.get(PATH).json()["updated_until"]
    assert system.delete(address).status_code == 204
    assert system.get(PATH).json()["results"] == []
    (gone,) = system.get(f"{PATH}?updated_since={since}").json()["results"]
    assert gone["retired_at"]
    assert system.get(address).status_code == 404
    assert system.get(f"{PATH}/x").status_code == 404


def test_the_log_is_filtered_and_what_is_in_it_is_sent_again(
    system: APIClient, receiver: Receiver
) -> None:
    made = register(system, receiver)
    address = f"{PATH}/{made['id']}"
    receiver.status, receiver.content = 500, b"Broken"
    event = events.tell(events.BATCH_APPROVED, lambda: events.thing(1, at=events.BATCHES))
    assert event is not None
    assert system.post(f"{address}/test?dry_run=true").status_code == 202
    assert not Event.objects.filter(type="webhook.test").exists()
    test = system.post(f"{address}/test")
    assert (test.status_code, test.json()["type"]) == (202, "webhook.test")
    assert system.post(f"{address}/test").status_code == 409
    send()
    log = f"{address}/deliveries"
    assert len(system.get(log).json()["results"]) == 2
    for asked in ("state=waiting", "type=batch.approved", "status=500&state=waiting"):
        (row,) = system.get(f"{log}?{asked}").json()["results"]
        assert row["id"] == str(event.pk)
    assert system.get(f"{log}?since=2999-01-01T00:00:00Z").json()["results"] == []
    assert system.get(f"{log}?status=x").status_code == 400
    assert system.get(f"{log}?learner=1").status_code == 400
    told = system.get(f"{log}/{event.pk}").json()
    (attempt,) = told["attempts"]
    assert (attempt["status"], attempt["said"]) == (500, "Broken")
    assert told["message"] in [each.body.decode() for each in receiver.messages]
    assert system.post(f"{log}/{event.pk}/replay?dry_run=true").status_code == 202
    again = system.post(f"{log}/{event.pk}/replay")  # and not as late as it would be by itself
    assert (again.status_code, again.json()["tries"]) == (202, 0)
    assert system.post(f"{log}/{event.pk}/replay").status_code == 409
    send()
    assert len(system.get(f"{log}/{event.pk}").json()["attempts"]) == 2
    system.patch(address, {"is_on": False}, format="json")
    assert system.post(f"{log}/{event.pk}/replay").json()["code"] == "wrong_state"
    system.patch(address, {"is_on": True}, format="json")
    since = {"since": (clock.now() - timedelta(days=30)).isoformat()}
    assert system.post(f"{address}/replay", {}, format="json").status_code == 400
    assert system.post(f"{address}/replay", since, format="json").json() == {"count": 1}
    receiver.status = 204
    send()
    assert system.get(f"{log}/{event.pk}").json()["state"] == "delivered"
    again = system.post(f"{log}/{event.pk}/replay")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    for unknown in (uuid4(), "f" * 36):
        assert system.get(f"{log}/{unknown}").status_code == 404


def test_what_is_forgotten_is_not_asked_for_again(system: APIClient, receiver: Receiver) -> None:
    address = f"{PATH}/{register(system, receiver)['id']}/replay"
    early = {"since": (clock.now() - timedelta(days=31)).isoformat()}
    refused = system.post(address, early, format="json")
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/since", "too_early")
    first = error["reason"].split("from ")[1].split(" on.")[0]
    assert system.post(address, {"since": first}, format="json").status_code == 202


def test_what_a_webhook_wants_no_more_is_not_sent_again_with_the_rest(
    system: APIClient, receiver: Receiver
) -> None:
    address = f"{PATH}/{register(system, receiver)['id']}"
    receiver.status = 500
    for type in (events.BATCH_APPROVED, events.CREDENTIAL_ISSUED):
        told = events.one if type is events.CREDENTIAL_ISSUED else events.thing
        assert events.tell(type, partial(told, 1, at=events.BATCHES)) is not None
    send()
    system.patch(address, {"types": ["credential.issued"]}, format="json")
    since = {"since": (clock.now() - timedelta(days=1)).isoformat()}
    assert system.post(f"{address}/replay", since, format="json").json() == {"count": 1}
    receiver.status = 204
    receiver.messages.clear()
    send()
    assert receiver.types == ["credential.issued"]


def test_every_message_is_as_the_schema_says(client: Any) -> None:
    schema = client.get("/api/v1/schema", headers={"accept": "application/json"}).json()
    assert set(schema["webhooks"]) == set(SENT)
    told = {
        "id": "1",
        "url": "/api/v1/batches/1",
        "count": 1,
        "ids": ["1"],
        "issued": 1,
        "failed": 0,
        "cancelled": 0,
        "held": 0,
        "state": "done",
        "dry_run": True,
        **dict.fromkeys(["total", "created", "updated", "unchanged", "errors"], 1),
    }
    for name, described in schema["webhooks"].items():
        body = described["post"]["requestBody"]["content"]["application/json"]["schema"]
        data = {each: told[each] for each in body["properties"]["data"]["required"]}
        event = Event(type=name, data=data, at=timezone.now())
        Draft202012Validator(body).validate(json.loads(deliveries.compose(event)))


def test_a_second_try_is_promised_of_every_message_but_a_test(client: Any) -> None:
    schema = client.get("/api/v1/schema", headers={"accept": "application/json"}).json()
    shared = schema["components"]["responses"]
    for name, described in schema["webhooks"].items():
        answers = described["post"]["responses"]
        is_test = name == events.TEST.name
        refused = answers["500"]
        refused = shared[refused["$ref"].rpartition("/")[2]] if "$ref" in refused else refused
        assert ("sent once" if is_test else "sent again") in refused["description"], name
        assert ("410" in answers) is not is_test, name
