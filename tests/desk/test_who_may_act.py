"""What is done with templates, awards, batches and credentials is refused to who may not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from issuer.models import Batch, Credential, LedgerEntry
from issuer.pages import thing_url
from registrar.models import Award, AwardFile, Correction, Learner, Revision, Role, Simulation
from registrar.services.awarding import award_files
from registrar.services.awarding.chosen_awards import Common
from registrar.services.awarding.learner_choices import Choice
from tests.cast import College, member_of_staff

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

REGISTRAR, APPROVER, CHAIR = Role.Kind.REGISTRAR, Role.Kind.APPROVER, Role.Kind.CHAIR


@pytest.fixture
def deeds(
    college: College,
    workshop: Revision,
    draft: Revision,
    adas_credential: Credential,
    adas_award: Award,
    ada: Learner,
    clara: User,
) -> dict[str, tuple[str, dict[str, Any]]]:
    """By what it does an address and what is sent there."""

    def page(name: str, *keys: Any) -> str:
        return reverse(f"admin:{name}", args=keys)

    def acts(thing: Any, **names: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
        return {
            f"{name} {thing._meta.model_name}": (
                thing_url(thing),
                {"act": name, "reason": "So it is.", "confirmed": "on", **said},
            )
            for name, said in names.items()
        }

    kept = award_files.choose(
        Choice(learners=(ada.pk,)), template=workshop.template, by=clara, common=Common()
    )
    award_files.look(kept)
    what = {"template": workshop.template_id, "duplicates": "skip"}
    file = SimpleUploadedFile("people.csv", b"a,b\n1,2\n")
    return {
        "begin a template": (
            page("registrar_credentialtemplate_draft"),
            {"slug": "x", "unit": college.science.pk, "name": "X", "language": "en"},
        ),
        "edit a draft": (
            page("registrar_revision_edit", draft.pk),
            {"name": "Another", "language": "en"},
        ),
        "build a rule": (page("registrar_revision_rule", draft.pk), {"do": "keep", "count": "0"}),
        "fill in results": (
            page("registrar_revision_results", draft.pk),
            {"do": "keep", "count": "0"},
        ),
        "try a rule": (page("registrar_revision_simulate", adas_award.revision_id), {}),
        "award": (page("registrar_award_evaluate", adas_award.revision_id), {"do": "prepare"}),
        "take a file": (page("registrar_awardfile_take"), {"file": file, **what}),
        "choose learners": (
            page("registrar_awardfile_choose"),
            {"do": "award", "listed": ada.number, **what},
        ),
        "list learners": (
            page("registrar_awardfile_choose"),
            {"do": "csv", "listed": ada.number, **what},
        ),
        "settle a file": (page("registrar_awardfile_settings", kept.pk), {"duplicates": "allow"}),
        "mend a file": (page("registrar_awardfile_mend", kept.pk), {"cell_1_0": "9"}),
        "correct a learner": (
            page("registrar_learner_correct", ada.pk),
            {"given_name": "Ada", "family_name": "King", "email": ada.email, "reason": "So it is."},
        ),
        "reschedule a batch": (
            page("issuer_batch_reschedule", adas_award.batch_id),
            {"begins_at": "2030-01-01T00:00"},
        ),
        "schedule a batch": (
            page("issuer_batch_schedule", adas_award.batch_id),
            {"begins_at": "2030-01-01T00:00"},
        ),
        **acts(kept, prepare={}, discard={}),
        **acts(workshop.template, revise={}, promote={}),
        **acts(draft, submit={}, approve={}, send_back={}),
        **acts(workshop, retire={}),
        **acts(adas_award, award_again={}),
        **acts(
            adas_award.batch,
            revoke_all={},
            cancel={},
            pause={},
            issue_now={},
            decline={},
            approve={},
        ),
        **acts(adas_credential, revoke={}, suspend={}, correct={}, reinstate={}),
    }


def told() -> list[Any]:
    """What there is that such deeds would change."""
    return [
        LedgerEntry.objects.exclude(act__endswith="refused").count(),
        [model.objects.count() for model in (Award, Batch, AwardFile, Correction, Simulation)],
        list(Revision.objects.order_by("pk").values_list("name", "state", "rule")),
        list(Learner.objects.order_by("pk").values_list("family_name", flat=True)),
        list(AwardFile.objects.values_list("state", "duplicates")),
    ]


def refused(client: Client, deeds: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, int]:
    """The answer to each deed; none of them may change anything."""
    answers = {}
    for name, (address, said) in deeds.items():
        before = told()
        answer = client.post(address, said)
        answers[name] = answer.status_code
        assert told() == before, name
        if answer.status_code == 302:
            assert "/admin/login/" in answer["Location"] or name == "mend a file", name
    return answers


def test_who_has_no_right_to_anything_of_it_is_sent_away(
    deeds: Any, chen: User, fay: User, olu: User, signed_in: Callable[[User], Client]
) -> None:
    for person in (chen, olu):
        answers = refused(signed_in(person), deeds)
        # Who looks after batches may see them, and no more.
        seen = {"cancel batch", "pause batch", "issue_now batch"} if person == olu else set()
        wrong = {name for name, status in answers.items() if status != 403}
        assert wrong <= seen, person.username
    assert set(refused(signed_in(fay), deeds).values()) == {302}
    assert set(refused(Client(), deeds).values()) == {302}


def test_who_approves_does_not_prepare_draft_or_correct(
    deeds: Any, dev: User, signed_in: Callable[[User], Client]
) -> None:
    own = {"try a rule", "approve revision", "send_back revision", "retire revision"}
    own |= {name for name in deeds if name.endswith(" batch")}
    answers = refused(
        signed_in(dev), {name: deed for name, deed in deeds.items() if name not in own}
    )
    assert {name for name, status in answers.items() if status != 403} == set()


def test_staff_of_another_unit_change_nothing(
    deeds: Any, college: College, root: User, signed_in: Callable[[User], Client]
) -> None:
    for kind in (REGISTRAR, APPROVER, CHAIR):
        person = member_of_staff(root, f"arts-{kind}", kind, college.arts)
        answers = refused(signed_in(person), {k: v for k, v in deeds.items() if k not in OPEN})
        assert set(answers.values()) <= {200, 302, 403, 404, 409, 422}, kind


# What reads the records of the whole college and changes nothing.
OPEN = {"list learners"}
