"""The people of the stories, and the small college in which they are played.

Ada and Ben learn. Clara is registrar staff and Dev approves; Fay teaches in the science department
and Chen is its chair; Olu runs the service. `sis` is a system that reads the API. What is laid here
is laid in the order of this file (groundwork.py): first what most tests begin with.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application
from rest_framework.test import APIClient

from config.celery import app
from issuer.models import Batch, Chunk, Credential, SigningKey
from issuer.services import batches, credentials, institutions, keys
from registrar.models import (
    Award,
    Enrolment,
    Learner,
    LearningOpportunity,
    LearningOutcome,
    LineItem,
    Offering,
    OrganizationUnit,
    Result,
    Revision,
    Term,
    TokenProof,
)
from registrar.services.awarding import awards, composition, successions
from registrar.services.college import api_clients, people
from registrar.services.deciding.facts import COMPLETED
from registrar.services.drafting import templates
from registrar.services.marking.results import GRADED
from skills.models import Framework, Skill
from tests import groundwork
from tests.issuer import badges

SIS = "sis"
SECRET = "correct horse battery staple, forty bytes"
PASSED = {
    "final_result": {
        "course": "BIO 101",
        "category": "Module result",
        "one_of": ["Pass", "Distinction"],
    }
}
FINAL = {
    "name": "Module result",
    "result_type": "LetterGrade",
    "allowed_value": ["Fail", "Pass", "Distinction"],
    "required_value": "Pass",
    "source": {"course": "BIO 101", "category": "Module result"},
}

EXERCISE = {
    "name": "Closing exercise",
    "result_type": "Percent",
    "value_min": "0",
    "value_max": "100",
}


@dataclass
class College:
    """A college with a science and an arts department; science teaches BIO 101 this spring."""

    top: OrganizationUnit
    science: OrganizationUnit
    arts: OrganizationUnit
    term: Term
    course: LearningOpportunity
    offering: Offering
    final: LineItem
    outcome: LearningOutcome
    skills: list[Skill]
    numbered: int = 0

    def number(self) -> int:
        """One that nothing else has."""
        self.numbered += 1
        return self.numbered

    def term_named(self, title: str, *, starts_on: date, ends_on: date) -> Term:
        """Another term."""
        return Term.objects.create(
            source=SIS, sourced_id=title, title=title, starts_on=starts_on, ends_on=ends_on
        )

    def course_named(self, code: str, *, kind: str = "course") -> LearningOpportunity:
        """Another course, or an activity, of the science department."""
        return LearningOpportunity.objects.create(
            kind=kind, source=SIS, sourced_id=code, code=code, title=code, unit=self.science
        )

    def offer(self, opportunity: LearningOpportunity, sourced_id: str = "") -> Offering:
        """Another offering, of any course or activity."""
        sourced_id = sourced_id or f"offering-{self.number()}"
        return Offering.objects.create(
            source=SIS,
            sourced_id=sourced_id,
            opportunity=opportunity,
            title=sourced_id,
            term=self.term,
        )

    def assess(self, offering: Offering, category: str, title: str = "") -> LineItem:
        """Another line item."""
        return LineItem.objects.create(
            source=SIS,
            sourced_id=f"item-{self.number()}",
            offering=offering,
            category=category,
            title=title or category,
        )

    def enrol(self, learner: Learner, offering: Offering | None = None) -> Enrolment:
        """Let somebody take part; in BIO 101 unless told otherwise."""
        return Enrolment.objects.create(
            source=SIS,
            sourced_id=f"enrolment-{self.number()}",
            offering=offering or self.offering,
            learner=learner,
            begins_on=date(2026, 1, 12),
            ends_on=date(2026, 5, 15),
        )

    def grade(
        self,
        learner: Learner,
        text: str = "",
        *,
        on: LineItem | None = None,
        score: Decimal | int | None = None,
        status: str = GRADED,
        outcome: LearningOutcome | None = None,
        dated: date = date(2026, 5, 15),
    ) -> Result:
        """Give a result; the final one of BIO 101 unless told otherwise."""
        return Result.objects.create(
            source=SIS,
            sourced_id=f"result-{self.number()}",
            line_item=on or self.final,
            learner=learner,
            outcome=outcome,
            status=status,
            text=text,
            score=score,
            dated=dated,
        )

    def complete(self, learner: Learner, activity: LearningOpportunity) -> Result:
        """Note that somebody has done an activity."""
        offering = activity.offerings.first() or self.offer(activity)
        return self.grade(learner, COMPLETED, on=self.assess(offering, "Completion"))

    def supersede(self, result: Result, text: str) -> Result:
        """Correct a result."""
        Result.objects.filter(pk=result.pk).update(superseded_at=timezone.now())
        return Result.objects.create(
            source=result.source,
            sourced_id=result.sourced_id,
            line_item=result.line_item,
            learner=result.learner,
            status=result.status,
            text=text,
            dated=result.dated,
        )


@groundwork.laid
def root(db: None) -> User:
    """The administrator."""
    return people.add_administrator("root", password="a quite long password")


@groundwork.laid
def college(root: User) -> College:
    """The small college, set up as an institution; nobody has learned anything yet."""
    institutions.set_up(by=root, name="Small College", url="https://college.example")
    top = people.add_unit("Small College", sourced_id=people.INSTITUTION, by=root)
    science = people.add_unit("Science", sourced_id="sci", parent=top, by=root)
    term = Term.objects.create(
        source=SIS,
        sourced_id="26S",
        title="Spring 2026",
        starts_on=date(2026, 1, 12),
        ends_on=date(2026, 5, 15),
    )
    course = LearningOpportunity.objects.create(
        kind="course",
        source=SIS,
        sourced_id="bio-101",
        code="BIO 101",
        title="Cells",
        unit=science,
        credits=Decimal(3),
    )
    offering = Offering.objects.create(
        source=SIS,
        sourced_id="bio-101-26S",
        opportunity=course,
        title="Cells, spring 2026",
        term=term,
    )
    return College(
        top=top,
        science=science,
        arts=people.add_unit("Arts", sourced_id="art", parent=top, by=root),
        term=term,
        course=course,
        offering=offering,
        final=LineItem.objects.create(
            source=SIS,
            sourced_id="bio-101-26S-final",
            offering=offering,
            category="Module result",
            title="Final result",
        ),
        outcome=LearningOutcome.objects.create(
            opportunity=course, code="BIO101-1", statement="Draw a cell from observation."
        ),
        skills=_skills(),
    )


def _skills() -> list[Skill]:
    framework = Framework.objects.create(
        identifier="5f7d3b3c-5a0c-4d0e-9a75-6f6a3c1a0b01",
        uri="https://college.example/frameworks/1",
        title="What our graduates can do",
        is_own=True,
    )
    return [
        Skill.objects.create(
            framework=framework,
            identifier=f"5f7d3b3c-5a0c-4d0e-9a75-6f6a3c1a0b1{number}",
            uri=f"https://college.example/skills/{number}",
            code=f"S-{number}",
            label=label,
            statement=f"The graduate can {label.lower()}.",
            kind=Skill.Kind.SKILL,
        )
        for number, label in enumerate(["Observe", "Draw", "Explain"])
    ]


def member_of_staff(root: User, username: str, kind: str, unit: OrganizationUnit | None) -> User:
    """Somebody with one role, fresh from the database so that no permission is cached."""
    person = people.add_person(
        username, given_name=username.title(), family_name="Example", by=root
    )
    people.give_role(person, kind, unit, by=root)
    return User.objects.get(pk=person.pk)


@groundwork.laid
def clara(college: College, root: User) -> User:
    """Registrar staff."""
    return member_of_staff(root, "clara", "registrar", college.top)


@groundwork.laid
def dev(college: College, root: User) -> User:
    """The approver, who may not approve what he wrote himself."""
    return member_of_staff(root, "dev", "approver", college.top)


@pytest.fixture
def sis(college: College, root: User) -> APIClient:
    """A student information system that is signed in to the API."""
    application, _ = api_clients.add("Student information system", by=root)
    return signed_in(application)


def signed_in(application: Application) -> APIClient:
    """A client of the API with a token for everything that the application may do."""
    token = AccessToken.objects.create(
        application=application,
        token="token-of-the-tests",
        scope=" ".join(django_settings.API_SCOPES),
        expires=timezone.now() + timedelta(hours=1),
    )
    # Whatever becomes of its secret.
    TokenProof.objects.create(token=token, proof=f"{api_clients.BY_KEY}of the tests")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token.token}")
    return client


@groundwork.laid
def draft(college: College, clara: User) -> Revision:
    """Clara's draft of a credential for everyone who passes BIO 101; it is complete."""
    return templates.draft(
        "cells",
        unit=college.science,
        by=clara,
        name="Cells",
        description="Knows what a cell is made of.",
        criteria="Passes BIO 101.",
        human_code="BIO 101",
        kind="course",
        credit="credit",
        credits=Decimal(3),
        assessment="mixed",
        result_descriptions=[FINAL],
        rule=PASSED,
        skills=college.skills[:2],
    )


@groundwork.laid
def cells(draft: Revision, clara: User, dev: User) -> Revision:
    """The same, approved by Dev."""
    return templates.approve(templates.submit(draft, by=clara), by=dev)


@groundwork.laid
def workshop(college: College, clara: User, dev: User) -> Revision:
    """An approved template without a rule: whoever is in a file is awarded."""
    draft = templates.draft(
        "workshop",
        unit=college.science,
        by=clara,
        name="Workshop",
        description="Was at the workshop from beginning to end.",
        criteria="Presence, as noted by its leader.",
        hours=Decimal(6),
        assessment="attendance",
        evidence_rule="optional",
        result_descriptions=[EXERCISE],
        includes_name=True,
        skills=college.skills[:1],
    )
    return templates.approve(templates.submit(draft, by=clara), by=dev)


def held(template: str) -> dict[str, Any]:
    """The rule that a credential is held."""
    return {"credential": {"template": template}}


@groundwork.laid
def naturalist(
    college: College, cells: Revision, workshop: Revision, clara: User, dev: User
) -> Revision:
    """Two of three credentials make it; the third is not awarded so far."""
    birds = templates.draft("birds", unit=college.science, by=clara, name="Birds")
    draft = templates.draft(
        "naturalist",
        unit=college.science,
        by=clara,
        name="Naturalist",
        description="Knows nature.",
        criteria="Two of three credentials.",
        hours=Decimal(60),
        assessment="parts",
        skills=college.skills[:1],
        rule={"at_least": 2, "of": [held("cells"), held("workshop"), held("birds")]},
    )
    assert birds.template.slug == "birds"
    return templates.approve(templates.submit(draft, by=clara), by=dev)


@groundwork.laid
def ada(db: None) -> Learner:
    """A learner."""
    return _learner("Ada", "Byron", "1001")


@groundwork.laid
def ben(db: None) -> Learner:
    """Another learner, of whom nobody may learn anything through Ada."""
    return _learner("بن", "العلي", "1002")


def _learner(given_name: str, family_name: str, number: str) -> Learner:
    return Learner.objects.create(
        source=SIS,
        sourced_id=f"stu-{number}",
        number=number,
        given_name=given_name,
        family_name=family_name,
        email=f"{number}@college.example",
    )


@groundwork.laid
def fay(college: College, root: User) -> User:
    """Teaches BIO 101."""
    person = member_of_staff(root, "fay", "faculty", college.science)
    college.offering.teachers.add(person)
    return person


@groundwork.laid
def chen(college: College, root: User) -> User:
    """The chair of science."""
    return member_of_staff(root, "chen", "chair", college.science)


@groundwork.laid
def olu(college: College, root: User) -> User:
    """The operator."""
    return member_of_staff(root, "olu", "operator", None)


@groundwork.laid
def adas_batch(college: College, cells: Revision, ada: Learner, clara: User) -> Batch:
    """Ada has passed with Distinction, and Clara has prepared a batch of one for her."""
    college.enrol(ada)
    college.grade(ada, "Distinction")
    batch = awards.prepare(awards.evaluate(cells, at=timezone.now()), by=clara)
    assert batch is not None
    return batch


@groundwork.laid
def adas_award(adas_batch: Batch) -> Award:
    """What Ada is awarded in it."""
    return Award.objects.get(batch=adas_batch)


def issue(batch: Batch) -> None:
    """What the workers do with an approved batch, in this process."""
    while chunk := batches.claim(Chunk.State.APPROVED, batch=batch):
        found = Award.objects.filter(batch=batch, position__range=(chunk.first, chunk.last))
        credentials.request(chunk, composition.compose(found))
    badges.sign_all(batch)
    while successions.settle_some():
        pass


@contextmanager
def keystore_in(folder: Path) -> Iterator[Path]:
    """A keystore in this folder, open in this process as it is in the signer's."""
    secret = folder / "keystore_secret"
    secret.write_text(SECRET)
    secret.chmod(0o400)
    keys = folder / "keys"
    with override_settings(KEYSTORE_DIR=str(keys), KEYSTORE_SECRET_FILE=str(secret)):
        yield keys


@pytest.fixture
def keystore(tmp_path: Path) -> Iterator[Path]:
    """An empty keystore."""
    with keystore_in(tmp_path) as folder:
        yield folder


@dataclass(frozen=True)
class Sealed:
    """A key, and the file in which its secret half lies sealed."""

    key: SigningKey
    file: bytes

    def put_into(self, folder: Path) -> None:
        """Put the file where there is none."""
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{self.key.handle}.json"
        if not path.exists():
            path.write_bytes(self.file)
            path.chmod(0o600)


@contextmanager
def at_hand(sealed: Sealed) -> Iterator[None]:
    """While something is signed for tests that follow, the key lies in a keystore of its own."""
    with TemporaryDirectory() as folder, keystore_in(Path(folder)) as keys:
        sealed.put_into(keys)
        yield


def seal(by: User) -> Sealed:
    """Somebody makes the key of the college."""
    with TemporaryDirectory() as folder, keystore_in(Path(folder)) as keystore:
        key = keys.activate(keys.create(did=django_settings.ISSUER_DID, by=by), by=by)
        return Sealed(key, (keystore / f"{key.handle}.json").read_bytes())


@groundwork.laid
def sealed(college: College, root: User) -> Sealed:
    """What the small college signs with, and how it lies in a keystore."""
    return seal(root)


@pytest.fixture
def key(keystore: Path, sealed: Sealed) -> SigningKey:
    """What the small college signs with."""
    sealed.put_into(keystore)
    return sealed.key


@groundwork.laid
def issued_to_ada(sealed: Sealed, adas_batch: Batch, adas_award: Award, dev: User) -> Credential:
    """Her credential, which Dev has approved: signed and released."""
    with at_hand(sealed):
        issue(awards.approve(adas_batch, by=dev))
    return Credential.objects.get(pk=adas_award.credential_id)


@pytest.fixture
def adas_credential(key: SigningKey, issued_to_ada: Credential) -> Credential:
    """The same, and the key it was signed with is in the keystore."""
    return issued_to_ada


def award_ada(revision: Revision, sealed: Sealed, clara: User, dev: User) -> Award:
    """What she has earned by her results is awarded and issued."""
    batch = awards.prepare(awards.evaluate(revision, at=timezone.now()), by=clara)
    assert batch is not None
    with at_hand(sealed):
        issue(awards.approve(batch, by=dev))
    return Award.objects.get(batch=batch)


@groundwork.laid
def licensed(
    sealed: Sealed, college: College, draft: Revision, ada: Learner, clara: User, dev: User
) -> Credential:
    """Another credential of Ada's, of a template that lets it be suspended."""
    templates.edit(draft, by=clara, status_purpose="suspension")
    revision = templates.approve(templates.submit(draft, by=clara), by=dev)
    college.enrol(ada)
    college.grade(ada, "Pass")
    award = award_ada(revision, sealed, clara, dev)
    return Credential.objects.get(pk=award.credential_id)


@pytest.fixture
def adas_licence(key: SigningKey, licensed: Credential) -> Credential:
    """The same, and the key it was signed with is in the keystore."""
    return licensed


@groundwork.laid
def yearly(draft: Revision, clara: User, dev: User) -> Revision:
    """What is earned in BIO 101 holds for a year."""
    says: dict[str, Any] = {"valid_for": 12, "renewal": "By passing BIO 101 again."}
    templates.edit(draft, by=clara, evidence_rule="optional", **says)
    return templates.approve(templates.submit(draft, by=clara), by=dev)


@groundwork.laid
def held_for_a_year(
    sealed: Sealed, yearly: Revision, college: College, ada: Learner, clara: User, dev: User
) -> Award:
    """Ada's award of it, issued."""
    college.grade(ada, "Pass")
    return award_ada(yearly, sealed, clara, dev)


@pytest.fixture
def adas_yearly(key: SigningKey, held_for_a_year: Award) -> Award:
    """Ada holds one, and the key it was signed with is in the keystore."""
    return held_for_a_year


@pytest.fixture
def at_once() -> Iterator[None]:
    """Rings are answered on the spot."""
    app.conf.task_always_eager = True
    app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = False
    app.conf.task_eager_propagates = False
