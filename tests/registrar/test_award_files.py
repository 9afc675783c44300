"""A file becomes a batch: people without an account too, each once, what is wrong left out."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from issuer.errors import SamePerson, WrongState
from issuer.models import Batch, Credential, LedgerEntry, SigningKey
from issuer.services.clients import Actor, Client
from registrar.errors import ImportRefused, NotAllowed, PlanOutdated
from registrar.models import Award, AwardFile, AwardFileRow, Learner, Revision
from registrar.services.awarding import award_file_people, award_files, awards, withdrawals
from registrar.services.awarding.chosen_awards import Common
from registrar.services.awarding.learner_choices import Choice
from registrar.services.college import api_clients
from registrar.services.drafting import templates
from tests.cast import College, issue
from tests.registrar.award_sheets import HEADER, line, planted, right

Duplicates = AwardFile.Duplicates


def sheet(*rows: dict[str, str]) -> bytes:
    return "\n".join([",".join(HEADER), *map(line, rows)]).encode()


def ada_row(**cells: str) -> dict[str, str]:
    """A right row about Ada as she is known."""
    ada = Learner.objects.get(given_name="Ada")
    return right(1) | {
        "learner number": ada.number,
        "given name": ada.given_name,
        "family name": ada.family_name,
        "e-mail": ada.email or "ada@example.org",
        **cells,
    }


def read(data: bytes, revision: Revision, by: Actor, **options: Any) -> AwardFile:
    kept = award_files.take(
        data, template=revision.template, by=by, file_name="people.csv", **options
    )
    return award_files.look(kept)


def codes(award_file: AwardFile) -> list[str]:
    return [each["code"] for row in award_file.rows.all() for each in row.problems]


def test_right_rows_become_awards_with_what_they_say(
    workshop: Revision, ada: Learner, clara: User
) -> None:
    day = timezone.localdate() + timedelta(days=90)
    known = ada_row(result="85,5", **{"valid until": day.isoformat()})
    kept = read(sheet(known, right(7), right(8) | {"e-mail": "no"}), workshop, clara)
    assert (kept.state, kept.total) == ("read", 3)
    assert kept.counts == {
        "new": 2,
        "already": 0,
        "replace": 0,
        "again": 0,
        "wrong": 1,
        "warned": 0,
        "ok": 2,
        "people": 1,
        "waiting": 0,
        "left": 0,
    }
    batch = award_files.prepare(kept, by=clara)
    first, second = Award.objects.filter(batch=batch)
    assert (first.learner, first.valid_until, str(first.awarded_on)) == (ada, day, "2026-02-02")
    (described,) = workshop.result_descriptions
    assert first.results == [{"description": described["id"], "value": "85.5"}]
    assert first.reasons == ["Line 2 of people.csv"]
    made = second.learner
    assert (made.source, made.number, made.email) == (
        "award file",
        "0000007",
        "learner+7@mail.example.org",
    )
    assert [row.award_id for row in kept.rows.all()] == [first.pk, second.pk, None]
    assert LedgerEntry.objects.filter(act="award_file.prepared").count() == 1


def test_each_row_tells_what_was_awarded_by_it(
    workshop: Revision, ada: Learner, clara: User
) -> None:
    rows = [right(7), right(8) | {"e-mail": "no"}, ada_row(), right(9)]
    kept = read(sheet(*rows), workshop, clara)
    award_files.leave_out(kept, [5], by=clara)
    award_files.prepare(kept, by=clara)
    told = [
        (row.number, row.award and row.award.learner.number, row.learner and row.learner.number)
        for row in kept.rows.all()
    ]
    assert told == [
        (2, "0000007", "0000007"),
        (3, None, None),
        (4, ada.number, ada.number),
        (5, None, None),
    ]


def test_what_a_row_says_stands_in_the_credential(
    key: SigningKey, workshop: Revision, ada: Learner, clara: User, dev: User
) -> None:
    day = timezone.localdate() + timedelta(days=90)
    header = ",".join([*HEADER, "evidence link", "evidence"])
    row = line(ada_row(result="85", **{"valid until": day.isoformat()}))
    data = f"{header}\n{row},https://example.org/work/1,A chair that stands.\n".encode()
    batch = award_files.prepare(read(data, workshop, clara), by=clara)
    issue(awards.approve(batch, by=dev))
    credential = Credential.objects.get(batch=batch)
    said = json.loads(credential.document)
    assert said["validUntil"] == f"{day}T23:59:59Z"
    (evidence,) = said["evidence"]
    assert (evidence["id"], evidence["narrative"]) == (
        "https://example.org/work/1",
        "A chair that stands.",
    )
    assert said["credentialSubject"]["result"][0]["value"] == "85"


def test_learners_are_told_as_the_template_says_unless_somebody_says_otherwise(
    workshop: Revision, ada: Learner, clara: User, dev: User
) -> None:
    telling = templates.revise(workshop.template, by=clara)
    templates.edit(telling, by=clara, tells_learners=True)
    templates.approve(templates.submit(telling, by=clara), by=dev)
    taken = [read(sheet(right(1)), workshop, clara, sends_mail=said) for said in (None, False)]
    whom = Choice(learners=(ada.pk,))
    chosen = award_files.choose(whom, template=workshop.template, by=clara, common=Common())
    assert [kept.sends_mail for kept in (*taken, chosen)] == [True, False, True]


def test_the_same_file_again_awards_nobody(workshop: Revision, clara: User) -> None:
    data = sheet(right(1), right(2))
    award_files.prepare(read(data, workshop, clara), by=clara)
    again = read(data, workshop, clara)
    assert (again.counts["already"], again.counts["warned"], again.counts["ok"]) == (2, 2, 0)
    assert codes(again) == ["already_prepared"] * 2
    with pytest.raises(ImportRefused):
        award_files.prepare(again, by=clara)


def test_who_holds_it_from_a_file_is_not_awarded_by_the_rule_as_well(
    college: College, cells: Revision, ada: Learner, ben: Learner, clara: User, dev: User
) -> None:
    kept = read(sheet(ada_row(result="Pass")), cells, clara)
    award_files.prepare(kept, by=clara)
    for learner in (ada, ben):
        college.grade(learner, "Pass")
    found = awards.evaluate(cells, at=timezone.now())
    assert [each.learner_id for each in found.awards] == [ben.pk]
    assert [each.learner_id for each in found.already] == [ada.pk]
    award = Award.objects.get()
    awards.decline(award.batch, by=dev, reason="It was another one.")
    again = awards.evaluate(cells, at=timezone.now())
    assert {each.learner_id for each in again.awards} == {ada.pk, ben.pk}


def test_who_has_it_already_is_left_out_replaced_or_given_one_more(
    key: SigningKey, workshop: Revision, clara: User, dev: User
) -> None:
    data = sheet(right(1))
    first = award_files.prepare(read(data, workshop, clara), by=clara)
    issue(awards.approve(first, by=dev))
    (old,) = Award.objects.filter(batch=first)
    assert codes(read(data, workshop, clara)) == ["already_issued"]
    kept = read(data, workshop, clara, duplicates=Duplicates.REPLACE)
    (new,) = Award.objects.filter(batch=award_files.prepare(kept, by=clara))
    assert (new.replaces, new.generation, new.occasion) == (old, 2, old.occasion)
    assert Award.objects.with_state().get(pk=old.pk).state == "valid"
    issue(awards.approve(new.batch, by=dev))
    assert Award.objects.with_state().get(pk=old.pk).state == "revoked"
    more = read(data, workshop, clara, duplicates=Duplicates.ALLOW)
    assert more.counts["again"] == 1
    (another,) = Award.objects.filter(batch=award_files.prepare(more, by=clara))
    assert (another.generation, another.replaces, another.occasion != "") == (1, None, True)


def test_what_was_to_be_replaced_and_declined_is_still_had_and_can_be_replaced(
    key: SigningKey, workshop: Revision, clara: User, dev: User
) -> None:
    data = sheet(right(1))
    first = award_files.prepare(read(data, workshop, clara), by=clara)
    issue(awards.approve(first, by=dev))
    (old,) = Award.objects.filter(batch=first)
    kept = read(data, workshop, clara, duplicates=Duplicates.REPLACE)
    refused = award_files.prepare(kept, by=clara)
    awards.decline(refused, by=dev, reason="Not yet.")
    assert codes(read(data, workshop, clara)) == ["already_issued"]
    again = read(data, workshop, clara, duplicates=Duplicates.REPLACE)
    assert again.counts["replace"] == 1
    (new,) = Award.objects.filter(batch=award_files.prepare(again, by=clara))
    assert (new.replaces.batch, new.generation, new.occasion) == (refused, 3, old.occasion)
    awards.approve(new.batch, by=dev, begins_at=timezone.now() + timedelta(days=1))
    assert Award.objects.with_state().get(pk=old.pk).state == "valid"
    awards.resume(new.batch, by=dev)
    issue(new.batch)
    assert Award.objects.with_state().get(pk=old.pk).state == "revoked"


def test_what_is_approved_and_not_signed_cannot_be_replaced_yet(
    workshop: Revision, clara: User, dev: User
) -> None:
    data = sheet(right(1))
    first = award_files.prepare(read(data, workshop, clara), by=clara)
    awards.approve(first, by=dev, begins_at=timezone.now() + timedelta(days=7))
    kept = read(data, workshop, clara, duplicates=Duplicates.REPLACE)
    assert (codes(kept), kept.counts["replace"]) == (["being_issued"], 0)


def test_one_who_was_revoked_is_awarded_again(
    key: SigningKey, workshop: Revision, clara: User, dev: User
) -> None:
    data = sheet(right(1))
    batch = award_files.prepare(read(data, workshop, clara), by=clara)
    issue(awards.approve(batch, by=dev))
    (old,) = Award.objects.filter(batch=batch)
    withdrawals.withdraw(old, by=clara, reason="Not there.")
    kept = read(data, workshop, clara)
    assert kept.counts["new"] == 1
    (new,) = Award.objects.filter(batch=award_files.prepare(kept, by=clara))
    assert (new.generation, new.replaces) == (2, old)


def test_in_a_pilot_only_learners_of_its_unit_are_awarded(
    college: College, workshop: Revision, ada: Learner, ben: Learner, clara: User, dev: User
) -> None:
    templates.retire(workshop, by=dev, reason="It is tried anew.")
    pilot = templates.revise(workshop.template, by=clara)
    templates.edit(pilot, by=clara, pilot_unit=college.science)
    templates.approve(templates.submit(pilot, by=clara), by=dev)
    college.enrol(ada)
    kept = read(sheet(ada_row(), right(7)), workshop, clara)
    assert (codes(kept), kept.counts["new"]) == (["not_of_pilot"], 1)
    both = Choice(learners=(ada.pk, ben.pk))
    chosen = award_files.choose(both, template=workshop.template, by=clara, common=Common())
    assert codes(award_files.look(chosen)) == ["not_of_pilot"]
    assert Award.objects.filter(batch=award_files.prepare(chosen, by=clara)).get().learner == ada


def test_rows_are_compared_with_the_records(
    workshop: Revision, ada: Learner, ben: Learner, clara: User
) -> None:
    Learner.objects.filter(pk=ada.pk).update(email="ada@example.org")
    Learner.objects.filter(pk=ben.pk).update(retired_at=timezone.now())
    rows = {
        "other_name": ada_row(**{"given name": "Zoe", "family name": "Quill"}),
        "learner_withdrawn": right(3) | {"learner number": ben.number},
        "email_of_another": right(4) | {"e-mail": "ADA@example.org"},
    }
    for code, row in rows.items():
        kept = read(sheet(row), workshop, clara)
        assert (codes(kept), kept.counts["wrong"]) == ([code], 1)
    kept = read(
        sheet(ada_row(**{"family name": "Lovelace", "e-mail": "a2@example.org"})), workshop, clara
    )
    assert codes(kept) == ["name_differs", "other_email"]
    assert (kept.counts["new"], kept.counts["warned"]) == (1, 1)
    award_files.prepare(kept, by=clara)
    ada.refresh_from_db()
    assert (ada.family_name, ada.email) == ("Byron", "ada@example.org")


def test_of_a_learner_on_record_the_number_or_a_key_is_enough(
    workshop: Revision, ada: Learner, ben: Learner, clara: User
) -> None:
    ben.also_known.create(source="banner", sourced_id="b:7", number="", name="", state="joined")
    keys = [ada.number or ada.sourced_id, "sis:banner:b:7"]
    kept = read("\n".join(["learner number", *keys]).encode(), workshop, clara)
    assert kept.problems == []
    assert (kept.counts["ok"], kept.counts["people"], codes(kept)) == (2, 0, [])
    before = list(Learner.objects.values())
    made = Award.objects.filter(batch=award_files.prepare(kept, by=clara))
    assert [award.learner for award in made.order_by("position")] == [ada, ben]
    assert list(Learner.objects.values()) == before


def test_of_whom_nothing_is_on_record_names_and_address_are_asked_with_all_else_that_is_wrong(
    workshop: Revision, ada: Learner, clara: User
) -> None:
    nothing = {"given name": "", "family name": "", "e-mail": ""}
    unknown = right(3) | nothing | {"result": "101"}
    kept = read(sheet(ada_row(**nothing), unknown), workshop, clara)
    assert codes(kept) == ["unknown_learner", "out_of_range"]
    assert (kept.counts["new"], kept.counts["wrong"]) == (1, 1)
    half = right(3) | {"given name": "", "e-mail": ""}
    assert codes(read(sheet(half), workshop, clara)) == ["required", "required"]
    some = f"learner number\n{ada.number or ada.sourced_id}\n0000009\n"
    kept = read(some.encode(), workshop, clara)
    assert codes(kept) == ["unknown_learner"]
    assert [(each["code"], each["severity"]) for each in kept.problems] == [
        ("missing_column", "warning")
    ]
    alone = read(b"learner number\n0000009\n", workshop, clara)
    assert (alone.problems, codes(alone)) == ([], ["unknown_learner"])
    (problem,) = alone.rows.get().problems
    told = "also say the given name, the family name and the e-mail address."
    assert problem["fix"].endswith(told)


def test_a_key_leads_to_one_learner_whom_no_second_row_awards(
    workshop: Revision, ada: Learner, clara: User
) -> None:
    key = f"sis:{ada.source}:{ada.sourced_id}"
    rows = [key, ada.number or ada.sourced_id, "sis:nowhere:1", "sis:%00:1"]
    kept = read("\n".join(["learner number", *rows]).encode(), workshop, clara)
    assert codes(kept) == ["duplicate_row", "unknown_learner", "unknown_learner"]
    assert (kept.counts["new"], kept.counts["wrong"]) == (1, 3)


def test_a_key_leads_to_its_learner_in_whichever_spelling(
    workshop: Revision, ada: Learner, clara: User
) -> None:
    encoded = f"%{ord(ada.source[0]):x}{ada.source[1:]}"
    rows = [f"sis:{source}:{ada.sourced_id}" for source in (ada.source, encoded)]
    kept = read("\n".join(["learner number", *rows]).encode(), workshop, clara)
    assert codes(kept) == ["duplicate_row"]
    assert kept.counts["new"] == 1


def test_a_row_that_says_half_of_a_name_is_compared_by_that_half(
    workshop: Revision, ada: Learner, clara: User
) -> None:
    half = ada_row(**{"given name": "", "e-mail": ""})
    assert codes(read(sheet(half), workshop, clara)) == []
    assert codes(read(sheet(half | {"family name": "Quill"}), workshop, clara)) == ["other_name"]


def test_a_new_person_who_seems_to_be_on_record_is_worth_a_look(
    workshop: Revision, ada: Learner, clara: User
) -> None:
    slip = ada_row(**{"learner number": f"{ada.number}0", "e-mail": "a2@example.org"})
    other = slip | {"learner number": "77777", "given name": "ADA", "e-mail": "a3@example.org"}
    kept = read(sheet(right(7), slip, other), workshop, clara)
    assert codes(kept) == ["mistyped_number", "same_name"]
    assert [kept.counts[name] for name in ("new", "people", "warned", "wrong")] == [3, 3, 2, 0]
    learners = [Learner(number=str(n), sourced_id=str(n)) for n in range(70_000, 70_005)]
    for learner in learners:
        learner.given_name, learner.family_name = ada.given_name, ada.family_name
    Learner.objects.bulk_create(learners)
    assert codes(read(sheet(other), workshop, clara)) == []


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("2501563", "2501573", True),
        ("2501563", "2501536", True),
        ("250121", "2501213", True),
        ("12", "21", True),
        ("123", "321", False),
        ("12", "1234", False),
        ("12", "12", False),
    ],
)
def test_a_slip_is_one_sign_or_two_neighbours(one: str, other: str, is_one: bool) -> None:
    slips = award_file_people.is_a_slip(one, other), award_file_people.is_a_slip(other, one)
    assert slips == (is_one, is_one)


def test_cells_are_mended_and_columns_said_by_hand(workshop: Revision, clara: User) -> None:
    bad = right(2) | {"e-mail": "no", "award date": ""}
    kept = read(sheet(right(1), bad), workshop, clara)
    cells = list(AwardFileRow.objects.get(file=kept, number=3).cells)
    cells[3] = "two@example.org"
    award_files.mend(kept, {3: cells}, by=clara)
    assert (kept.counts["ok"], codes(kept)) == (2, [])
    with pytest.raises(ImportRefused):
        award_files.mend(kept, {9: cells}, by=clara)
    other = read(b"a,b,c,d\n1,Ada,Byron,a@example.org\n2,Bo,Ek,b@example.org\n", workshop, clara)
    missing = other.problems[0]
    assert missing["code"] == "missing_column"
    assert missing["reason"] == "No column is known to hold the learner number."
    assert "not on record the given name, the family name" in missing["fix"]
    assert "at the desk" in missing["fix"]
    said = {"number": "a", "given_name": "b", "family_name": "c", "email": "d"}
    award_files.describe(other, columns=said, by=clara)
    assert other.counts["ok"] == 2
    award_files.prepare(other, by=clara)
    third = read(b"a,b,c,d\n3,Cy,Lind,c@example.org\n", workshop, clara)
    assert (third.columns, third.counts["ok"]) == (said, 1)


@pytest.mark.parametrize("part", ["take", "mend", "describe", "leave_out"])
def test_who_had_a_hand_in_the_rows_does_not_approve_what_a_colleague_prepares(
    workshop: Revision, clara: User, dev: User, root: User, part: str
) -> None:
    kept = read(sheet(right(1), right(2)), workshop, root if part == "take" else clara)
    if part == "mend":
        cells = list(AwardFileRow.objects.get(file=kept, number=3).cells)
        award_files.mend(kept, {3: cells}, by=root)
    elif part == "describe":
        award_files.describe(kept, columns=kept.columns, by=root)
    elif part == "leave_out":
        award_files.leave_out(kept, [3], by=root)
    batch = award_files.prepare(kept, by=clara)
    for decide in (awards.approve, awards.decline):
        with pytest.raises(SamePerson):
            decide(batch, by=root, reason="By whom it was mended.")
    assert batch not in awards.to_decide(root)
    assert batch in awards.to_decide(dev)
    assert batch not in awards.to_decide(clara)
    assert LedgerEntry.objects.get(act="batch.approval_refused").user == root
    assert awards.approve(batch, by=dev).state == Batch.State.APPROVED


def test_who_was_shown_the_secret_of_a_system_does_not_approve_what_it_prepared(
    workshop: Revision, dev: User, root: User
) -> None:
    application, _ = api_clients.add("Portal", by=root, scopes=["awards.prepare"])
    portal = Client(application.client_id, application.name)
    batch = award_files.prepare(read(sheet(right(1)), workshop, portal), by=portal)
    with pytest.raises(SamePerson):
        awards.approve(batch, by=root)
    assert awards.approve(batch, by=dev).state == Batch.State.APPROVED


def test_rows_are_left_out_and_taken_in_again(
    workshop: Revision, ada: Learner, ben: Learner, clara: User
) -> None:
    kept = read(sheet(right(1), right(1), right(3)), workshop, clara)
    assert codes(kept) == ["duplicate_row"]
    award_files.leave_out(kept, [2, 4], by=clara)
    assert [kept.counts[name] for name in ("new", "left", "wrong")] == [1, 2, 0]
    award_files.leave_out(kept, [], take_in=[4], by=clara)
    assert award_files.prepare(kept, by=clara).count == 2
    both = Choice(learners=(ada.pk, ben.pk))
    chosen = award_files.choose(both, template=workshop.template, by=clara, common=Common())
    award_files.leave_out(award_files.look(chosen), [1], by=clara)
    assert award_files.prepare(chosen, by=clara).count == 1
    alone = read(sheet(right(5)), workshop, clara)
    assert award_files.leave_out(alone, [2], by=clara).counts["left"] == 1


def test_days_that_may_mean_two_things_are_asked(workshop: Revision, clara: User) -> None:
    rows = [right(n) | {"award date": "03/04/2026", "valid until": ""} for n in (1, 2)]
    kept = read(sheet(*rows), workshop, clara)
    assert codes(kept) == ["ambiguous_date"] * 2
    award_files.describe(kept, orders={"awarded_on": "day first"}, by=clara)
    assert (kept.counts["ok"], kept.days["awarded_on"]) == (2, "day/month/year (15/05/2026)")


def test_a_worker_prepares_the_batch_for_whom_asked(
    workshop: Revision, clara: User, dev: User
) -> None:
    kept = read(sheet(right(1), right(2)), workshop, clara)
    award_files.ask_to_prepare(kept, by=clara, name="Graduates")
    assert (kept.state, award_files.unprepared()) == ("preparing", [kept.pk])
    for act in (
        lambda: award_files.mend(kept, {2: ["x"] * len(HEADER)}, by=clara),
        lambda: award_files.discard(kept, by=clara),
        lambda: award_files.prepare(kept, by=clara),
        lambda: award_files.ask_to_prepare(kept, by=clara),
    ):
        with pytest.raises(WrongState):
            act()
    batch = award_files.prepare_asked(kept.pk)
    assert batch is not None
    assert (batch.name, batch.count, batch.prepared_by) == ("Graduates", 2, clara)
    kept.refresh_from_db()
    assert (kept.state, kept.batch, award_files.unprepared()) == ("prepared", batch, [])
    assert LedgerEntry.objects.get(act="award_file.prepared").actor == "clara"
    assert award_files.prepare_asked(kept.pk) is None
    assert awards.approve(batch, by=dev).state == Batch.State.APPROVED


def test_a_batch_that_a_worker_cannot_prepare_leaves_the_file_as_it_was_and_says_why(
    workshop: Revision, clara: User, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (read(sheet(right(1)), workshop, clara) for _ in range(2))
    award_files.ask_to_prepare(second, by=clara)
    award_files.prepare(first, by=clara)
    assert award_files.prepare_asked(second.pk) is None
    second.refresh_from_db()
    assert (second.state, Batch.objects.count()) == ("read", 1)
    assert "Something has changed" in second.refusal
    award_files.describe(second, duplicates="allow", by=clara)
    second.refresh_from_db()
    assert second.refusal == ""
    award_files.ask_to_prepare(second, by=clara)
    AwardFile.objects.filter(pk=second.pk).update(tries=award_files.MOST_TRIES)
    assert award_files.prepare_asked(second.pk) is None
    second.refresh_from_db()
    assert (second.state, "again and again" in second.refusal) == ("read", True)
    award_files.ask_to_prepare(second, by=clara)
    assert award_files.prepare_asked(second.pk) is not None
    nobody = read(sheet(right(1)), workshop, clara)
    with pytest.raises(ImportRefused):
        award_files.ask_to_prepare(nobody, by=clara)


def test_samples_are_read_as_the_whole_column_is_and_few_rows_are_looked_at(
    workshop: Revision, clara: User
) -> None:
    said = ["03/04/2026", "15/05/2026", "05/06/2026", "06/07/2026", "07/08/2026"]
    days = [right(n) | {"award date": day, "valid until": ""} for n, day in enumerate(said)]
    kept = read(sheet(*days), workshop, clara)
    told = [document["awardedDate"][:10] for _, document in award_files.samples(kept)]
    assert told == ["2026-04-03", "2026-06-05", "2026-08-07"]
    with CaptureQueriesContext(connection) as queries:
        award_files.samples(kept)
    (rows,) = [each["sql"] for each in queries if '"cells"' in each["sql"]]
    assert '"number" IN (2, 4, 6)' in rows


def test_a_plan_that_no_longer_holds_is_not_carried_out(workshop: Revision, clara: User) -> None:
    data = sheet(right(1))
    first, second = (read(data, workshop, clara) for _ in range(2))
    award_files.prepare(first, by=clara)
    with pytest.raises(PlanOutdated):
        award_files.prepare(second, by=clara)
    with pytest.raises(WrongState):
        award_files.prepare(first, by=clara)


def test_who_may_not_prepare_may_not_read(
    workshop: Revision, clara: User, dev: User, fay: User
) -> None:
    with pytest.raises(NotAllowed):
        read(sheet(right(1)), workshop, fay)
    kept = read(sheet(right(1)), workshop, clara)
    with pytest.raises(NotAllowed):
        award_files.prepare(kept, by=dev)
    batch = award_files.prepare(kept, by=clara)
    with pytest.raises((SamePerson, NotAllowed)):
        awards.approve(batch, by=clara)
    assert awards.approve(batch, by=dev).state == Batch.State.APPROVED


def test_a_file_is_discarded_with_its_rows(workshop: Revision, clara: User) -> None:
    kept = read(sheet(right(1)), workshop, clara)
    late = read(sheet(right(2)), workshop, clara)
    award_files.discard(kept, by=clara)
    assert (kept.state, kept.rows.count()) == ("discarded", 0)
    AwardFile.objects.filter(pk=late.pk).update(read_at=timezone.now() - timedelta(days=99))
    assert award_files.discard_late() == 1
    with pytest.raises(WrongState):
        award_files.prepare(late, by=clara)


# The command


def issue_file(path: Path, *arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("issue_file", str(path), "--json", *arguments, stdout=out, stderr=io.StringIO())
    found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return found


def test_the_command_names_the_wrong_rows_and_prepares_the_others(
    workshop: Revision, dev: User, tmp_path: Path
) -> None:
    data, wrong = planted(2_000, 200)
    path = tmp_path / "people.csv"
    path.write_bytes(data)
    tried = issue_file(path, "--template", "workshop", "--dry-run")
    assert Award.objects.count() == AwardFile.objects.count() == 0
    found = issue_file(path, "--template", "workshop")
    for each in (tried, found):
        assert (each["ok"], each["total"], each["warnings"]) == (1_800, 2_000, [])
        assert {problem["row"] for problem in each["errors"]} == set(wrong)
        assert all(
            set(problem) == {"row", "column", "value", "code", "reason", "fix"}
            for problem in each["errors"]
        )
    batch = Batch.objects.get(pk=found["batch"])
    assert (batch.count, Learner.objects.count()) == (1_800, 1_800)
    assert awards.approve(batch, by=dev).state == Batch.State.APPROVED


def test_the_command_tells_of_columns_that_hold_nothing_and_of_files_that_are_none(
    workshop: Revision, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(sheet(right(1)).replace(b"result", b"shoe size"))
    found = issue_file(path, "--template", "workshop", "--dry-run")
    assert [(each["row"], each["column"]) for each in found["warnings"]] == [(None, "shoe size")]
    assert (found["ok"], found["errors"]) == (1, [])
    path.write_bytes(b"")
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("issue_file", str(path), "--template", "workshop", "--json", stdout=out)
    said = json.loads(out.getvalue().splitlines()[-1])
    assert (said["ok"], [each["code"] for each in said["errors"]]) == (0, ["empty_file"])
    with pytest.raises(CommandError, match="no template"):
        call_command("issue_file", str(path), "--template", "nothing")


def test_the_outcome_is_one_line_whatever_the_cells_hold(
    workshop: Revision, tmp_path: Path
) -> None:
    path, out = tmp_path / "people.csv", io.StringIO()
    path.write_bytes(sheet(right(1) | {"given name": "Ada\u2028\u2029\x85Mae"}))
    template = workshop.template.slug
    call_command("issue_file", path, template=template, dry_run=True, json=True, stdout=out)
    (wrong,) = json.loads(out.getvalue().splitlines()[-1])["errors"]
    assert (wrong["row"], "\u2028" in wrong["value"]) == (2, True)
