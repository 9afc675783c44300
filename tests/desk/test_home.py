"""What waits for whom."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pgtrigger
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config import waiting
from issuer.errors import KeystoreClosed
from issuer.models import Batch, Chunk, Credential, Institution, SigningKey
from issuer.pages import thing_url
from issuer.services import batches
from registrar.models import Revision, SkillTag
from registrar.services.awarding import awards
from registrar.services.drafting import template_proposals, templates
from registrar.services.teaching import submissions
from tests.cast import issue, member_of_staff
from tests.desk.reading import text

pytestmark = pytest.mark.django_db


def verbs(user: User) -> dict[str, int]:
    return {task.what: task.number for task in waiting.tasks(user)}


def test_the_approver_finds_what_others_handed_in_the_oldest_first(
    adas_batch: Batch, clara: User, dev: User, root: User
) -> None:
    second = templates.revise(Revision.objects.get().template, by=clara)
    templates.submit(second, by=clara)
    assert [task.what for task in waiting.tasks(dev)] == ["batch to approve", "template to approve"]
    assert "batch to approve" not in verbs(clara)


def test_what_one_prepared_oneself_does_not_wait_for_oneself(adas_batch: Batch, root: User) -> None:
    assert verbs(root)["batch to approve"] == 1
    Batch.objects.update(prepared_by=root)
    assert "batch to approve" not in verbs(root)


def test_nobody_is_counted_who_may_not_decide(
    adas_batch: Batch, draft: Revision, college: Any, clara: User, dev: User, root: User
) -> None:
    second = templates.revise(draft.template, by=clara)
    templates.edit(second, by=root, name="Cells, by root")
    templates.submit(second, by=clara)
    arthur = member_of_staff(root, "arthur", "approver", college.arts)
    assert verbs(dev) == {"batch to approve": 1, "template to approve": 1}
    assert verbs(arthur) == {}
    assert "template to approve" not in verbs(root)
    assert verbs(root)["batch to approve"] == 1


def test_a_chair_finds_what_was_submitted_in_their_department_only(
    college: Any, tag: SkillTag, fay: User, chen: User, root: User
) -> None:
    arthur = member_of_staff(root, "arthur", "chair", college.arts)
    assert verbs(chen) == {}
    submissions.carry(college.course, college.term, by=fay)
    assert verbs(chen) == {"course to review": 1}
    assert verbs(fay) == {}
    assert verbs(arthur) == {}


def test_registrar_staff_find_their_own_drafts(draft: Revision, clara: User) -> None:
    assert verbs(clara) == {"draft of yours to finish": 1}


def test_an_operator_is_told_what_is_not_set_up(olu: User) -> None:
    Institution.objects.all().delete()
    assert verbs(olu) == {
        "institution to describe": 1,
        "active signing key is missing": 1,
    }
    assert all(task.is_urgent for task in waiting.tasks(olu))


def test_what_holds_a_batch_up_is_said_until_the_work_goes_on(
    key: Any, adas_batch: Batch, dev: User, olu: User
) -> None:
    awards.approve(adas_batch, by=dev)
    chunk = batches.claim(Chunk.State.APPROVED)
    assert chunk is not None
    batches.give_back(chunk, reason=str(KeystoreClosed()))
    (task,) = waiting.tasks(olu)
    assert task.what == f"batch waits: {KeystoreClosed()}"
    assert (task.number, task.is_urgent, task.url) == (1, True, thing_url(adas_batch))
    issue(adas_batch)
    assert not waiting.tasks(olu)


def test_an_empty_desk_says_so(clara: User, signed_in: Callable[[User], Client]) -> None:
    page = signed_in(clara).get("/admin/").content.decode()
    assert "Nothing waits for you." in page
    assert "No batch has been prepared yet." in page


def test_the_operator_changes_the_profile_and_faults_are_said_at_their_field(
    college: Any, olu: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(olu)
    address = "/admin/issuer/institution/"
    refused = client.post(address, {"name": "", "url": "nowhere"}).content.decode()
    assert "There is something to mend" in refused
    assert "#id_url" in refused
    client.post(address, {"name": "Great College", "url": "https://great.example"})
    assert Institution.objects.get().name == "Great College"


def test_lists_ask_the_database_as_often_for_many_rows_as_for_one(
    addresses: Any,
    root: User,
    signed_in: Callable[[User], Client],
    django_assert_max_num_queries: Any,
) -> None:
    client = signed_in(root)
    for page in ("credentials", "learners", "awards", "results", "batches", "templates"):
        with django_assert_max_num_queries(26):
            client.get(addresses[page])
    # One for each kind of task, three more for what ends (secrets of clients and of feeds, and how
    # long before credentials), and two for in what one had a hand.
    with django_assert_max_num_queries(51):
        client.get(addresses["home"])


def test_home_tells_of_an_old_key_and_of_credentials_that_expire(
    adas_credential: Any, olu: User, clara: User, signed_in: Callable[[User], Client]
) -> None:
    assert "signing key is older than a year" not in verbs(olu)
    SigningKey.objects.update(activated_at=timezone.now() - timedelta(days=400))
    assert "signing key is older than a year" in verbs(olu)
    assert not any("credential ends" in what for what in verbs(clara))
    with pgtrigger.ignore():
        Credential.objects.update(valid_until=timezone.now() + timedelta(days=5))
    assert verbs(clara)["credential ends within 90 days, 1 within 30, 1 within 7"] == 1
    address = reverse("admin:issuer_credential_changelist") + "?expires=soon"
    assert thing_url(adas_credential) in text(signed_in(clara).get(address))


def test_what_faculty_propose_for_a_template_waits_for_the_registrar(
    cells: Revision, fay: User, clara: User, dev: User
) -> None:
    proposal = template_proposals.propose(cells.template, by=fay, reason="Name the microscope.")
    assert verbs(clara)["proposal for a template"] == 1
    assert "proposal for a template" not in verbs(dev)
    template_proposals.decline(proposal, by=clara, reason="It is named already.")
    assert "proposal for a template" not in verbs(clara)
