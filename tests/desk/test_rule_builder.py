"""An award rule is built by clicking; without scripts the server answers with the whole page."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from issuer.pages import thing_url
from registrar.models import Learner, Revision
from registrar.services.deciding import rule_choices
from registrar.services.drafting import templates
from tests.cast import PASSED, College
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(cells: Revision, clara: User) -> Revision:
    """A draft that asks for the final result."""
    return templates.revise(cells.template, by=clara)


def fields(answer: Any) -> dict[str, str]:
    """What the form of the builder would send, without its buttons."""
    sent = {"count": str(answer.context["count"])}

    def read(part: dict[str, Any]) -> None:
        at = part["number"]
        sent.update({f"kind-{at}": part["kind"], f"depth-{at}": str(part["depth"])})
        sent[f"count-{at}"] = part["count"]
        sent.update({f"tried-{at}": "1"} if part["is_tried"] else {})
        sent.update({f"{field['name']}-{at}": field["value"] for field in part["fields"]})
        for inner in part["parts"]:
            read(inner)

    read(answer.context["top"])
    return sent


def test_conditions_are_added_filled_in_moved_removed_and_kept(
    college: College, bare: Revision, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:registrar_revision_rule", args=[bare.pk])
    assert address in text(client.get(thing_url(bare)))
    page = client.get(address)
    assert "the final result in BIO 101 Cells is Pass or Distinction" in text(page)

    def send(**more: str) -> Any:
        nonlocal page
        page = client.post(address, fields(page) | more)
        return page

    send(do="add-0", **{"new-0": "none"})
    assert "Nothing is in it yet." in text(page)
    send(do="add-2", **{"new-2": "every_score"})
    assert page.context["top"]["parts"][1]["parts"][0]["is_moved"]
    assert "is missing" not in text(page)
    assert "Fill in what is empty, and the sentence stands here." in text(page)
    assert "Kind of assessment is missing. Fill it in." in text(send(do="keep"))
    filled = {"course-3": "BIO 101", "category-3": "Essay", "at_least-3": "40"}
    assert "There is something to mend" not in text(send(**filled))
    assert "it is not so that every score for Essay in BIO 101 Cells is at least 40" in text(page)
    send(do="out-3")
    send(do="up-3")
    send(do="remove-3")
    assert "Essay in BIO 101 Cells is at least 40" in text(page)
    assert send(do="keep")["Location"] == thing_url(bare)
    bare.refresh_from_db()
    essay = {"every_score": {"course": "BIO 101", "category": "Essay", "at_least": 40}}
    assert bare.rule == {"all": [PASSED, essay]}


def test_what_is_refused_stays_as_it_was_typed_and_nothing_is_kept(
    college: College, bare: Revision, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:registrar_revision_rule", args=[bare.pk])
    sent = fields(client.get(address)) | {"course-1": "  ", "one_of-1": "Merit\nMerit"}
    answer = client.post(address, sent | {"do": "keep"})
    assert answer.status_code == 422
    assert "Course is missing. Fill it in." in text(answer)
    assert "One of these results, each on a line: Write each word once." in text(answer)
    assert "Merit\nMerit</textarea>" in text(answer)
    by_script = client.post(address, sent | {"do": "keep"}, headers={"HX-Request": "true"})
    assert by_script.status_code == 200
    unknown = client.post(address, sent | {"course-1": "XYZ", "one_of-1": "Pass"})
    assert "There is no course XYZ in the catalogue." in text(unknown)
    bare.refresh_from_db()
    assert bare.rule == PASSED
    kept = client.post(address, {"do": "keep", "count": "0"}, headers={"HX-Request": "true"})
    assert kept["HX-Redirect"] == thing_url(bare)
    bare.refresh_from_db()
    assert bare.rule is None


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"count": "x"},
        {"count": "9" * 5000},
        {"count": "3", "kind-0": "all", "kind-1": "evil", "kind-2": "score", "depth-2": "99"},
        {"count": "2", "kind-0": "score", "kind-1": "all", "depth-1": "0", "do": "up-1"},
        {"count": "1", "kind-0": "at_least", "count-0": "NaN", "do": "add-0", "new-0": "x"},
        {"count": "2", "kind-0": "all", "kind-1": "score", "at_least-1": "1e999", "do": "keep"},
        {"count": "2", "kind-0": "all", "kind-1": "score", "at_least-1": "9" * 400, "do": "x-1"},
        {"count": "1", "kind-0": "all", "do": "remove-0"},
        {"count": "1", "kind-0": "all", "do": "remove-999999999999999999999"},
    ],
)
def test_whatever_is_sent_is_answered(
    sent: dict[str, str], bare: Revision, clara: User, signed_in: SignIn
) -> None:
    address = reverse("admin:registrar_revision_rule", args=[bare.pk])
    assert signed_in(clara).post(address, sent).status_code in (200, 422)


def test_fields_are_helped_by_what_there_is(
    college: College, cells: Revision, ada: Learner, clara: User, signed_in: SignIn
) -> None:
    college.grade(ada, "Merit")
    client = signed_in(clara)
    address = reverse("admin:registrar_revision_rule_options")

    def offered(of: str, typed: str = "", **beside: str) -> str:
        asked = {"of": of, "at": "7", f"{of}-7": typed}
        return text(client.get(address, asked | {f"{k}-7": v for k, v in beside.items()}))

    assert '<option value="BIO 101">BIO 101 Cells' in offered("course", "cel")
    assert "Module result (1)" in offered("category", course="BIO 101")
    assert "Final result" in offered("line_item", course="BIO 101")
    assert "Draw a cell" in offered("outcome", "bio")
    assert '<option value="Met">' in offered("level_at_least", outcome="BIO101-1")
    assert f'<option value="{cells.template.slug}">Cells' in offered("template", "cel")
    templates.revise(cells.template, by=clara)
    assert offered("template", "cel").count("<option") == 1
    assert '<option value="Spring 2026">' in offered("from", "spring")
    assert "<option" not in offered("activity") + offered("nonsense")
    college.course_named("same", kind="activity")
    twin = college.course_named("other", kind="activity")
    type(twin).objects.filter(pk=twin.pk).update(code="same")
    keys = [choice.value for choice in rule_choices.find("activity", "same", beside={})]
    assert keys == ["sis:sis:same", "sis:sis:other"]
    values = {"course": "BIO 101", "category": "Module result"}
    assert rule_choices.words_in(values) == [("Merit", 1)]
    assert rule_choices.words_in({}) == rule_choices.words_in({"outcome": "BIO101-1"}) == []


def test_what_nobody_could_meet_is_said_by_name(
    college: College, bare: Revision, ada: Learner, clara: User, signed_in: SignIn
) -> None:
    college.grade(ada, "Pass")
    client = signed_in(clara)
    address = reverse("admin:registrar_revision_rule", args=[bare.pk])
    sent = fields(client.get(address))
    listed = client.post(address, sent | {"one_of-1": '["Pass", "Distinction"]'})
    assert "Cells is Pass or Distinction." in text(listed)
    assert "Nobody has “Distinction” for Module result in BIO 101 Cells so far." in text(listed)
    empty = client.post(address, sent | {"one_of-1": "", "do": "keep"})
    assert "Write 1 to 50 of them, each on a line of its own." in text(empty)
    wrong = text(client.post(address, sent | {"category-1": "Final result"}))
    assert "BIO 101 Cells has no kind of assessment “Final result”." in wrong
    assert "It has “Module result”." in wrong
    again = text(client.post(address, sent | {"one_of-1": "Pass", "tried-1": "1"}))
    assert "Write 1 to 50" not in again and "Nobody" not in again
