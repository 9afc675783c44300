"""Every write can be tried: it is answered alike, nothing changes, and nothing new is named."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.models import Credential, Delivery
from registrar.api.examples import AWARDS_AS_CSV, ROWS
from registrar.models import KeptAnswer, Revision
from registrar.services.college import api_clients
from skills.models import Skill
from tests.api.test_drafts import new
from tests.api.test_proposals import other  # noqa: F401 - a fixture
from tests.cast import College, signed_in
from tests.skills.test_frameworks import package

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

API = "/api/v1/"
HOOK = {"url": "https://hooks.example/", "types": ["credential.issued"]}
REASON = {"reason": "A mistake."}
CHANGES: dict[str, dict[str, str]] = {
    "organisations": {"name": "Botany"},
    "terms": {"title": "Autumn"},
    "courses": {"title": "Cells"},
    "activities": {"title": "Gardening"},
    "outcomes": {"statement": "Draw two cells."},
    "offerings": {"title": "Cells in autumn"},
    "learners": {"given_name": "Augusta"},
    "enrolments": {"ends_on": "2027-05-01"},
    "line-items": {"title": "The end"},
    "results": {"text": "Distinction"},
}
# What a write draws, and a try does not name.
DRAWN = {"id", "identifier", "secret", "public_key", "batch"}


@dataclass
class Write:
    """A write that is right, at something that there is; what comes before it; its answer."""

    path: str
    body: Any = None
    status: int = 200
    after: str = ""

    def send(self, system: APIClient, method: str, query: str = "", key: str = "") -> Any:
        if self.after:
            assert system.post(API + self.after, REASON, format="json").status_code == 200
        is_form = isinstance(self.body, dict) and "file" in self.body
        body = self.body
        if is_form:
            body = body | {"file": SimpleUploadedFile("a", body["file"])}
        if "?" in self.path:
            query = query.replace("?", "&")
        how = "multipart" if is_form else "json"
        headers = {"idempotency-key": key} if key else {}
        path = API + self.path + query
        return getattr(system, method)(path, body, format=how, headers=headers)


@pytest.fixture
def system(college: College, root: User) -> APIClient:
    """Who may do everything, where there is something of each kind."""
    client, _ = api_clients.add("Everything", by=root, scopes=settings.ALL_SCOPES)
    system = signed_in(client)
    AccessToken.objects.update(scope=" ".join(settings.ALL_SCOPES))
    for kind, row in ROWS.items():
        system.post(f"{API}{kind}?source=banner", [row], format="json")
    return system


@pytest.fixture
def writes(
    system: APIClient,
    college: College,
    adas_licence: Credential,
    workshop: Revision,
    other: Skill,  # noqa: F811
) -> dict[str, Write]:
    """By operation a write that is right."""
    hook = _made(system, "webhooks", HOOK)
    event = _made(system, f"webhooks/{hook}/test", None)
    Delivery.objects.update(state=Delivery.State.FAILED)
    _made(system, "templates", new(college, slug="more", name="More"))
    draft, licence = Revision.objects.get(name="More").pk, adas_licence.pk
    link = {"origin": college.skills[0].pk, "kind": "exactMatchOf", "destination": other.pk}
    file = {"template": "workshop", "file": AWARDS_AS_CSV.encode()}
    return {
        **_of_rows(system),
        "post associations/proposals": Write(
            "associations/proposals", {"associations": [link]}, 201
        ),
        "post award-files": Write("award-files", file, 201),
        "delete client/former-secret": Write("client/former-secret", None, 204),
        "post client/secret": Write("client/secret", {}, 201),
        "post credentials/{id}/revoke": Write(f"credentials/{licence}/revoke", REASON),
        "post credentials/{id}/suspend": Write(f"credentials/{licence}/suspend", REASON),
        "post credentials/{id}/reinstate": Write(
            f"credentials/{licence}/reinstate", REASON, after=f"credentials/{licence}/suspend"
        ),
        "post frameworks/imports": Write(
            "frameworks/imports", {"file": json.dumps(package(1, 2)).encode()}, 201
        ),
        "patch revisions/{id}": Write(f"revisions/{draft}", {"hours": "20"}),
        "post revisions/{id}/submit": Write(f"revisions/{draft}/submit"),
        "post rules/{id}/evaluate": Write(f"rules/{draft}/evaluate"),
        "post templates": Write("templates", new(college, slug="tissues"), 201),
        "post templates/{id}/revisions": Write(
            f"templates/{workshop.template_id}/revisions", {"name": "Next"}, 201
        ),
        "post webhooks": Write("webhooks", HOOK, 201),
        "patch webhooks/{id}": Write(f"webhooks/{hook}", {"description": "Ours"}),
        "delete webhooks/{id}": Write(f"webhooks/{hook}", None, 204),
        "post webhooks/{id}/deliveries/{event}/replay": Write(
            f"webhooks/{hook}/deliveries/{event}/replay", None, 202
        ),
        "post webhooks/{id}/replay": Write(
            f"webhooks/{hook}/replay", {"since": "2026-11-21T00:00:00Z"}, 202
        ),
        "post webhooks/{id}/secret": Write(f"webhooks/{hook}/secret", {}),
        "post webhooks/{id}/test": Write(f"webhooks/{hook}/test", None, 202),
    }


def _made(system: APIClient, path: str, body: Any) -> str:
    made = system.post(API + path, body, format="json")
    assert made.status_code in (201, 202), made.content
    return str(made.json()["id"])


def _of_rows(system: APIClient) -> dict[str, Write]:
    """A new row of each kind, and a change of one that there is."""
    found = {}
    for kind, row in ROWS.items():
        key = "code" if kind == "outcomes" else "sourced_id"
        found[f"post {kind}"] = Write(f"{kind}?source=banner", [row | {key: f"{row[key]}-2"}])
        held = system.get(f"{API}{kind}?limit=1000").json()["results"][-1]
        found[f"patch {kind}/{{id}}"] = Write(f"{kind}/{held['id']}", CHANGES[kind])
    return found


def described() -> tuple[dict[str, Any], dict[str, Any]]:
    """By method and path below the API every operation that writes; and the components."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return {
        f"{method} {path.removeprefix(API)}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if path.startswith(API) and method != "get"
    }, schema["components"]


def state() -> list[Any]:
    """What stands in each table."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        said = " UNION ALL ".join(
            f"SELECT '{name}', count(*), md5(string_agg(t::text, ' ' ORDER BY t::text)) "  # noqa: S608
            f'FROM "{name}" t'
            for name in names
        )
        cursor.execute(said)
        return cursor.fetchall()


def alike(tried: Any, done: Any, at: str = "") -> Iterator[str]:
    """Where an answer to a try is of another shape, or names what is not there."""
    if isinstance(done, dict) and isinstance(tried, dict):
        if set(done) != set(tried):
            yield f"{at}: {set(done) ^ set(tried)}"
        for name in set(done) & set(tried):
            if name in DRAWN and tried[name] is not None and tried[name] != done[name]:
                yield f"{at}/{name}: {tried[name]}"
            yield from alike(tried[name], done[name], f"{at}/{name}")
    elif isinstance(done, list) and isinstance(tried, list):
        if len(done) != len(tried):
            yield f"{at}: {len(tried)} of {len(done)}"
        for place, (one, another) in enumerate(zip(tried, done, strict=False)):
            yield from alike(one, another, f"{at}/{place}")
    elif type(done) is not type(tried) and tried is not None:
        yield f"{at}: {tried!r} for {done!r}"


def test_every_write_is_tried_without_a_trace(
    system: APIClient, writes: Mapping[str, Write]
) -> None:
    operations, components = described()
    assert set(writes) == set(operations)
    wrong = []
    for name, write in writes.items():
        method = name.partition(" ")[0]
        before = state()
        with transaction.atomic():
            tried = write.send(system, method, "?dry_run=true")
            if write.after:
                transaction.set_rollback(True)
        wrong += [f"{name}: {each} has changed" for each in {*state()} ^ {*before}]
        if tried.headers.get("Dry-Run") != "true":
            wrong.append(f"{name}: does not say that it was a try")
        with transaction.atomic():
            done = write.send(system, method)
            if "Dry-Run" in done.headers:
                wrong.append(f"{name}: says that it was a try")
            transaction.set_rollback(True)
        statuses = (tried.status_code, done.status_code)
        if statuses != (200 if write.status == 201 else write.status, write.status):
            wrong.append(f"{name}: {statuses}: {tried.content!r} {done.content!r}")
            continue
        wrong += [f"{name}: {each}" for each in {"Location", "ETag"} & set(tried.headers)]
        if write.status == 204:
            continue
        wrong += [f"{name}{each}" for each in alike(tried.json(), done.json())]
        said = operations[name]["responses"][str(tried.status_code)]["content"]["application/json"]
        fitting = Draft202012Validator(
            {**said["schema"], "components": components},
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        wrong += [f"{name}: {error.message}" for error in fitting.iter_errors(tried.json())]
    assert not wrong, "\n".join(wrong)


def test_what_a_write_has_made_is_read_where_its_answer_says(
    system: APIClient, writes: Mapping[str, Write]
) -> None:
    wrong = []
    for name, write in writes.items():
        if write.status in (201, 202):
            with transaction.atomic():
                done = write.send(system, name.partition(" ")[0])
                assert done.status_code == write.status, done.content
                where = done.headers.get("Location")
                if where is None or system.get(where).status_code != 200:
                    wrong.append(f"{name}: {where}")
                transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)


def test_a_try_with_a_key_is_answered_alike_again_and_leaves_the_key_free(
    system: APIClient, writes: Mapping[str, Write]
) -> None:
    wrong = []
    for name, write in writes.items():
        method = name.partition(" ")[0]
        key = name.replace(" ", "-")
        with transaction.atomic():
            if write.after:
                assert system.post(API + write.after, REASON, format="json").status_code == 200
            write = replace(write, after="")
            before = state()
            tried = write.send(system, method, "?dry_run=true", key)
            again = write.send(system, method, "?dry_run=true", key)
            changed = {each[0] for each in {*state()} ^ {*before}}
            done = write.send(system, method, key=key)
            transaction.set_rollback(True)
        if (again.content, "Idempotency-Replayed" in again) != (tried.content, True):
            wrong.append(f"{name}: {tried.content!r} {again.content!r}")
        if (done.status_code, "Idempotency-Replayed" in done) != (write.status, False):
            wrong.append(f"{name}: {done.content!r}")
        if changed != {KeptAnswer._meta.db_table}:
            wrong.append(f"{name}: {changed}")
    assert not wrong, "\n".join(wrong)


def test_a_try_names_what_there_is_and_not_what_the_write_would_draw(
    system: APIClient, writes: Mapping[str, Write]
) -> None:
    def tried(name: str) -> dict[str, Any]:
        return writes[name].send(system, name.partition(" ")[0], "?dry_run=true").json()

    template = tried("post templates")
    assert (template["id"], template["slug"]) == (None, "tissues")
    assert [each["id"] for each in template["revisions"]] == [None]
    hook = tried("post webhooks")
    assert (hook["id"], hook["secret"], hook["public_key"]) == (None, None, None)
    assert hook["url"] == HOOK["url"]
    assert tried("post client/secret")["secret"] is None
    held = writes["patch learners/{id}"].path.rpartition("/")[2]
    assert str(tried("patch learners/{id}")["id"]) == held
    assert tried("patch results/{id}")["id"] is None
    assert tried("post credentials/{id}/revoke")["id"] is None
    assert tried("post award-files")["dry_run"] is True
    assert tried("post frameworks/imports")["dry_run"] is True


def test_what_is_wrong_is_told_as_by_the_write(system: APIClient) -> None:
    for path, body in (("templates", {"slug": "x"}), ("webhooks", {"url": "http://localhost/"})):
        answers = [
            system.post(f"{API}{path}{query}", body, format="json")
            for query in ("?dry_run=true", "")
        ]
        assert [each.status_code for each in answers] == [400, 400]
        assert [each.headers.get("Dry-Run") for each in answers] == ["true", None]
        assert answers[0].json() == answers[1].json()


def test_a_dry_run_that_a_form_asks_for_says_so_too(system: APIClient) -> None:
    def send(content: bytes, **headers: str) -> Any:
        form = {"file": SimpleUploadedFile("a", content), "dry_run": "true"}
        return system.post(f"{API}frameworks/imports", form, headers=headers)

    whole = json.dumps(package(1)).encode()
    keyed = {"idempotency-key": "k"}
    tried, again, refused = send(whole, **keyed), send(whole, **keyed), send(b"{")
    assert (tried.status_code, tried.json()["dry_run"], refused.status_code) == (200, True, 422)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert [each.headers["Dry-Run"] for each in (tried, again, refused)] == ["true"] * 3
