"""People are awarded from a file at the desk: uploaded, looked at, mended in place, approved."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from rest_framework.test import APIClient

from issuer.models import Batch, Chunk, LedgerEntry, Mail, SigningKey
from issuer.pages import thing_url
from issuer.services import batches
from issuer.services.clients import Client as System
from registrar import tasks
from registrar.admin import award_files as pages
from registrar.models import Award, AwardFile, AwardMail, Learner, Revision
from registrar.services.awarding import award_files, award_mails, awards, withdrawals
from registrar.services.college import api_clients
from tests.api.test_award_files import send
from tests.api.test_framework_imports import bearer
from tests.cast import College, issue
from tests.registrar.award_sheets import HEADER, line, right
from tests.screens import width_beyond_the_screen

TAKE = reverse("admin:registrar_awardfile_take")


def sheet(*rows: dict[str, str]) -> bytes:
    return "\n".join([",".join(HEADER), *map(line, rows)]).encode()


@pytest.fixture
def clerk(clara: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(clara)


def upload(client: Client, revision: Revision, data: bytes, **said: Any) -> Any:
    file = SimpleUploadedFile("people.csv", data)
    form = {"template": revision.template_id, "duplicates": "skip", "file": file, **said}
    return client.post(TAKE, form, follow=True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("at_once")
def test_rows_with_errors_are_mended_in_place_or_downloaded(
    workshop: Revision, clerk: Client
) -> None:
    rows = (right(1), right(19) | {"e-mail": "=2"}, right(3) | {"result": "400"})
    body = upload(clerk, workshop, sheet(*rows)).content.decode()
    kept = AwardFile.objects.get()
    assert ("400 " in body, 'name="cell_3_3"' in body, 'name="cell_4_6"' in body) == (
        False,
        True,
        True,
    )
    assert ("<bdi>0000019</bdi>" in body, 'name="cell_3_1"' in body) == (True, True)
    assert "Prepare 1 credential" in body
    assert ("1 person is not on record" in body, "rows=people" in body) == (True, True)
    assert "What they would say" in body
    address = reverse("admin:registrar_awardfile_failures", args=[kept.pk])
    csv = b"".join(clerk.get(address)).decode()  # type: ignore[arg-type]
    assert "e-mail: A spreadsheet would take this for a formula." in csv
    assert "'=2" in csv and "Suharto,-," in csv
    assert "0000001" not in csv
    mend = reverse("admin:registrar_awardfile_mend", args=[kept.pk])
    senseless = (
        f"cell_{'9' * 5000}_0=x&cell_3_{'9' * 5000}=x",
        "application/x-www-form-urlencoded",
    )
    assert clerk.post(mend, *senseless).status_code == 302
    left = clerk.post(mend, {"leave": "4", "rows": "wrong"}, follow=True).content.decode()
    assert ("Left out · 1" in left, 'name="cell_4_6"' in left) == (True, False)
    clerk.post(mend, {"take_in": ["4", "x"], "rows": "left"})
    said = {"cell_3_3": "two@example.org", "cell_4_6": "40", "cell_9_9": "x", "cell_x_y": "z"}
    body = clerk.post(mend, said, follow=True).content.decode()
    assert "Prepare 3 credentials" in body
    assert clerk.post(thing_url(kept), {"act": "prepare"}, follow=True).status_code == 200
    assert Batch.objects.get().count == 3
    assert clerk.post(mend, said, follow=True).status_code == 200


def test_where_nobody_has_a_number_the_cells_that_add_the_person_are_at_hand(
    workshop: Revision, clara: User, clerk: Client
) -> None:
    unknown = right(1) | {"given name": "", "family name": "", "e-mail": ""}
    data = sheet(unknown, right(2))
    kept = award_files.take(data, template=workshop.template, by=clara, file_name="people.csv")
    body = clerk.get(thing_url(award_files.look(kept))).content.decode()
    at_hand = body.partition("All cells")[0]
    assert all(f'name="cell_2_{at}"' in at_hand for at in range(4))
    assert 'name="cell_2_4"' in body and 'name="cell_2_4"' not in at_hand
    mend = reverse("admin:registrar_awardfile_mend", args=[kept.pk])
    said = {"cell_2_1": "Grace", "cell_2_2": "Hopper", "cell_2_3": "grace@example.org"}
    assert "Prepare 2 credentials" in clerk.post(mend, said, follow=True).content.decode()


def test_only_rows_that_were_changed_are_written_anew_and_one_learns_who_is_on_record(
    workshop: Revision, ada: Learner, clara: User, clerk: Client
) -> None:
    short, rest = line(right(2)).rpartition(",")[0], [*map(right, range(4, 8))]
    wrong = right(1) | {"learner number": ada.number, "given name": "Zoe", "family name": "Quill"}
    data = "\n".join([",".join(HEADER), line(wrong), short, *map(line, rest)]).encode()
    kept = award_files.take(data, template=workshop.template, by=clara, file_name="people.csv")
    body = clerk.get(thing_url(award_files.look(kept))).content.decode()
    assert f'dir="auto">{ada.name}</a> ({ada.number}' in body
    mend = reverse("admin:registrar_awardfile_mend", args=[kept.pk])
    said = {f"cell_3_{at}": cell for at, cell in enumerate([*short.split(","), ""])}
    clerk.post(mend, said)
    wrong_rows = kept.rows.filter(outcome="wrong").values_list("number", flat=True)
    assert list(wrong_rows) == [2, 3]
    clerk.post(mend, said | {"right": "3"})
    assert list(wrong_rows.all()) == [2]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("at_once")
def test_columns_are_said_by_hand_and_remembered(workshop: Revision, clerk: Client) -> None:
    data = b"a,b,c,d\n1,Ada,Byron,a@example.org\n"
    assert "Say what the columns hold" in upload(clerk, workshop, data).content.decode()
    kept = AwardFile.objects.get()
    address = reverse("admin:registrar_awardfile_settings", args=[kept.pk])
    asked = clerk.get(address).content.decode()
    assert ("a@example.org" in asked, "“people.csv”" in asked) == (True, True)
    said = {"column_0": "number", "column_1": "given_name", "duplicates": "skip"}
    twice = clerk.post(address, said | {"column_2": "number"}).content.decode()
    assert "Choose one of the two" in twice
    said |= {"column_2": "family_name", "column_3": "email", "sends_mail": "on"}
    body = clerk.post(address, said, follow=True).content.decode()
    assert "Prepare 1 credential" in body
    assert "1 learner is told by mail" in body


def test_who_mended_rows_is_told_that_somebody_else_approves(
    workshop: Revision, clara: User, root: User, signed_in: Callable[[User], Client]
) -> None:
    kept = award_files.take(
        sheet(right(1)), template=workshop.template, by=root, file_name="people.csv"
    )
    batch = award_files.prepare(award_files.look(kept), by=clara)
    page = signed_in(root).get(thing_url(batch)).content.decode()
    assert "You had a hand in its rows, so somebody else decides on it." in page
    assert "Approve this batch" not in page
    assert "Decline this batch" not in page
    declined = signed_in(root).post(thing_url(batch), {"act": "decline", "reason": "Mine."})
    assert (declined.status_code, Batch.objects.get().state) == (409, "prepared")


def test_who_was_shown_the_secret_of_the_system_that_sent_the_rows_is_told_so(
    workshop: Revision, root: User, signed_in: Callable[[User], Client]
) -> None:
    application, _ = api_clients.add("Portal", by=root, scopes=["awards.prepare"])
    portal = System(application.client_id, application.name)
    kept = award_files.take(
        sheet(right(1)), template=workshop.template, by=portal, file_name="people.csv"
    )
    batch = award_files.prepare(award_files.look(kept), by=portal)
    page = signed_in(root).get(thing_url(batch)).content.decode()
    assert "The system Portal sent its rows, and you were shown a secret of that system" in page
    assert "You had a hand in its rows" not in page
    assert "Approve this batch" not in page


def test_learners_are_told_once_where_their_credential_is(
    key: SigningKey, workshop: Revision, clara: User, dev: User
) -> None:
    kept = award_files.take(
        sheet(right(1), right(2), right(3)),
        template=workshop.template,
        by=clara,
        file_name="people.csv",
        sends_mail=True,
    )
    batch = award_files.prepare(award_files.look(kept), by=clara)
    assert award_mails.write_some() == 0
    awards.approve(batch, by=dev)
    issue(batch)
    last = Award.objects.get(batch=batch, position=2)
    withdrawals.withdraw(last, by=clara, reason="Not there.")
    assert award_mails.write_some() == 2
    assert award_mails.write_some() == 0
    assert not award_mails.are_left()
    mail = Mail.objects.get(to="learner+1@mail.example.org")
    assert f"{django_settings.BASE_URL}/credentials/" in mail.text
    assert workshop.name in mail.subject
    told = [AwardMail.objects.filter(award=row.award_id).exists() for row in kept.rows.all()]
    assert told == [True, True, False]


def test_a_batch_is_approved_for_later(
    key: SigningKey,
    workshop: Revision,
    clara: User,
    dev: User,
    signed_in: Callable[[User], Client],
) -> None:
    kept = award_files.take(
        sheet(right(1)), template=workshop.template, by=clara, file_name="people.csv"
    )
    batch = award_files.prepare(award_files.look(kept), by=clara)
    approver = signed_in(dev)
    address = reverse("admin:issuer_batch_schedule", args=[batch.pk])
    assert "Issue it later" in approver.get(thing_url(batch)).content.decode()
    assert (
        "has passed" in approver.post(address, {"begins_at": "2020-01-01T08:00"}).content.decode()
    )
    later = timezone.localtime() + timedelta(days=2)
    said = {"begins_at": later.strftime("%Y-%m-%dT%H:%M")}
    assert "Scheduled for" in approver.post(address, said, follow=True).content.decode()
    later += timedelta(days=1)
    again = reverse("admin:issuer_batch_reschedule", args=[batch.pk])
    said = {"begins_at": later.strftime("%Y-%m-%dT%H:%M")}
    assert "is approved; issuing begins" in approver.get(again).content.decode()
    assert date_format(later) in approver.post(again, said, follow=True).content.decode()
    assert b"Paused" not in approver.get(reverse("admin:issuer_batch_changelist")).content
    approver.post(thing_url(batch), {"act": "issue_now"})
    assert not batches.waiting(Chunk.State.APPROVED), "not before that is confirmed"
    assert batches.begin_due(at=later - timedelta(hours=1)) == []
    assert batches.begin_due() == []
    assert not batches.waiting(Chunk.State.APPROVED)
    assert batches.begin_due(at=later) == [batch]
    assert batches.waiting(Chunk.State.APPROVED) == [batch.pk]
    assert {approver.get(each).status_code for each in (address, again)} == {404}


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("at_once")
def test_a_clean_file_is_issued_in_six_clicks(
    page: Any,
    open_as: Any,
    key: SigningKey,
    workshop: Revision,
    clara: User,
    dev: User,
    serious_faults: Any,
    tmp_path: Path,
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(sheet(*map(right, range(1, 19))))

    def look() -> None:
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert (width_beyond_the_screen(page), serious_faults(page)) == (0, [])

    open_as(page, clara, thing_url(workshop.template))
    page.click("text=Award from a file")  # 1
    look()
    page.set_input_files("[name=file]", path)  # 2
    page.click("button:has-text('Read the file')")  # 3
    page.wait_for_selector("text=What they would say")
    look()
    page.click("button:has-text('Prepare 18 credentials')")  # 4
    page.wait_for_selector("text=A batch was prepared of it")
    look()
    open_as(page, dev, reverse("admin:index"))
    page.click("a:has-text('Decide')")  # 5
    look()
    page.click("button:has-text('Issue 18 credentials')")  # 6
    page.wait_for_selector("text=How it went")
    assert Award.objects.with_state().filter(state="valid").count() == 18


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("at_once")
def test_learners_are_chosen_by_what_is_on_record_and_awarded(
    college: College, workshop: Revision, ada: Learner, clerk: Client
) -> None:
    address = f"{reverse('admin:registrar_awardfile_choose')}?template={workshop.template_id}"
    assert "Show who fits" in clerk.get(address).content.decode()
    body = clerk.post(address, {"do": "look"}).content.decode()
    assert "Say whom you mean" in body
    body = clerk.post(address, {"do": "look", "opportunity": "BIO 999"}).content.decode()
    assert "There is no such course" in body
    college.enrol(ada)
    college.grade(ada, "Pass")
    whom = {"opportunity": "BIO 101", "term": college.term.pk, "listed": "1001\n7777"}
    body = clerk.post(address, {"do": "look", **whom}).content.decode()
    assert ("1 learner fits" in body, "7777" in body, "<bdi>Pass</bdi> (1)" in body) == (
        True,
        True,
        True,
    )
    csv = b"".join(clerk.post(address, {"do": "csv", **whom})).decode()  # type: ignore[arg-type]
    assert "1001,Ada,Byron" in csv
    body = clerk.post(address, {"do": "award", "template": "", **whom}).content.decode()
    assert "Choose what is awarded." in body
    what = {"template": workshop.template_id, "duplicates": "skip", "why": "No list was kept."}
    body = clerk.post(address, {"do": "award", **whom, **what}, follow=True).content.decode()
    assert ("Prepare 1 credential" in body, "No list was kept." in body) == (True, True)
    kept = AwardFile.objects.get()
    rows = reverse("admin:registrar_awardfile_rows", args=[kept.pk])
    assert "1001,Ada,Byron" in b"".join(clerk.get(rows)).decode()  # type: ignore[arg-type]
    settings = reverse("admin:registrar_awardfile_settings", args=[kept.pk])
    assert "column_0" not in clerk.get(settings).content.decode()
    clerk.post(thing_url(kept), {"act": "prepare", "name": " Late ones "})
    assert [award.learner for award in Award.objects.all()] == [ada]
    assert Batch.objects.get().name == "Late ones"


def test_a_batch_that_a_system_prepared_names_the_system_wherever_it_is_told(
    workshop: Revision, sis: APIClient, dev: User, root: User, signed_in: Callable[[User], Client]
) -> None:
    application, _ = api_clients.add("Portal", by=root, scopes=["awards.prepare"])
    portal = System(application.client_id, application.name)
    kept = award_files.take(
        sheet(right(1)), template=workshop.template, by=portal, file_name="people.csv"
    )
    batch = award_files.prepare(award_files.look(kept), by=portal)
    desk = signed_in(dev)
    award = Award.objects.get(batch=batch)
    listed = reverse("admin:issuer_batch_changelist")
    for address in (thing_url(batch), listed, thing_url(award), reverse("admin:index")):
        page = desk.get(address).content.decode()
        assert "Portal" in page, address
        assert "Command or system" not in page
    assert "1 credential, prepared by Portal on" in desk.get(thing_url(batch)).content.decode()
    (told,) = sis.get("/api/v1/batches").json()["results"]
    assert told["client"] == "Portal"
    entry = LedgerEntry.objects.get(act="batch.prepared")
    assert (entry.actor, entry.details["client"]) == ("Portal", portal.id)
    with pytest.raises(IntegrityError, match="batch_beyond_prepared_has_been_decided"):
        with transaction.atomic():
            Batch.objects.filter(pk=batch.pk).update(state="approved")
    assert awards.approve(batch, by=dev).client == "Portal"


def test_a_file_is_listed_as_its_page_says_whoever_sent_it(
    client: Client, workshop: Revision, clara: User, dev: User, clerk: Client
) -> None:
    listed = reverse("admin:registrar_awardfile_changelist")
    headers = bearer("awards.prepare")
    answer = send(client, headers, sheet(right(1)))
    assert answer.status_code == 201, answer.content
    sent = AwardFile.objects.select_related("batch").get()
    assert sent.batch is not None
    by_hand = award_files.take(
        sheet(right(2)), template=workshop.template, by=clara, file_name="mine.csv"
    )
    batch = award_files.prepare(award_files.look(by_hand), by=clara)

    def rows(**asked: str) -> dict[str, str]:
        found = clerk.get(listed, asked).content.decode()
        return {
            each.pk: row
            for row in re.findall(r"<tr>.*?</tr>", found, re.DOTALL)
            for each in AwardFile.objects.all()
            if str(each.pk) in row
        }

    assert {"Waits for approval" in row for row in rows(state="prepared").values()} == {True}
    assert rows().keys() == {sent.pk, by_hand.pk}
    assert "<bdi>Skills service</bdi>" in rows()[sent.pk]
    awards.approve(batch, by=dev)
    assert "Being issued" in rows(state="running")[by_hand.pk]
    Batch.objects.filter(pk=batch.pk).update(state="issued")
    assert rows(state="issued").keys() == {by_hand.pk}
    assert rows(state="prepared").keys() == {sent.pk}
    for text in (rows()[by_hand.pk], clerk.get(thing_url(by_hand)).content.decode()):
        assert ("Issued" in text, "Waits for approval" in text) == (True, False)
    awards.approve(sent.batch, by=dev)
    again = send(client, headers, sheet(right(1)))
    assert again.status_code == 200, again.content
    nobody = AwardFile.objects.get(batch=None)
    assert "Read, nobody awarded" in rows(state="read")[nobody.pk]
    assert nobody.pk not in rows(state="discarded")
    page = clerk.get(thing_url(nobody)).content.decode()
    assert "Read, nobody awarded" in page
    assert "none of its rows awards anybody: 1 issued already" in page
    assert ("Discarded" in page, "All · 1" in page) == (False, False)


def test_a_batch_of_many_is_prepared_by_a_worker_while_the_page_tells_so(
    workshop: Revision, clara: User, clerk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PREPARED_AT_ONCE", 1)
    data = "\n".join([",".join(HEADER), *(line(right(n)) for n in (1, 2))]).encode()
    kept = award_files.take(data, template=workshop.template, by=clara, file_name="people.csv")
    address = thing_url(award_files.look(kept))
    said = clerk.post(address, {"act": "prepare", "name": "Many"}, follow=True).content.decode()
    assert "2 credentials are being prepared" in said
    assert ("Prepare 2 credentials" in said, "Discard" in said) == (False, False)
    part = reverse("admin:registrar_awardfile_reading", args=[kept.pk])
    assert "are being prepared" in clerk.get(part).content.decode()
    tasks.prepare_award_file(str(kept.pk))
    ready = clerk.get(part).content.decode()
    assert (address in ready, "every 1s" in ready) == (True, False)
    assert "A batch was prepared of it" in clerk.get(address).content.decode()
    assert Batch.objects.get().name == "Many"
    again = award_files.take(data, template=workshop.template, by=clara, file_name="again.csv")
    again = award_files.describe(award_files.look(again), duplicates="allow", by=clara)
    clerk.post(thing_url(again), {"act": "prepare"})
    AwardFile.objects.filter(pk=again.pk).update(tries=award_files.MOST_TRIES)
    tasks.prepare_award_file(str(again.pk))
    said = clerk.get(thing_url(again)).content.decode()
    assert "No batch was prepared. Preparing the batch has failed again and again." in said
    assert "Prepare 2 credentials" in said
