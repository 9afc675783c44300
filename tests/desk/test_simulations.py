"""Rules are tried at the desk, and everybody is told why they meet one or do not."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from issuer.pages import thing_url
from registrar import tasks
from registrar.models import Award, Learner, Revision, Simulation
from registrar.services.deciding import simulations
from registrar.services.drafting import templates
from tests.cast import College
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db

EXAM = {"score": {"course": "BIO 101", "category": "Exam", "at_least": 60}}


@pytest.fixture
def stricter(
    college: College, cells: Revision, ada: Learner, ben: Learner, clara: User
) -> Revision:
    """A draft that asks for an exam on top, which Ben has nearly passed."""
    exam = college.assess(college.offering, "Exam")
    for learner, score in ((ada, 70), (ben, 58)):
        college.enrol(learner)
        college.grade(learner, "Pass")
        college.grade(learner, score=score, on=exam)
    draft = templates.revise(cells.template, by=clara)
    return templates.edit(draft, by=clara, rule={"all": [cells.rule, EXAM]})


def test_a_rule_is_tried_on_a_term_and_every_number_leads_to_its_people(
    college: College, stricter: Revision, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    assert "Try the rule" in text(client.get(thing_url(stricter)))
    address = reverse("admin:registrar_revision_simulate", args=[stricter.pk])
    assert "Spring 2026" in text(client.get(address))
    answer = client.post(address, {"terms": [college.term.pk]})
    simulation = Simulation.objects.get()
    assert answer["Location"] == thing_url(simulation)
    page = text(client.get(answer["Location"]))
    assert "tried on Spring 2026" in page
    counts = ("would be awarded", 1), ("of them newly", 0), ("no longer", 1), ("would not", 1)
    for words, number in counts:
        assert f"<strong>{number}</strong><span>{words}</span>" in page
    assert "at least 60 is needed: 2 short" in page
    assert "Ada" in text(client.get(answer["Location"], {"show": "met"}))
    assert "Nobody of that name" in text(client.get(answer["Location"], {"q": "Zoe"}))
    sheet = client.get(
        reverse("admin:registrar_simulation_csv", args=[simulation.pk]), {"show": "lost"}
    )
    header, line = b"".join(sheet).decode().removeprefix("\ufeff").splitlines()
    assert header == "number,given name,family name,class,reasons"
    assert line.startswith("1002,") and "2 short" in line
    assert "Spring 2026" in text(client.get(address))
    assert not Award.objects.exists()


def test_of_what_takes_long_the_bar_is_shown_until_it_is_done(
    college: College,
    stricter: Revision,
    clara: User,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    monkeypatch.setattr(simulations, "AT_ONCE", 1)
    rung: list[str] = []
    monkeypatch.setattr(tasks.simulate, "delay", rung.append)
    client = signed_in(clara)
    address = reverse("admin:registrar_revision_simulate", args=[stricter.pk])
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post(address)["Location"]
    waiting = text(client.get(page))
    assert 'max="4" value="0"' in waiting and "of 4 steps done" in waiting
    tasks.simulate(*rung)
    assert "<strong>1</strong><span>would be awarded" in text(client.get(page))
    assert "tried on everything there is" in text(client.get(page))


def test_what_is_not_there_cannot_be_chosen(
    stricter: Revision, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:registrar_revision_simulate", args=[stricter.pk])
    assert "There is something to mend" in text(client.post(address, {"terms": ["x"]}))
    assert not Simulation.objects.exists()


def test_a_learner_is_told_why_not_from_their_page_and_from_the_template(
    college: College, stricter: Revision, ben: Learner, clara: User, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    templates.approve(templates.submit(stricter, by=clara), by=dev)
    why = reverse("admin:registrar_learner_why", args=[ben.pk, stricter.pk])
    assert f'<option value="{stricter.pk}">Cells' in text(client.get(thing_url(ben)))
    ask = reverse("admin:registrar_learner_ask", args=[ben.pk])
    assert client.get(ask, {"revision": stricter.pk})["Location"] == why
    assert client.get(ask, {"revision": "x"})["Location"] == thing_url(ben)
    page = text(client.get(why))
    assert "The rule is not met" in page
    assert "All of these are asked for: 1 of 2 holds" in page
    assert "at least 60 is needed: 2 short" in page
    template = stricter.template
    of_template = reverse("admin:registrar_credentialtemplate_why", args=[template.pk])
    assert of_template in text(client.get(thing_url(template)))
    assert client.get(of_template, {"q": "1002"})["Location"] == why
    assert "Nobody of that name" in text(client.get(of_template, {"q": "Zoe"}))
    several = text(client.get(of_template, {"q": "100"}))
    assert "Ada Byron" in several and why in several
    ada = Learner.objects.get(number="1001")
    met = text(client.get(reverse("admin:registrar_learner_why", args=[ada.pk, stricter.pk])))
    assert "The rule is met in Cells, spring 2026" in met
