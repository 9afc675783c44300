"""Every page of the desk, and who gets in."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.desk.conftest import Addresses

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

CATALOGUE = {
    *(
        "crosswalk",
        "crosswalk as CSV",
        "link",
        "side by side",
        "reads alike",
        "competencies",
        "competency",
    ),
    *("frameworks", "framework", "skills", "skill", "courses", "course", "activities"),
    *("activity", "outcomes", "outcome", "tags", "coverage", "coverage as CSV", "units"),
    *("outcome sets", "outcome set"),
    *("mappings", "mapping"),
    *("programmes", "programme", "coverage of a programme", "coverage of a programme as CSV"),
    *("coverage of a programme as SVG", "behind a number", "curriculum map"),
    *("curriculum map as CSV", "evidence pack", "evidence pack as zip"),
}
RECORDS = CATALOGUE | {
    *("learners", "learner", "rosters", "roster", "problems of a roster", "results", "result"),
    *("files of results", "file of results", "files of awards", "file of awards"),
    *("progress of a file of awards", "errors of a file of awards", "rows of a file of awards"),
    *("preview of a revision", "proposals", "proposal"),
    *("templates", "template", "revisions", "revision", "awards", "award", "batches", "batch"),
    *("nights", "night", "feeds", "feed"),
    *("what was issued", "what was issued as CSV", "what ends soon", "what ends soon as CSV"),
    *("progress", "credentials", "credential", "ledger", "entry", "check of the ledger"),
    *("confirmations", "confirmation", "corrections", "correction"),
    *("rules tried", "rule tried", "rule tried as CSV", "why or why not", "asking why"),
}
MAY_ENTER = {
    "clara": RECORDS
    | {
        *("import of a framework", "plan of a framework", "description of a framework"),
        *("reading a roster", "beginning a template", "reading results", "columns of results"),
        *("awarding from a file", "settings of a file of awards"),
        *("awarding chosen learners", "options of a choice"),
        *("who sees marks", "setting who sees marks"),
        *("running a night", "adding a feed"),
        *("correcting a learner", "who corrects", "setting who corrects"),
        *("reminders", "setting reminders"),
        *("reading a catalogue", "rules of tagging", "setting the rules of tagging"),
        *("editing a revision", "evaluation", "trying a rule"),
        *("awards to review", "queue of awards", "numbers of a queue"),
        *("building a rule", "options of a rule", "filling in results"),
        *("review of links", "drafting a competency", "editing a competency"),
        *("adding an activity", "outcomes of a course", "outcomes of an activity"),
        *("outcomes of a set for a course", "outcomes of a set for an activity"),
        *(
            "entering programmes",
            "making an outcome set",
            "participation",
            "description of a course",
            "description of an activity",
        ),
        *("outbox", "mail", "asking outside", "mail about a withdrawal"),
    },
    "dev": RECORDS
    | {
        *("review of links", "evaluation", "trying a rule"),
        *("awards to review", "queue of awards", "numbers of a queue"),
    },
    "chen": CATALOGUE
    | {
        *("review", "review of courses", "review of links"),
        *("outcomes of a course", "outcomes of an activity"),
        *("outcomes of a set for a course", "outcomes of a set for an activity"),
    },
    "olu": {
        *("institution", "keys", "status lists", "status list", "batches", "batch", "progress"),
        *(
            "ledger",
            "entry",
            "check of the ledger",
            "staff",
            "roles",
            "role",
            "units",
            "API clients",
            "API client",
        ),
        *("nights", "night"),
        *("webhooks", "webhook", "adding a webhook", "changing a webhook"),
        *("secret of a webhook", "missed by a webhook", "sent to webhooks", "delivery"),
    },
}


def test_each_role_enters_its_own_pages_and_no_others(
    addresses: Addresses, olu: User, chen: User, signed_in: Callable[[User], Client]
) -> None:
    for name, pages in MAY_ENTER.items():
        client = signed_in(User.objects.get(username=name))
        answers = {page: client.get(url).status_code for page, url in addresses.pages.items()}
        assert set(answers.values()) == {200, 403}, name
        entered = {page for page, status in answers.items() if status == 200}
        assert (name, entered - {"home", "search"}) == (name, pages)


def test_the_administrator_enters_everywhere(
    addresses: Addresses, root: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(root)
    answers = {page: client.get(url).status_code for page, url in addresses.pages.items()}
    assert {page for page, status in answers.items() if status != 200} == set()


def test_strangers_and_faculty_are_asked_to_sign_in(
    addresses: Addresses, fay: User, signed_in: Callable[[User], Client]
) -> None:
    for client in (Client(), signed_in(fay)):
        for page, address in addresses.pages.items():
            answer = client.get(address)
            assert answer.status_code == 302, page
            assert "/admin/login/" in answer["Location"], page


def test_nobody_adds_changes_or_deletes_by_a_stock_form(
    addresses: Addresses, root: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(root)
    for page in ("learners", "results", "awards", "batches", "credentials", "ledger"):
        assert client.get(f"{addresses[page]}add/").status_code == 404, page
    assert client.post(f"{addresses['roles']}add/")["Location"] == f"{addresses['roles']}new/"
    for page in ("result", "skill", "entry"):
        address = addresses[page].replace("/change/", "/delete/")
        assert client.post(address, {"post": "yes"}).status_code == 403, page


def test_the_navigation_shows_what_one_may_open_and_nothing_else(
    addresses: Addresses, chen: User, signed_in: Callable[[User], Client]
) -> None:
    body = signed_in(chen).get(addresses["home"]).content.decode()
    assert addresses["review of courses"] in body
    assert addresses["review"] not in body
    assert addresses["coverage"] in body
    assert addresses["ledger"] not in body
    assert addresses["learners"] not in body


def test_an_address_that_leads_nowhere_is_not_found(
    root: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(root)
    for address in (
        "/admin/issuer/batch/not-a-uuid/change/",
        "/admin/issuer/credential/123/change/",
        "/admin/registrar/learner/x/change/",
        "/admin/registrar/award/evaluate/99999/",
        "/admin/skills/framework/import/forged/",
    ):
        assert client.get(address).status_code == 404, address


def test_an_act_is_never_done_by_looking(
    addresses: Addresses, dev: User, signed_in: Callable[[User], Client]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(dev, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(addresses["batch"], {"act": "decline", "reason": "Because"})
    assert answer.status_code == 403


def test_no_page_breaks_on_letters_that_the_database_does_not_take(
    addresses: Addresses, root: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(root)
    client.raise_request_exception = False
    asked = {"q": "a\x00b", "page": "\x00"}
    broken = {
        page for page, url in addresses.pages.items() if client.get(url, asked).status_code >= 500
    }
    assert broken == set()
