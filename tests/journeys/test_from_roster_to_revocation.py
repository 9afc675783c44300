"""From a roster to credentials that verify, and to one that no longer does."""

import base64
import gzip
import json
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone
from oauth2_provider.models import Application

from issuer.models import Chunk, SecuredDocument, SigningKey, VerifiableCredential
from issuer.services import batches, ledger, verification
from issuer.vc.verification.verify import Outcome
from registrar.errors import NothingPasses
from registrar.management import issuing
from registrar.models import (
    Award,
    CredentialTemplate,
    Learner,
    LearningOpportunity,
    LineItem,
    Offering,
    Result,
    Revision,
    RosterImport,
)
from registrar.services.awarding import awards, completions, withdrawals
from registrar.services.awarding.completions import Passing
from registrar.services.college import api_clients, people
from registrar.services.deciding import simulations
from registrar.services.drafting import templates
from registrar.services.feeding import rosters
from tests.cast import College
from tests.registrar.test_oneroster_csv import Roster

FINAL = "Module result"
PASSING = Passing(("Pass", "Distinction"), FINAL)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    """Ada passes Botany twice, in two classes; Ben fails, and passes at the second attempt."""
    bundle = Roster().drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")
    bundle.add("enrollments", "e3,,,cl2,o2,u1,student,,,")
    bundle.add("lineItems", "li4,,,Final,,2025-09-01,2025-12-20,cl2,ca1,t1,,,o2")
    for row in (
        "re4,,,li4,u1,fully graded,,2025-12-20,,Distinction,cl2,,,,",
        "re5,,,li4,u2,fully graded,,2025-12-20,,Fail,cl2,,,,",
        "re6,,,li4,u2,fully graded,,2026-01-20,,Pass,cl2,,,,",
    ):
        bundle.add("results", row)
    folder = tmp_path / "roster"
    folder.mkdir()
    for name, data in bundle.files().items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def botany(roster: Path, clara: User, dev: User, root: User) -> Revision:
    """The roster is applied, and completing its course is worth a credential."""
    for person, kind in ((clara, "registrar"), (dev, "approver")):
        people.give_role(person, kind, None, by=root)
    rosters.apply(rosters.read(roster, by=clara), by=clara)
    course = LearningOpportunity.objects.get(code="BOT101")
    return completions.template_for(course, PASSING, author=clara, approver=dev)


def test_each_class_is_an_award_and_a_resit_is_none_of_its_own(
    botany: Revision, clara: User, dev: User
) -> None:
    completions.award(botany, author=clara, approver=dev)
    made = {
        (award.learner.given_name, award.offering.title, award.results[0]["value"])
        for award in Award.objects.select_related("learner", "offering")
    }
    assert made == {
        ("Ada", "Botany A", "Pass"),
        ("Ada", "Botany B", "Distinction"),
        ("Ben", "Botany B", "Pass"),
    }
    assert completions.award(botany, author=clara, approver=dev) is None


def test_the_template_of_a_course_is_used_again(botany: Revision, clara: User, dev: User) -> None:
    course = LearningOpportunity.objects.get(code="BOT101")
    again = completions.template_for(course, PASSING, author=clara, approver=dev)
    assert again == botany
    stricter = Passing(("Distinction",), "Module result")
    changed = completions.template_for(course, stricter, author=clara, approver=dev)
    assert (changed.template, changed.number, changed.state) == (botany.template, 2, "approved")


@pytest.mark.thorough
def test_without_a_worker_the_demo_does_not_wait_for_ever(
    botany: Revision, clara: User, dev: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuing, "PATIENCE", 0.3)
    batch = completions.award(botany, author=clara, approver=dev)
    assert batch is not None
    with pytest.raises(CommandError, match="0 of 3"):
        issuing.wait_until_issued([batch])


def test_the_demo_counts_every_row_that_failed(
    botany: Revision, clara: User, dev: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert issuing.PATIENCE > settings.LEASE_SECONDS + 2 * settings.SWEEP_SECONDS + 30
    monkeypatch.setattr(batches, "MAX_ERRORS", 1)
    batch = completions.award(botany, author=clara, approver=dev)
    chunk = batches.claim(Chunk.State.APPROVED, batch=batch)
    batches.finish(chunk, Chunk.State.REQUESTED, refused=dict.fromkeys(range(3), "No."))
    with pytest.raises(CommandError, match="3 of 3"):
        issuing.wait_until_issued([batch])


def outcomes(award: Award) -> dict[str, Outcome]:
    document = SecuredDocument.objects.get(verifiable_credential__credential=award.credential_id)
    report = verification.verify(document.body.encode())
    return {check.id: check.outcome for check in report.checks}


@pytest.mark.worker
def test_a_result_becomes_a_credential_and_a_revocation_shows(
    key: SigningKey, botany: Revision, clara: User, dev: User, worker_processes: Any
) -> None:
    worker_processes.start("worker")
    worker_processes.start("signer")
    batch = completions.award(botany, author=clara, approver=dev)
    assert batch is not None
    assert issuing.wait_until_issued([batch]) == 3

    forms = VerifiableCredential.objects.all()
    assert len({form.status_index for form in forms}) == 3
    first, *others = Award.objects.order_by("position")
    for award in (first, *others):
        assert set(outcomes(award).values()) == {Outcome.PASSED}

    withdrawals.withdraw(first, by=clara, reason="The mark was another learner's.")
    issuing.wait_until_published(first.credential)
    failed = {name for name, outcome in outcomes(first).items() if outcome == Outcome.FAILED}
    assert failed == {"status"}
    for award in others:
        assert set(outcomes(award).values()) == {Outcome.PASSED}
    assert completions.award(botany, author=clara, approver=dev) is None
    assert ledger.check().ok


@pytest.mark.worker
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_demo_ends_with_files_that_others_can_check(
    keystore: Path,
    roster: Path,
    tmp_path: Path,
    worker_processes: Any,
) -> None:
    call_command("create_key")
    worker_processes.start("worker")
    worker_processes.start("signer")
    first = demo(tmp_path / "first", roster, tmp_path)
    counts = {name: first["summary"][name] for name in ("learners", "awards", "credentials")}
    assert counts == {"learners": 2, "awards": 3, "credentials": 3}
    assert first["summary"]["second_run_issued"] == 0
    roles = {person["role"] for person in first["summary"]["sign_ins"]}
    assert roles >= {"registrar", "approver", "faculty", "chair", "operator"}
    client = Application.objects.get(client_id=first["summary"]["api_client"]["id"])
    scopes = {*api_clients.scopes_of(client)}
    assert scopes >= {*settings.API_SCOPES, *settings.SIS_WRITE_SCOPES, "templates.draft"}
    assert not scopes & {"vc.issue", "vc.status", "credentials.revoke", "client.manage"}

    ids = {credential["id"] for credential in first["credentials"]}
    assert len(ids) == 3
    assert first["summary"]["revoked"] in ids
    assert first["revoked_before"] == set()
    assert first["revoked_after"] == {first["summary"]["revoked"]}

    second = demo(tmp_path / "second", roster, tmp_path)
    for name in ("credentials", "did", "revoked_before", "revoked_after"):
        assert second[name] == first[name]
    for name in ("revoked", "sign_ins", "api_client", "awards", "file_template"):
        assert second["summary"][name] == first["summary"][name]


def demo(out: Path, roster: Path, kept: Path) -> dict[str, Any]:
    """Run the demo's job, and read what it has written."""
    told = StringIO()
    call_command("run_demo", roster=roster, out=out, passwords_to=kept / "kept", stdout=told)
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    assert [line["step"] for line in lines if line.get("finished")][-1] == "issued by a second run"
    text = (out / "credentials.ndjson").read_text()
    assert text.endswith("\n")
    credentials = [json.loads(line) for line in text.splitlines()]
    # It holds passwords.
    assert (out / "summary.json").stat().st_mode & 0o777 == 0o600
    return {
        "credentials": credentials,
        "did": json.loads((out / "did.json").read_text()),
        "summary": json.loads((out / "summary.json").read_text()),
        "revoked_before": revoked(credentials, out / "status_lists_before.json"),
        "revoked_after": revoked(credentials, out / "status_lists_after.json"),
    }


def revoked(credentials: list[dict[str, Any]], path: Path) -> set[str]:
    """The ids that these status lists revoke, by an independent reading of the bits."""
    lists = json.loads(path.read_text())
    found = set()
    for credential in credentials:
        entry = credential["credentialStatus"]
        encoded = lists[entry["statusListCredential"]]["credentialSubject"]["encodedList"]
        bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=="))
        number = int.from_bytes(bits)
        if number >> (len(bits) * 8 - 1 - int(entry["statusListIndex"])) & 1:
            found.add(credential["id"])
    return found


def test_without_a_key_the_demo_says_what_to_do(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="create_key"):
        call_command("run_demo", passwords_to=tmp_path / "kept", stdout=StringIO())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_open_university_s_module_gives_1072_awards(
    college: College, clara: User, dev: User, root: User, shared_data: Path
) -> None:
    for person, kind in ((clara, "registrar"), (dev, "approver")):
        people.give_role(person, kind, None, by=root)
    path = shared_data / "oulad" / "oneroster12-BBB-2013J"
    rosters.apply(rosters.read(path, by=clara), by=clara)
    course = LearningOpportunity.objects.get(code="BBB")
    revision = completions.template_for(course, PASSING, author=clara, approver=dev)
    found = awards.evaluate(revision, at=timezone.now())
    assert found.learners == Learner.objects.count() == 2237
    values = Counter(candidate.results[0]["value"] for candidate in found.awards)
    assert values == {"Distinction": 176, "Pass": 896}
    assert len(found.not_met) == 521 + 644
    tutored = {
        "every_score": {"course": "BBB", "category": "Tutor Marked Assessment", "at_least": 40}
    }
    second = templates.revise(revision.template, by=clara)
    templates.edit(second, by=clara, rule={"all": [revision.rule, tutored]})
    term = [Offering.objects.get(title="BBB 2013J").term]
    tried = simulations.run(simulations.ask(revision, by=clara, terms=term))
    assert (tried.learners, tried.met, tried.not_met) == (2237, 1072, 1165)
    changed = simulations.run(simulations.ask(second, by=clara, terms=term))
    assert (changed.met, changed.gained, changed.lost) == (778, 0, 1072 - 778)
    stricter = awards.evaluate(second, at=timezone.now())
    assert (stricter.learners, len(stricter.awards)) == (2237, 778)
    learner = Learner.objects.get(number="527393")
    assert learner.pk in {candidate.learner_id for candidate in found.awards}
    (why_not,) = stricter.by_learner[learner.pk]
    assert [reason.met for reason in why_not.decision.reasons] == [True, False]
    assert why_not.reasons[1] == (
        "Not every score for Tutor Marked Assessment in BBB Module BBB (anonymised; social "
        "sciences) (BBB 2013J) is at least 40: TMA 15001 is 38, 2 short"
    )


def test_a_category_that_no_line_item_has_is_named_before_anything_is_made(
    botany: Revision,
) -> None:
    offerings = Offering.objects.all()
    completions.require_results(offerings, PASSING)
    with pytest.raises(NothingPasses, match=r"Nonsense.*Module result"):
        completions.require_results(offerings, Passing(("Pass",), "Nonsense"))


def test_a_result_that_nobody_has_is_refused_with_those_that_there_are(
    botany: Revision,
) -> None:
    with pytest.raises(NothingPasses, match=r"'Foo' or 'Bar'.*'Pass' 2, 'Distinction' 1, 'Fail' 1"):
        completions.require_results(Offering.objects.all(), Passing(("Foo", "Bar"), FINAL))
    with pytest.raises(NothingPasses, match="'Pass' differs from 'PASS' by case alone"):
        completions.require_results(Offering.objects.all(), Passing(("PASS",), FINAL))
    with pytest.raises(NothingPasses, match="There are: none"):
        completions.require_results(Offering.objects.none(), PASSING)
    by_case = Passing(("pass", "Distinction"), FINAL)
    completions.require_results(Offering.objects.all(), by_case)
    (said,) = completions.near_misses(Offering.objects.all(), by_case)
    assert "its 2 do not pass" in said


def test_many_different_results_are_not_all_named(botany: Revision) -> None:
    classes = Offering.objects.filter(title="Botany A")
    item = LineItem.objects.get(offering__in=classes, category=FINAL)
    learner = Learner.objects.first()
    for number in range(40):
        Result.objects.create(
            source="x",
            sourced_id=f"x{number}",
            line_item=item,
            learner=learner,
            status="fully graded",
            text=f"Grade {number}",
        )
    with pytest.raises(NothingPasses, match="'Grade 19' 1, and 21 more"):
        completions.require_results(classes, Passing(("Foo",), FINAL))


def told_before_refusing(roster: Path, kept: Path) -> tuple[list[str], str]:
    """The notes of a demo that refuses its roster, and why it does."""
    call_command("create_key")
    told = StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("run_demo", roster=roster, passwords_to=kept / "kept", stdout=told)
    events = [json.loads(line) for line in told.getvalue().splitlines()]
    return [event["note"] for event in events if "note" in event], str(refusal.value)


def test_the_demo_tells_what_is_wrong_with_a_roster_before_anything_is_loaded(
    db: None, keystore: Path, roster: Path, tmp_path: Path
) -> None:
    for name, old, new in (
        ("courses.csv", "title", "heading"),
        ("results.csv", ",62.5,", ",lots,"),
    ):
        text = (roster / name).read_text()
        (roster / name).write_text(text.replace(old, new, 1))
    notes, refusal = told_before_refusing(roster, tmp_path)
    table = "\n".join(notes)
    assert "courses.csv row 1" in table and "title" in table
    assert "results.csv row 3  score" in table
    assert f"./dev manage import_oneroster {roster} --dry-run" in refusal
    assert not User.objects.exists() and not RosterImport.objects.exists()


def test_a_single_problem_is_counted_as_one(
    db: None, keystore: Path, roster: Path, tmp_path: Path
) -> None:
    (roster / "manifest.csv").unlink()
    notes, refusal = told_before_refusing(roster, tmp_path)
    assert notes[1].startswith("manifest.csv")
    assert "It has 1 problem; " in refusal


@pytest.mark.slow
def test_the_demo_makes_no_template_where_nothing_passes(
    db: None, keystore: Path, roster: Path, tmp_path: Path
) -> None:
    call_command("create_key")
    with pytest.raises(CommandError, match="No final result is 'Foo'"):
        call_command(
            "run_demo",
            roster=roster,
            passing="Foo",
            passwords_to=tmp_path / "kept",
            stdout=StringIO(),
        )
    assert not CredentialTemplate.objects.filter(slug__endswith="-completion").exists()
