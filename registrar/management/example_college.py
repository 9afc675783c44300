"""Load the built-in example college through the same services that people use."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from issuer.models import Batch, Institution
from issuer.services import institutions, status
from registrar import tasks
from registrar.example import files
from registrar.management.drawn import DrawnSecrets
from registrar.management.example_teaching import ExampleTeaching
from registrar.models import (
    Award,
    CredentialTemplate,
    Learner,
    LearningOpportunity,
    OrganizationUnit,
    OutcomeSet,
    Programme,
    Result,
    Revision,
    RosterImport,
)
from registrar.services.awarding import awards, withdrawals
from registrar.services.college import people, uploads
from registrar.services.drafting import templates
from registrar.services.feeding import rosters
from registrar.services.marking import participation
from registrar.services.teaching import catalog, outcome_sets, programmes
from registrar.services.vocabularies import vocabulary
from skills.models import Framework, Skill

ADMINISTRATOR = "admin"
REGISTRAR = "ingrid.solheim"
APPROVER = "celeste.marchetti"
# The page on which each role begins its day.
STARTS = {"faculty": "/teach/"}
# The awards of this template are left for somebody to evaluate and prepare by hand.
LEFT_OVER = "arc-welding"
# A batch of this template is left for the approver to look at.
WAITING = "peer-tutor"
# Awards of this template that have lapsed are withdrawn.
LAPSED = "programming-fundamentals"
REASON = "The mark was another learner's. It has been put right, and the course is not passed."
GENERAL_EDUCATION = "AAC&U VALUE rubrics"
RETIRED = "The syllabus of 2025 is no longer taught."


@dataclass(frozen=True)
class Part:
    """A part of the example; loading what is missing of it returns how much there is."""

    name: str
    load: Callable[[], int]


class ExampleCollege:
    """Loads what is missing and leaves alone what is there, whatever people have made of it."""

    def __init__(self, drawn: DrawnSecrets, *, is_sandbox: bool = False) -> None:
        self._drawn = drawn
        self._is_sandbox = is_sandbox
        self._college = files.read("college.json")
        self._templates = files.read("templates.json")
        self.source: str = self._college["institution"]["roster_source"]

    @property
    def parts(self) -> list[Part]:
        """All parts, each of which needs those before it; the first brings the people."""
        return [
            Part("institution and people", self.load_people),
            Part("skills", self.load_skills),
            Part("courses and learners", self.load_roster),
            Part("outcomes and activities", self.load_catalogue),
            Part("outcome sets", self.load_outcome_sets),
            Part("programmes", self.load_programmes),
            Part("results", self.load_results),
            Part("skill tags", lambda: self.teaching.tag()),
            Part("courses by term", lambda: self.teaching.map_courses()),
            Part("marks by hand", lambda: self.teaching.mark()),
            Part("questions to people outside", lambda: self.teaching.ask_outside()),
            Part("templates", self.load_templates),
            Part("awards of the example", self.award),
            Part("corrected results", self.load_corrections),
        ]

    # People

    @property
    def administrator(self) -> User:
        """Who may do everything but decide on their own work."""
        return User.objects.get(username=ADMINISTRATOR)

    @property
    def registrar(self) -> User:
        """Who prepares."""
        return User.objects.get(username=REGISTRAR)

    @property
    def approver(self) -> User:
        """Who decides."""
        return User.objects.get(username=APPROVER)

    @property
    def sign_ins(self) -> list[dict[str, str]]:
        """As whom one can sign in: role, user name, password, and where to start."""
        return [
            _sign_in(role, username, self._drawn.password(username))
            for role, username in self._ranked()
        ]

    @property
    def standing_sign_ins(self) -> list[dict[str, str]]:
        """The same of who is there, as far as the password that was drawn opens; draws none."""
        ranked, found = self._ranked(), []
        active = User.objects.filter(is_active=True, username__in=[name for _, name in ranked])
        there = active.in_bulk(field_name="username")
        for role, username in ranked:
            password, person = self._drawn.get(username), there.get(username)
            if password and person and person.check_password(password):
                found.append(_sign_in(role, username, password))
        return found

    def _ranked(self) -> list[tuple[str, str]]:
        """Everybody's role and user name: one of each role first, then their colleagues."""
        found = [("administrator", ADMINISTRATOR)]
        found += [
            (person["roles"][0]["role"], person["username"]) for person in self._college["staff"]
        ]
        ranks = ["registrar", "approver", "faculty", "chair", "operator", "administrator"]
        firsts = {role: username for role, username in reversed(found)}
        return sorted(found, key=lambda each: (firsts[each[0]] != each[1], ranks.index(each[0])))

    def load_people(self) -> int:
        """The institution, its units, and everybody who can sign in."""
        self._load_administrator()
        if not Institution.objects.exists():
            self._load_institution()
        if self._is_sandbox and not institutions.is_sandbox():
            institutions.set_up(by=self.administrator, is_sandbox=True)
        for unit in self._college["units"]:
            people.add_unit(
                unit["name"],
                by=self.administrator,
                source=self.source,
                sourced_id=unit["sourced_id"],
                parent=self._unit(unit["parent"]) if unit["parent"] else None,
                code=unit["code"],
                kind=unit["kind"],
            )
        for person in self._college["staff"]:
            self._load_person(person)
        return len(self._college["staff"]) + 1

    def _load_administrator(self) -> None:
        is_new = self._drawn.get(ADMINISTRATOR) is None
        password = self._drawn.password(ADMINISTRATOR)
        person = User.objects.filter(username=ADMINISTRATOR).first()
        if person is None:
            people.add_administrator(ADMINISTRATOR, password=password)
        elif not person.is_superuser:
            raise CommandError("There is an admin who is no administrator. Use an empty database.")
        elif is_new:
            people.set_password(person, password, by=person)

    def _load_institution(self) -> None:
        said = self._college["institution"]
        address = said["address"]
        institutions.set_up(
            by=self.administrator,
            name=said["name"],
            url=said["url"],
            email=said["email"],
            street_address=address["street_address"],
            locality=address["address_locality"],
            region=address["address_region"],
            postal_code=address["postal_code"],
            country_code=address["address_country"],
            logo=(files.FOLDER / said["logo"]).read_text(),
        )

    @transaction.atomic
    def _load_person(self, said: dict[str, Any]) -> None:
        is_new = self._drawn.get(said["username"]) is None
        password = self._drawn.password(said["username"])
        person = User.objects.filter(username=said["username"]).first()
        if person is not None:
            if is_new:
                people.set_password(person, password, by=self.administrator)
            return
        given_name, _, family_name = said["display_name"].rpartition(" ")
        person = people.add_person(
            said["username"],
            by=self.administrator,
            given_name=given_name,
            family_name=family_name,
            email=said["email"],
            password=password,
        )
        for role in said["roles"]:
            people.give_role(person, role["role"], self._unit(role["unit"]), by=self.administrator)

    def _unit(self, code: str) -> OrganizationUnit:
        return OrganizationUnit.objects.get(source=self.source, code=code)

    # What is learned, and by whom

    def load_skills(self) -> int:
        """The college's own framework."""
        if not Framework.objects.filter(is_own=True).exists():
            reading = vocabulary.plan(
                (files.FOLDER / "framework.json").read_bytes(), file_name="framework.json"
            )
            vocabulary.apply(reading, by=self.registrar, source="framework.json", is_own=True)
            vocabulary.load_known_names(by=self.registrar)
        return Skill.objects.filter(framework=self._framework).count()

    @property
    def _framework(self) -> Framework:
        identifier = files.read("framework.json")["CFDocument"]["identifier"]
        return Framework.objects.get(identifier=identifier)

    def load_outcome_sets(self) -> int:
        """General education: any course can take up its outcomes."""
        shared = Framework.objects.filter(title=GENERAL_EDUCATION).first()
        if shared is not None and not OutcomeSet.objects.exists():
            outcome_sets.make(shared, by=self.registrar, title="General education")
        return OutcomeSet.objects.count()

    def load_roster(self) -> int:
        """Courses, learners and results, before there are outcomes for them to speak of."""
        self._apply("roster", times=1)
        return Learner.objects.filter(source=self.source).count()

    def load_results(self) -> int:
        """The same roster again, now that the outcomes of which it has results are known."""
        self._apply("roster", times=2)
        return Result.objects.current().filter(learner__source=self.source).count()

    def load_corrections(self) -> int:
        """Results put right after the awards were made, and the awards that follow from them."""
        self._apply("roster_corrections", times=1)
        return self.award()

    def _apply(self, name: str, *, times: int) -> None:
        path = files.FOLDER / name
        applied = RosterImport.objects.filter(
            state=RosterImport.State.APPLIED, sha256=uploads.digest(path)
        )
        if applied.count() < times:
            read = rosters.read(path, by=self.registrar, file_name=name)
            rosters.apply(read, by=self.registrar)

    def load_catalogue(self) -> int:
        """What courses and activities are about, their outcomes, and who took part."""
        said = files.read("outcomes.json")
        for course in said["courses"]:
            self._load_opportunity(self._course(course), course)
        activities = {each["code"]: each for each in files.read("activities.json")["activities"]}
        for named in said["activities"]:
            activity = self._load_activity(activities[named["activity"]])
            self._load_opportunity(activity, named)
        return sum(len(each["outcomes"]) for part in said.values() for each in part)

    @transaction.atomic
    def _load_opportunity(self, opportunity: LearningOpportunity, said: dict[str, Any]) -> None:
        if opportunity.outcomes.exists():
            return
        known: Any = {name: said[name] for name in ("description", "credit") if name in said}
        known |= {name: _number(said[name]) for name in ("credits", "hours") if name in said}
        catalog.describe(opportunity, by=self.registrar, **known)
        outcomes = {each["code"]: each["statement"] for each in said["outcomes"]}
        catalog.record_outcomes(
            opportunity, outcomes, by=self.registrar, term=self.teaching.first_term
        )

    @transaction.atomic
    def _load_activity(self, said: dict[str, Any]) -> LearningOpportunity:
        activity = catalog.add_activity(
            said["code"],
            title=said["title"],
            unit=self._unit(said["unit"]),
            by=self.registrar,
            description=said["description"],
            credit=said["credit"],
            hours=_number(said["hours"]),
        )
        if not activity.offerings.exists():
            learners = {
                learner.sourced_id: learner
                for learner in Learner.objects.filter(source=self.source)
            }
            parts = [_participation(part, learners) for part in said["participants"]]
            participation.record(activity, parts, by=self.registrar)
        return activity

    def load_programmes(self) -> int:
        """Which courses lead somewhere together."""
        if not Programme.objects.exists():
            sheet = (files.FOLDER / "programmes.csv").read_bytes()
            plan = programmes.plan(sheet, since=None, by=self.registrar)
            programmes.apply(sheet, since=None, fingerprint=plan.fingerprint, by=self.registrar)
        return Programme.objects.count()

    def _course(self, said: dict[str, Any]) -> LearningOpportunity:
        return LearningOpportunity.objects.get(source=self.source, sourced_id=said["sourced_id"])

    @property
    def teaching(self) -> ExampleTeaching:
        """What its faculty do."""
        return ExampleTeaching(self.source, self._framework, self.registrar)

    # What is awarded

    @property
    def slugs(self) -> list[str]:
        """The example's templates."""
        return [said["slug"] for said in self._templates["templates"]]

    @property
    def file_template(self) -> str:
        """The template whose credentials are issued from a file of rows."""
        return str(self._templates["file_template"])

    def load_templates(self) -> int:
        """The templates, each as far on its way as it is said to be."""
        for said in self._templates["templates"]:
            if not CredentialTemplate.objects.filter(slug=said["slug"]).exists():
                self._load_template(said)
        return CredentialTemplate.objects.filter(slug__in=self.slugs).count()

    @transaction.atomic
    def _load_template(self, said: dict[str, Any]) -> None:
        author = User.objects.get(username=said["author"])
        skills = {skill.code: skill for skill in self._framework.skills.all()}
        wording = {name: said[name] for name in templates.WORDING if name in said}
        wording |= {name: _number(said.get(name)) for name in ("credits", "hours")}
        # Their ids in the file are for the reader; the real ones are drawn.
        wording["result_descriptions"] = [
            {name: value for name, value in each.items() if name != "id"}
            for each in said["result_descriptions"]
        ]
        revision = templates.draft(
            said["slug"],
            unit=self._unit(said["unit"]),
            by=author,
            skills=[skills[code] for code in said["skills"]],
            levels={skills[code].pk: how for code, how in said.get("skill_levels", {}).items()},
            **wording,
        )
        if said["state"] != Revision.State.DRAFT:
            templates.submit(revision, by=author)
        if said["approver"]:
            templates.approve(revision, by=User.objects.get(username=said["approver"]))

    def award(self) -> int:
        """Award whoever has earned something and was not awarded yet; how many that are.

        The awards of one template are left over, to be tried by hand.
        """
        given = (said for said in self._templates["templates"] if said["slug"] != LEFT_OVER)
        return sum(map(self._award, given))

    @transaction.atomic
    def _award(self, said: dict[str, Any]) -> int:
        revision = self._approved(said["slug"])
        if revision is None:
            return 0
        evaluation = awards.evaluate(revision, at=timezone.now())
        batch = awards.prepare(evaluation, by=User.objects.get(username=said["author"]))
        if said["state"] == Revision.State.RETIRED:
            templates.retire(revision, by=self.approver, reason=RETIRED)
        if batch is None:
            return 0
        if said["slug"] != WAITING:
            awards.approve(batch, by=self.approver)
            tasks.freeze_soon(batch)
        return batch.count

    def _approved(self, slug: str) -> Revision | None:
        return Revision.objects.filter(template__slug=slug, state=Revision.State.APPROVED).first()

    @property
    def unissued(self) -> list[Batch]:
        """Its approved batches that the workers have still to issue."""
        batches = Award.objects.filter(template__slug__in=self.slugs).values("batch")
        return list(Batch.objects.filter(pk__in=batches, state=Batch.State.APPROVED))

    def withdraw_lapsed(self) -> int:
        """Withdraw what the corrected results no longer bear out; how many awards that were.

        Those of one template alone: what else has lapsed is left for the registrar to find.
        """
        revision = self._approved(LAPSED)
        if revision is None:
            return 0
        lapsed = [
            award
            for award in awards.evaluate(revision, at=timezone.now()).lapsed
            if award.batch.state == Batch.State.ISSUED
            and status.state_of(award.credential) != "revoked"
        ]
        for award in lapsed:
            withdrawals.withdraw(award, by=self.registrar, reason=REASON)
        return len(lapsed)


def _sign_in(role: str, username: str, password: str) -> dict[str, str]:
    start = STARTS.get(role, "/admin/")
    return {"role": role, "username": username, "password": password, "start": start}


def _participation(
    said: dict[str, Any], learners: dict[str, Learner]
) -> participation.Participation:
    return participation.Participation(
        learner=learners[said["learner"]],
        state=participation.State(said["state"]),
        started_on=_date(said.get("started_on")),
        ended_on=_date(said.get("ended_on")),
        hours=_number(said.get("hours")),
    )


def _number(said: str | float | None) -> Decimal | None:
    return None if said is None else Decimal(str(said))


def _date(said: str | None) -> date | None:
    return None if said is None else date.fromisoformat(said)
