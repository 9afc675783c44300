"""The API is as it describes itself: every operation, every answer, every member."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from jsonschema import Draft202012Validator
from oauth2_provider.models import AccessToken
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from config.problems import problem
from registrar.api.examples import ROWS
from registrar.models import Learner
from registrar.services.teaching import tagging
from skills.models import Association
from tests.api.test_api import LISTS

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

PROBLEM = "application/problem+json"


@pytest.fixture
def served(client: Client) -> dict[str, Any]:
    return client.get("/api/v1/schema", headers={"accept": "application/json"}).json()


@pytest.fixture
def schema(served: dict[str, Any]) -> dict[str, Any]:
    """With what is described once in every place where it is named."""

    def meant(said: dict[str, Any]) -> dict[str, Any]:
        section, _, name = said.get("$ref", "").removeprefix("#/components/").partition("/")
        return {**served["components"][section][name]} if name else said

    for _, _, operation in operations(served):
        answers = operation["responses"]
        operation["responses"] = {status: meant(answers[status]) for status in answers}
        operation["parameters"] = [meant(each) for each in operation.get("parameters", ())]
    return served


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def schemas_in(node: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema below this one."""
    yield where, node
    for name, inner in node.get("properties", {}).items():
        yield from schemas_in(inner, f"{where}.{name}")
    for keyword in ("oneOf", "allOf", "anyOf"):
        for inner in node.get(keyword, []):
            if set(inner) == {"required"}:  # one member or the other of what was described
                continue
            yield from schemas_in(inner, where)
    if "items" in node:
        yield from schemas_in(node["items"], f"{where}[]")


def fits(schema: dict[str, Any], name: str, value: Any) -> None:
    """The value is as the component says, and has no member of which it says nothing."""
    component = {"$ref": f"#/components/schemas/{name}", "components": schema["components"]}
    Draft202012Validator(component).validate(value)


def test_it_is_openapi_3_1_in_yaml_for_anyone_with_paths_from_the_root(client) -> None:
    answer = client.get("/api/v1/schema")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert text.startswith("openapi: 3.1")
    assert "servers:" not in text
    for path in LISTS:
        assert f"\n  /api/v1/{path}:\n" in text


def test_what_is_checked_in_is_what_is_served(client: Client) -> None:
    served = client.get("/api/v1/schema").content.decode()
    checked_in = Path(__file__).parents[2] / "openapi.yaml"
    assert served == checked_in.read_text(), (
        "Write it anew: ./dev manage spectacular --file openapi.yaml"
    )


def test_every_example_can_be_sent(schema, sis, college) -> None:
    AccessToken.objects.update(scope=" ".join(settings.SIS_WRITE_SCOPES))
    for kind, row in ROWS.items():
        content = schema["paths"][f"/api/v1/{kind}"]["post"]["requestBody"]["content"]
        (example,) = content["application/json"]["examples"].values()
        assert example["value"] == [row]
        answer = sis.post(f"/api/v1/{kind}?source=banner", example["value"], format="json").json()
        assert [each["status"] for each in answer["rows"]] == ["created"], answer
        fits(schema, "Upserted", answer)


def test_the_examples_lead_to_one_another_as_the_links_say(schema, sis, college) -> None:
    AccessToken.objects.update(scope=" ".join(settings.ALL_SCOPES))
    reads = {
        operation["operationId"]: path
        for method, path, operation in operations(schema)
        if method == "get"
    }
    followed = 0
    for kind in (*ROWS, "templates", "webhooks"):
        operation = schema["paths"][f"/api/v1/{kind}"]["post"]
        address = f"/api/v1/{kind}" + ("?source=banner" if kind in ROWS else "")
        for media_type, content in operation["requestBody"]["content"].items():
            for example in content.get("examples", {}).values():
                body = example["value"]
                text = body if isinstance(body, str) else json.dumps(body)
                answer = sis.post(address, text, content_type=media_type)
                assert answer.status_code in (200, 201), answer.content
                assert not answer.json().get("errors"), answer.content
                links = operation["responses"][str(answer.status_code)]["links"]
                for link in links.values():
                    if link["operationId"] in reads:
                        led_to = reads[link["operationId"]].format(id=led(link, answer.json()))
                        assert sis.get(led_to).status_code == 200, led_to
                        followed += 1
    assert followed > 20
    for path in reads.values():
        for parameter in schema["paths"][path]["get"].get("parameters", ()):
            if "example" in parameter:
                assert sis.get(path.format(id=parameter["example"])).status_code == 200, path


def led(link: dict[str, Any], answer: dict[str, Any]) -> str:
    """The id to which a link leads from an answer."""
    said = link["parameters"]["id"].replace("{$request.query.source}", "banner")
    before, _, pointer = said.partition("$response.body#/")
    found: Any = answer
    for step in pointer.rstrip("}").split("/"):
        found = found[int(step)] if step.isdigit() else found[step]
    return before.rstrip("{") + str(found)


def test_every_operation_names_the_scopes_it_needs(schema) -> None:
    for _, path, operation in operations(schema):
        (requirement,) = operation["security"]
        assert requirement["oauth2"], path
        of_the_api = settings.API_SCOPES | settings.MORE_SCOPES | settings.WRITE_SCOPES
        known = settings.VC_API_SCOPES if path.startswith("/vc-api/") else of_the_api
        assert set(requirement["oauth2"]) <= set(known)
    flows = schema["components"]["securitySchemes"]["oauth2"]["flows"]
    scopes = settings.ALL_SCOPES
    assert flows == {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": scopes}}


def test_every_answer_to_what_makes_something_says_where_it_is_read(schema) -> None:
    made = {"201": 0, "202": 0}
    for _, path, operation in operations(schema):
        for status in set(made) & set(operation["responses"]):
            headers = operation["responses"][status].get("headers", {})
            assert ("Location" in headers) == (path != "/vc-api/credentials/derive"), path
            made[status] += 1
    assert made["201"] > 5 and made["202"] > 10
    headers = schema["components"]["headers"]
    assert (headers["Location"]["required"], headers["LocationOfWork"]["required"]) == (True, False)


def test_every_operation_lists_each_answer_with_a_typed_body(schema) -> None:
    for method, path, operation in operations(schema):
        expected = {"400", "401", "403", "405", "406"} | ({"404"} if "{" in path else set())
        expected |= {"429"} if path.startswith("/api/v1/") else set()
        assert set(operation["responses"].pop("414")["content"]) == {"text/html"}
        if path.endswith("/export"):
            files = operation["responses"].pop("200")["content"]
            del operation["responses"]["304"]
            assert set(files) == {"application/json", "application/ld+json", "text/csv"}
            assert set(operation["responses"]) == expected, path
        elif method == "get":
            assert set(operation["responses"]) == expected | {"200", "304"}, path
            assert "content" not in operation["responses"].pop("304")
        else:
            is_rest = path.startswith("/api/v1/")
            written = {"413", "415"} | ({"409", "422"} if is_rest else set())
            assert set(operation["responses"]) > expected | written, path
            parameters = {each["name"] for each in operation.get("parameters", ())}
            assert {"Idempotency-Key", "dry_run"} <= parameters or not is_rest, path
            for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
                is_text = media_type in ("application/x-ndjson", "text/csv")
                described = body["schema"].get("items", body["schema"])
                assert is_text or described["$ref"], path
        for status, response in operation["responses"].items():
            if status == "204":
                assert "content" not in response
                continue
            ((media_type, content),) = response["content"].items()
            assert media_type == ("application/json" if status.startswith("20") else PROBLEM)
            assert content["schema"]["$ref"].startswith("#/components/schemas/")


def test_what_operations_answer_and_take_alike_is_described_once(served) -> None:
    found: dict[str, list[Any]] = {}
    for _, _, operation in operations(served):
        assert {"$ref"} == set(operation["responses"]["401"]) == set(operation["responses"]["406"])
        for status, answer in operation["responses"].items():
            if not status.startswith("2"):
                found.setdefault(status, []).append(answer)
        found.setdefault("", []).extend(operation.get("parameters", ()))
    for status, answers in found.items():
        told = [json.dumps(each) for each in answers if "$ref" not in each]
        assert len(told) < max(2, len(answers) / 2), status
    named = json.dumps(served)
    for section in ("responses", "parameters", "headers"):
        for name in served["components"][section]:
            assert f'"#/components/{section}/{name}"' in named, name


def test_every_member_has_a_type(schema) -> None:
    for name, component in schema["components"]["schemas"].items():
        Draft202012Validator.check_schema(component)
        for where, inner in schemas_in(component, name):
            assert {"type", "$ref", "oneOf", "allOf", "enum"} & set(inner), where
            assert "nullable" not in inner, where
            if inner.get("type") == "object":
                # Of options and of what is changed, each may be left out.
                may_be_empty = name.endswith("OptionsRequest") or name.startswith("Patched")
                is_any = "additionalProperties" in inner and name.startswith("Verify")
                is_any = is_any or isinstance(inner.get("additionalProperties"), dict)
                assert is_any or inner["properties"], where
                assert is_any or may_be_empty or inner["required"], where


def test_every_list_and_every_row_is_as_described(
    schema, sis, adas_award, ben: Learner, college, fay: User
) -> None:
    college.course_named("peer-mentoring", kind="activity")
    first, second, _ = college.skills
    tagging.propose(college.outcome, first, emphasis="taught", by=fay)
    Association.objects.create(
        framework=first.framework, kind="precedes", origin=first, destination=second
    )
    for path in LISTS:
        page = sis.get(f"/api/v1/{path}").json()
        responses = schema["paths"][f"/api/v1/{path}"]["get"]["responses"]
        component = responses["200"]["content"]["application/json"]["schema"]["$ref"]
        fits(schema, component.rpartition("/")[2], page)
        rows = page["results"]
        assert rows or path in ("credentials", "jobs", "status"), path
        for row in rows[:1]:
            one = sis.get(f"/api/v1/{path}/{row['id']}").json()
            responses = schema["paths"][f"/api/v1/{path}/{{id}}"]["get"]["responses"]
            component = responses["200"]["content"]["application/json"]["schema"]["$ref"]
            described = schema["components"]["schemas"][component.rpartition("/")[2]]
            fits(schema, component.rpartition("/")[2], one)
            # The others may be left out with `fields`.
            assert set(one) == set(described["properties"])
            assert described["required"] == ["id"]


def test_every_kind_of_rule_is_as_described(schema, sis, draft) -> None:
    passed = draft.rule
    rules = [
        passed,
        {"all": [passed, {"activity": {"activity": "peer-mentoring"}}]},
        {"any": [passed]},
        {"at_least": 1, "of": [passed, {"outcome": {"outcome": "BIO101-1", "at_least": 70}}]},
        {"outcome": {"outcome": "BIO101-1", "one_of": ["Good"]}},
        {"score": {"course": "BIO 101", "category": "Exam", "at_least": 60.5}},
        {"score": {"course": "BIO 101", "line_item": "x", "at_least": 60}},
    ]
    for rule in rules:
        type(draft).objects.filter(pk=draft.pk).update(rule=rule)
        (template,) = sis.get("/api/v1/templates").json()["results"]
        assert template["revisions"][0]["rule"] == rule
        fits(schema, "Template", template)
    type(draft).objects.filter(pk=draft.pk).update(rule={"unfinished": True})
    (template,) = sis.get("/api/v1/templates").json()["results"]
    assert template["revisions"][0]["rule"] is None


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("get", "learners?limit=0", {}, 400),
        ("get", "learners?access_token=x", {}, 400),
        ("get", "learners?q=%00", {}, 400),
        ("get", "learners/0", {}, 404),
        ("get", "learners/x", {}, 404),
        ("get", "learners/99999999999999999999999", {}, 404),
        ("get", "credentials/x", {}, 404),
        ("get", "credentials/%7B01890000-0000-7000-8000-000000000000%7D", {}, 404),
        ("get", "batches/0189000000007000800000000000000", {}, 404),
        ("get", "learners/..%2F..%2Fadmin%2F", {}, 404),
        ("get", "learners/%2e%2e%2fterms", {}, 404),
        ("get", "learners/1e30", {}, 404),
        ("get", "learners?page=-1", {}, 400),
        ("get", "learners?ordering=password", {}, 400),
        ("get", "learners?expand=a.b.c.d.e", {}, 400),
        ("get", "learners?updated_since=9999-12-31T23:59:59-12:00", {}, 400),
        ("get", f"skills?search={'x' * 10_000}", {}, 400),
        ("get", "learners", {"accept": "text/html"}, 406),
        ("get", "schema", {"accept": "text/html"}, 406),
        ("post", "awards", {}, 405),
        ("post", "learners", {}, 403),
        ("options", "learners", {}, 405),
        ("delete", "learners/1", {}, 405),
    ],
)
def test_every_problem_is_as_described(schema, sis, method, path, headers, status) -> None:
    answer = getattr(sis, method)(f"/api/v1/{path}", headers=headers)
    assert answer.status_code == status
    assert answer["Content-Type"] == PROBLEM
    fits(schema, "Problem", answer.json())
    if status == 405:
        offered = {each.strip().lower() for each in answer["Allow"].split(",")} - {"head"}
        described = {address.strip("/"): item for address, item in schema["paths"].items()}
        where = "learners/{id}" if "/" in path else path
        assert offered == {*described[f"api/v1/{where}"]}


def test_lacking_scopes_and_tokens_are_problems_as_described(schema, sis) -> None:
    AccessToken.objects.update(scope="skills.read")
    refused = sis.get("/api/v1/learners")
    assert refused.status_code == 403
    fits(schema, "Problem", refused.json())
    AccessToken.objects.all().delete()
    refused = sis.get("/api/v1/learners")
    assert refused.status_code == 401
    fits(schema, "Problem", refused.json())


def test_every_answer_has_the_headers_that_are_described_and_no_other_of_ours(
    schema, sis, settings
) -> None:
    settings.API_RATE_LIMIT = 7
    described = schema["components"]["headers"]
    row = ROWS["organisations"]
    AccessToken.objects.update(scope="catalog.read catalog.write")
    tag = sis.get("/api/v1/courses")["ETag"]
    send = {"format": "json", "headers": {"idempotency-key": "k"}}
    asked = [
        ("get", "courses", {}),
        ("get", "courses", {"headers": {"if-none-match": tag}}),
        ("get", "courses?limit=0", {}),
        ("get", "learners", {}),
        ("post", "organisations?source=banner", {"data": [row], **send}),
        ("post", "organisations?source=banner", {"data": [row], **send}),
        ("patch", "organisations/sis:banner:biology", {"data": {}, "format": "json"}),
        ("patch", "organisations/sis:banner:biology?dry_run=true", {"data": {}, "format": "json"}),
        ("get", "courses", {}),
    ]
    answers = [getattr(sis, method)(f"/api/v1/{path}", **how) for method, path, how in asked]
    answers.append(Client().get("/api/v1/courses"))
    asked.append(("get", "courses", {}))
    seen = set()
    for (method, path, _), answer in zip(asked, answers, strict=True):
        named = path.partition("?")[0].replace("sis:banner:biology", "{id}")
        responses = schema["paths"][f"/api/v1/{named}"][method]["responses"]
        said = set(responses[str(answer.status_code)]["headers"])
        has = {name for name in described if name in answer}
        assert has <= said and "X-Request-Id" in has, (method, path, answer.status_code)
        for name in has:
            Draft202012Validator(described[name]["schema"]).validate(answer[name])
        seen |= {(answer.status_code, name) for name in has}
    assert {(200, "RateLimit"), (304, "ETag"), (429, "Retry-After")} <= seen
    assert {(401, "WWW-Authenticate"), (403, "WWW-Authenticate")} <= seen
    assert {name for _, name in seen} == set(described) - {"Location", "LocationOfWork"}


def test_several_errors_are_told_with_pointers(schema) -> None:
    found = ValidationError({"rows": [{}, {"a/b": ["Not a date."]}], "name": ["Missing."]})
    request = Request(APIRequestFactory().post("/api/v1/learners"))
    answer = problem(found, {"request": request})
    assert answer is not None
    fits(schema, "Problem", answer.data)
    assert [(error["pointer"], error["reason"]) for error in answer.data["errors"]] == [
        ("/rows/1/a~1b", "Not a date."),
        ("/name", "Missing."),
    ]
