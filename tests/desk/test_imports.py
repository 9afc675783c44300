"""Frameworks and rosters: read, looked at, applied; and what is wrong with them."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from issuer.pages import thing_url
from registrar.models import Course, Learner, RosterImport
from registrar.services.feeding import rosters
from skills.models import Framework, FrameworkImport, Skill
from tests.desk.conftest import edition
from tests.registrar.test_oneroster_csv import Roster
from tests.registrar.test_rosters import put

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]
EXAMPLE = Path(__file__).parents[2] / "registrar" / "example" / "roster"


def text(answer: Any) -> str:
    return answer.content.decode()


def upload(client: Client, address: str, name: str, data: bytes) -> Any:
    return client.post(address, {"file": SimpleUploadedFile(name, data)})


def applied(page: Any) -> dict[str, str]:
    """The form with which one applies the plan that the page shows."""
    return {"act": "apply", "fingerprint": page.context["plan"].fingerprint}


def zipped(folder: Path) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.glob("*.csv")):
            archive.write(path, path.name)
    return target.getvalue()


def test_a_framework_is_looked_at_before_it_is_applied_and_a_newer_one_shows_its_differences(
    clara: User, uploads: Path, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:skills_framework_import")
    plan = upload(client, address, "trades.json", edition())["Location"]
    page = client.get(plan)
    assert "2" in text(page)
    assert not Framework.objects.filter(title="Trades").exists()
    client.post(plan, applied(page) | {"is_own": "on"})
    framework = Framework.objects.get(title="Trades")
    assert (framework.is_own, framework.skills.count()) == (True, 2)
    assert list(uploads.iterdir()) == []
    newer = upload(client, address, "trades.json", edition(version="2", labels=("Measure",)))
    page = client.get(newer["Location"])
    assert "Measure" in text(page)
    assert "Retired" in text(page)
    client.post(newer["Location"], applied(page))
    assert Skill.objects.filter(framework=framework, retired_at=None).get().label == "Measure"
    page = text(client.get(thing_url(framework)))
    assert "1 changed, 1 retired" in page
    assert all(thing_url(skill) in page for skill in framework.skills.all())


def test_a_plan_that_was_not_looked_at_is_not_applied(clara: User, signed_in: SignIn) -> None:
    client = signed_in(clara)
    plan = upload(client, reverse("admin:skills_framework_import"), "t.json", edition())
    answer = client.post(plan["Location"], {"act": "apply", "fingerprint": "another"})
    assert answer.status_code == 409
    assert not Framework.objects.filter(title="Trades").exists()


def test_a_file_that_is_no_framework_is_answered_with_what_is_wrong(
    clara: User, uploads: Path, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    for data in (b"", b"\xff\xfe", b"[1, 2]", b'{"CFDocument": 3}', b"{"):
        answer = upload(client, reverse("admin:skills_framework_import"), "x.json", data)
        assert answer.status_code in (200, 422), data
        assert "There is something to mend" in text(answer), data
    assert list(uploads.iterdir()) == []


def test_what_retires_much_of_a_framework_has_to_be_ticked(
    clara: User, uploads: Path, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:skills_framework_import")
    labels = tuple(f"Craft {number}" for number in range(30))
    plan = upload(client, address, "t.json", edition(labels=labels))["Location"]
    client.post(plan, applied(client.get(plan)))
    plan = upload(client, address, "t.json", edition(version="2", labels=("Craft 0",)))["Location"]
    page = client.get(plan)
    assert "Retire 29 of the 30 skills" in text(page)
    refused = client.post(plan, applied(page))
    held = Skill.objects.current().filter(framework__title="Trades")
    assert (refused.status_code, held.count()) == (409, 30)
    assert "tick that it is meant" in text(refused)
    client.post(plan, applied(page) | {"accept_retirements": "on"})
    assert held.count() == 1


def test_what_is_only_worth_a_look_is_marked_among_what_is_wrong(
    clara: User, uploads: Path, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:skills_framework_import")
    document = json.loads(edition()) | {"colour": "green"}
    plan = upload(client, address, "t.json", json.dumps(document).encode())
    assert "What is wrong" not in text(client.get(plan["Location"]))
    del document["CFItems"][0]["fullStatement"]
    refused = text(upload(client, address, "t.json", json.dumps(document).encode()))
    *wrong, look = refused.split("<tr>")
    assert "What is wrong" in wrong[1] and "Worth a look" in look and "/colour" in look


def test_an_upload_may_have_a_name_that_no_file_system_takes(
    clara: User, uploads: Path, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    name = "学" * 200 + ".json"
    plan = upload(client, reverse("admin:skills_framework_import"), name, edition())
    page = client.get(plan["Location"])
    assert name in text(page)
    assert [path.name for path in uploads.glob("*/*")] == ["upload"]
    client.post(plan["Location"], applied(page))
    assert FrameworkImport.objects.latest("pk").source == name
    name = "学" * 200 + ".zip"
    upload(client, reverse("admin:registrar_rosterimport_read"), name, zipped(EXAMPLE))
    assert RosterImport.objects.get().file_name == name


def test_a_roster_is_looked_at_and_then_applied(
    clara: User,
    uploads: Path,
    signed_in: SignIn,
    django_capture_on_commit_callbacks: Any,
) -> None:
    client = signed_in(clara)
    answer = upload(
        client, reverse("admin:registrar_rosterimport_read"), "fall.zip", zipped(EXAMPLE)
    )
    roster = RosterImport.objects.get()
    assert answer["Location"] == thing_url(roster)
    page = text(client.get(thing_url(roster)))
    assert "Apply this roster" in page
    for file in ("roles.csv", "categories.csv"):
        assert "read along" in page.partition(f">{file}<")[2].partition("</tr>")[0]
    assert "users.csv" in page
    assert not Learner.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(thing_url(roster), {"act": "apply"}).status_code == 302
    assert list(uploads.iterdir()) == []
    assert Learner.objects.count() == 300
    assert Course.objects.filter(code="BIO 201").exists()
    assert client.post(thing_url(roster), {"act": "apply"}).status_code == 409


def test_some_of_the_rows_that_would_change_are_named(
    college: Any, clara: User, signed_in: SignIn, tmp_path: Path
) -> None:
    rosters.apply(rosters.read(put(Roster(), tmp_path / "r"), by=clara), by=clara)
    roster = Roster().change("results", "62.5", "71").change("courses", "Botany", "Botany I")
    roster.texts["results.csv"] = roster.texts["results.csv"].replace(b"re3,", b"re9,", 1)
    read = rosters.read(put(roster, tmp_path / "r"), by=clara)
    assert read.examples == {
        "courses.csv": {"changed": [["co1", ["title"]]]},
        "results.csv": {"new": ["re9"], "changed": [["re2", ["score"]]], "retired": ["re3"]},
    }
    page = text(signed_in(clara).get(thing_url(read)))
    assert "Which rows, for example" in page
    assert re.search("<code>re2</code>[^/]*score</span>", page)
    many = Roster()
    many.texts["results.csv"] = many.texts["results.csv"].splitlines(keepends=True)[0]
    for number in range(12):
        many.add("results", f"x{number},,,li2,u1,fully graded,{number},2025-10-21,,,,,,,")
    read = rosters.read(put(many, tmp_path / "r"), by=clara)
    assert len(read.examples["results.csv"]["new"]) == 5
    assert "and 7 more" in text(signed_in(clara).get(thing_url(read)))


def test_a_framework_that_was_looked_at_can_be_discarded(
    clara: User, uploads: Path, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:skills_framework_import")
    plan = upload(client, address, "trades.json", edition())["Location"]
    assert "Discard this upload" in text(client.get(plan))
    answer = client.post(plan, {"act": "discard"})
    assert (answer.status_code, "Tick the box" in text(answer)) == (422, True)
    assert list(uploads.iterdir()) != []
    answer = client.post(plan, {"act": "discard", "confirmed": "on"})
    assert answer["Location"] == reverse("admin:skills_framework_changelist")
    assert list(uploads.iterdir()) == []
    answer = client.get(plan, follow=True)
    assert answer.redirect_chain[0][0] == address
    assert "This file waits no longer" in text(answer)
    assert client.get(plan.replace("/import/", "/import/x")).status_code == 404


def test_a_roster_that_was_looked_at_can_be_discarded(
    clara: User,
    dev: User,
    uploads: Path,
    signed_in: SignIn,
    django_capture_on_commit_callbacks: Any,
) -> None:
    client = signed_in(clara)
    upload(client, reverse("admin:registrar_rosterimport_read"), "fall.zip", zipped(EXAMPLE))
    roster = RosterImport.objects.get()
    discard = {"act": "discard", "confirmed": "on"}
    assert client.post(thing_url(roster), {"act": "discard"}).status_code == 422
    assert "Discard this upload" not in text(signed_in(dev).get(thing_url(roster)))
    assert signed_in(dev).post(thing_url(roster), discard).status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(thing_url(roster), discard).status_code == 302
    assert list(uploads.iterdir()) == []
    page = text(client.get(thing_url(roster)))
    assert "This upload was discarded" in page
    assert "Roster discarded" in page
    assert "Apply this roster" not in page
    for act in (discard, {"act": "apply"}):
        assert client.post(thing_url(roster), act).status_code == 409


def test_a_roster_that_cannot_be_read_lists_its_problems_and_offers_them_as_a_file(
    clara: User, uploads: Path, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    upload(client, reverse("admin:registrar_rosterimport_read"), "broken.zip", b"no zip at all")
    roster = RosterImport.objects.get()
    assert roster.state == "refused"
    assert list(uploads.iterdir()) == []
    page = text(client.get(thing_url(roster)))
    assert "What is wrong" in page
    assert "Apply this roster" not in page
    table = client.get(reverse("admin:registrar_rosterimport_problems", args=[roster.pk]))
    assert table["Content-Type"].startswith("text/csv")
    assert roster.problems[0]["reason"] in text(table)


def test_a_download_runs_no_formula_in_a_spreadsheet(
    clara: User, roster: RosterImport, signed_in: SignIn
) -> None:
    roster.problems = [{"file": "users.csv", "row": 2, "column": "email", "value": "=HYPERLINK(1)"}]
    roster.save()
    table = signed_in(clara).get(reverse("admin:registrar_rosterimport_problems", args=[roster.pk]))
    assert "'=HYPERLINK(1)" in text(table)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    clara: User, settings: Any, signed_in: SignIn
) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    answer = upload(
        signed_in(clara), reverse("admin:registrar_rosterimport_read"), "big.zip", b"x" * 11
    )
    assert "at most" in text(answer)
    assert not RosterImport.objects.exists()


def test_of_a_sheet_one_says_what_its_columns_hold_and_the_next_time_it_is_remembered(
    clara: User, uploads: Path, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:skills_framework_import")
    sheet = b"Ref,What they can do\nA1,Count birds\nA2,Name trees\n"
    describe = upload(client, address, "ours.csv", sheet)["Location"]
    assert "/describe/" in describe
    assert "What they can do" in text(client.get(describe))
    wrong = client.post(describe, {"kind": "skill", "column_0": "code", "column_1": "code"})
    assert "Name the new framework" in text(wrong)
    assert "Ref is “Code” already" in text(wrong)
    said = {"title": "Birds", "kind": "skill", "column_0": "code", "column_1": "statement"}
    plan = client.post(describe, said)["Location"]
    client.post(plan, applied(client.get(plan)))
    birds = Skill.objects.filter(framework__title="Birds")
    assert set(birds.values_list("code", "statement", "kind")) == {
        ("A1", "Count birds", "skill"),
        ("A2", "Name trees", "skill"),
    }
    again = upload(client, address, "ours.csv", sheet.replace(b"birds", b"all birds"))["Location"]
    assert "/describe/" not in again
    page = client.get(again)
    assert "Count all birds" in text(page)
    client.post(again, applied(page))
    assert birds.count() == 2


def test_a_sheet_with_the_columns_of_another_framework_is_not_taken_for_its_newer_edition(
    clara: User, uploads: Path, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:skills_framework_import")
    describe = upload(client, address, "ours.csv", b"Ref,Text\nA1,Count birds\n")["Location"]
    said = {"title": "Birds", "kind": "skill", "column_0": "code", "column_1": "statement"}
    plan = client.post(describe, said)["Location"]
    client.post(plan, applied(client.get(plan)))
    other = upload(client, address, "fish.csv", b"Ref,Text\nF1,Count fish\n")["Location"]
    page = client.get(other)
    assert "No skill that “Birds” has now is in this file. Retired by it: 1." in text(page)
    form = client.get(page.context["describe"]).context["form"]
    birds = Framework.objects.get(title="Birds")
    assert (form["framework"].initial, form["column_1"].initial) == (birds, "statement")
    plan = client.post(page.context["describe"], said | {"title": "Fish"})["Location"]
    client.post(plan, applied(client.get(plan)))
    for title in ("Birds", "Fish"):
        assert Skill.objects.current().filter(framework__title=title).count() == 1


def test_the_list_of_skills_takes_a_slip_of_the_fingers(clara: User, signed_in: SignIn) -> None:
    client = signed_in(clara)
    plan = upload(client, reverse("admin:skills_framework_import"), "t.json", edition())["Location"]
    client.post(plan, applied(client.get(plan)))
    skill = Skill.objects.get(framework__title="Trades", label="Weigh")
    page = text(client.get(reverse("admin:skills_skill_changelist"), {"q": "weeigh"}))
    assert thing_url(skill) in page
