"""Commands with which a college, or the example of one, begins."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from issuer.errors import DidIsFixed
from issuer.models import Batch, Institution
from registrar.management import example_college
from registrar.management.drawn import DrawnSecrets
from registrar.models import (
    Award,
    Comment,
    Confirmation,
    ConfirmedOutcome,
    CredentialTemplate,
    Learner,
    LearningOpportunity,
    Mapping,
    OrganizationUnit,
    OutcomeSet,
    Result,
    Revision,
    SkillTag,
)
from registrar.services.awarding import awards, completions
from registrar.services.drafting import templates
from tests.cast import College

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

PASSWORD = "four words and a horse"
SETUP: dict[str, Any] = {"name": "Small College", "url": "https://college.example", "admin": "ann"}


def run(command: str, **options: Any) -> str:
    told = StringIO()
    call_command(command, stdout=told, **options)
    return told.getvalue()


def test_setup_makes_an_institution_that_somebody_can_operate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    told = run("setup", **SETUP, email="office@college.example")
    assert PASSWORD not in told
    assert Institution.objects.get().email == "office@college.example"
    ann = User.objects.get(username="ann")
    assert ann.is_superuser
    assert ann.check_password(PASSWORD)
    assert ann.roles.get().kind == "operator"
    assert OrganizationUnit.objects.get().name == "Small College"


def test_setup_can_be_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    run("setup", **SETUP)
    monkeypatch.setenv("ADMIN_PASSWORD", "some other long password")
    run("setup", **SETUP | {"name": "Larger College"})
    assert Institution.objects.get().name == "Larger College"
    assert User.objects.get().check_password(PASSWORD)
    assert OrganizationUnit.objects.count() == 1


def test_setup_reads_the_password_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    monkeypatch.setenv("ADMIN_PASSWORD_FILE", str(path))
    run("setup", **SETUP)
    assert User.objects.get().check_password(PASSWORD)


def test_setup_says_when_there_is_no_file_with_the_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD_FILE", str(tmp_path / "password"))
    with pytest.raises(CommandError, match=r"There is no file .*/password\."):
        run("setup", **SETUP)
    assert not User.objects.exists()


def test_setup_asks_for_the_password_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([PASSWORD, "a typing error", PASSWORD, PASSWORD])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    with pytest.raises(CommandError, match="differ"):
        run("setup", **SETUP)
    run("setup", **SETUP)
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.usefixtures("adas_credential")
def test_setup_says_that_the_did_is_fixed_once_there_are_credentials(root: User) -> None:
    with pytest.raises(CommandError, match=DidIsFixed.__doc__):
        run("setup", **SETUP | {"admin": root.username}, did="did:web:other.example")


def test_setup_refuses_a_weak_password_and_a_wrong_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "short")
    with pytest.raises(CommandError, match="12 characters"):
        run("setup", **SETUP)
    assert not User.objects.exists()
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="URL"):
        run("setup", **SETUP | {"url": "college"})


def test_courses_of_a_roster_are_awarded_once(
    college: College, clara: User, dev: User, ada: Any, ben: Any
) -> None:
    college.grade(ada, "Pass")
    college.grade(ben, "Fail")
    options = {"source": "sis", "author": "clara", "approver": "dev"}
    assert "BIO 101 Cells: 1 awarded" in run("award_courses", **options)
    assert "BIO 101 Cells: 0 awarded" in run("award_courses", **options)
    assert Award.objects.get().learner == ada


def test_awarding_courses_says_what_is_missing(
    college: College, clara: User, dev: User, ada: Any
) -> None:
    college.grade(ada, "Pass")
    options = {"source": "sis", "author": "clara", "approver": "dev"}
    with pytest.raises(CommandError, match="no courses"):
        run("award_courses", **options | {"source": "elsewhere"})
    with pytest.raises(CommandError, match="names no result"):
        run("award_courses", **options, passing=" , ")
    with pytest.raises(CommandError, match="nobody"):
        run("award_courses", **options | {"author": "zoe"})
    with pytest.raises(CommandError, match="roles"):
        run("award_courses", **options | {"author": "dev", "approver": "clara"})


def test_awarding_courses_says_which_results_there_are_when_none_passes(
    college: College, clara: User, dev: User, ada: Any, ben: Any
) -> None:
    college.grade(ada, "Pass")
    college.grade(ben, "Merit")
    options = {"source": "sis", "author": "clara", "approver": "dev"}
    with pytest.raises(CommandError, match="'Pass' 1, 'Merit' 1"):
        run("award_courses", **options, passing="Foo")
    assert not CredentialTemplate.objects.exists()
    assert "'Pass' differs from 'pass'" in run("award_courses", **options, passing="pass,Merit")


def test_courses_with_similar_ids_get_templates_of_their_own() -> None:
    names = [("a-b", "c"), ("a", "b-c"), ("a", "B-C"), ("a", "b c"), ("a" * 90, "b"), ("-", "ب")]
    slugs = {
        completions.slug(LearningOpportunity(source=source, sourced_id=sourced_id))
        for source, sourced_id in names
    }
    assert len(slugs) == len(names)
    assert max(map(len, slugs)) <= 100


def test_awarding_courses_leaves_alone_what_somebody_has_in_work(
    college: College, clara: User, dev: User, ada: Any
) -> None:
    college.grade(ada, "Pass")
    name = completions.slug(college.course)
    draft = templates.draft(name, unit=college.science, by=clara, name="Half")
    options = {"source": "sis", "author": "clara", "approver": "dev"}
    with pytest.raises(CommandError, match=f"{name} is in work"):
        run("award_courses", **options)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_awarding_courses_keeps_to_the_approved_revision_while_a_newer_one_is_in_work(
    college: College, clara: User, dev: User, ada: Any, ben: Any
) -> None:
    college.grade(ada, "Pass")
    options = {"source": "sis", "author": "clara", "approver": "dev"}
    run("award_courses", **options)
    draft = templates.revise(CredentialTemplate.objects.get(), by=clara)
    college.grade(ben, "Pass")
    assert "1 awarded" in run("award_courses", **options, passing="Pass")
    assert set(Award.objects.values_list("revision__number", flat=True)) == {1}
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_what_was_drawn_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "kept"
    drawn = DrawnSecrets(path)
    assert drawn.get("ann") is None
    password = drawn.password("ann")
    assert DrawnSecrets(path).password("ann") == drawn.password("ann") == password
    assert path.stat().st_mode & 0o777 == 0o600
    assert drawn.password("ben") != password


def test_the_example_asks_where_to_keep_passwords(settings: Any) -> None:
    settings.DATA_DIR = None
    with pytest.raises(CommandError, match="--passwords-to"):
        run("load_example")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_example_has_life_on_every_page_and_is_loaded_once(tmp_path: Path) -> None:
    told = run("load_example", passwords_to=tmp_path / "kept", print=True)
    for person in User.objects.all():
        assert person.username in told
        assert person.check_password(DrawnSecrets(tmp_path / "kept").password(person.username))
    assert set(Revision.objects.values_list("state", flat=True)) == set(Revision.State)
    states = set(SkillTag.objects.values_list("state", flat=True))
    assert states == {"proposed", "accepted", "rejected"}
    assert set(Batch.objects.values_list("state", flat=True)) == {"prepared", "approved"}
    assert Learner.objects.count() == 300
    stand = set(Mapping.objects.values_list("state", "is_carried"))
    carried = ("accepted", True)
    assert stand == {carried, *((state, False) for state in Mapping.State.values)}
    assert Mapping.objects.overdue(timezone.now(), after=timedelta(days=7)).count() == 2
    assert set(Confirmation.objects.values_list("state", flat=True)) == {"asked", "answered"}
    answers = set(ConfirmedOutcome.objects.values_list("answer", flat=True))
    assert answers == {"", "yes", "no"}
    assert Result.objects.exclude(marked_by=None).count() == 6
    assert Comment.objects.count() == 2
    assert OutcomeSet.objects.get().title == "General education"

    left_over = Revision.objects.get(template__slug=example_college.LEFT_OVER)
    evaluation = awards.evaluate(left_over, at=timezone.now())
    assert (len(evaluation.awards), evaluation.already) == (21, ())
    assert evaluation.not_met
    waiting = Award.objects.filter(batch__state="prepared").values_list("template__slug", flat=True)
    assert set(waiting) == {example_college.WAITING}

    def everything() -> list[int]:
        kinds = (Award, Batch, Confirmation, Learner, Mapping, Result, Revision, SkillTag, User)
        return [kind.objects.count() for kind in kinds]

    before = everything()
    run("load_example", passwords_to=tmp_path / "kept")
    assert everything() == before
    (tmp_path / "kept").unlink()
    run("load_example", passwords_to=tmp_path / "kept")
    drawn = DrawnSecrets(tmp_path / "kept")
    assert User.objects.get(username="admin").check_password(drawn.password("admin"))
    assert User.objects.get(username="amara.obi").check_password(drawn.password("amara.obi"))


def test_who_can_sign_in_to_the_example_is_told_again_and_nothing_done(tmp_path: Path) -> None:
    kept = tmp_path / "kept"

    def told() -> list[dict[str, Any]]:
        said = run("run_demo", only_tell=True, passwords_to=kept).splitlines()
        return [json.loads(line) for line in said]

    assert told() == []
    assert not kept.exists()
    college = example_college.ExampleCollege(DrawnSecrets(kept))
    college.load_people()
    before = kept.read_text()
    lines = told()
    assert [line["sign_in"] for line in lines if "sign_in" in line] == college.sign_ins
    assert str(kept) in " ".join(line.get("note", "") for line in lines)
    assert "/verify" in [line["address"]["url"] for line in lines if "address" in line]
    admin = User.objects.get(username=example_college.ADMINISTRATOR)
    admin.set_password(PASSWORD)
    admin.save()
    names = [line["sign_in"]["username"] for line in told() if "sign_in" in line]
    assert admin.username not in names and len(names) == len(college.sign_ins) - 1
    assert kept.read_text() == before
