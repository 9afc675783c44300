"""The main job of `./dev demo`: from rosters to credentials, all decided and approved."""

import shlex
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from django.core.management.base import CommandError
from django.db.models import Q, QuerySet

from issuer.models import Batch, Credential, SecuredDocument, StatusChange
from registrar import tasks
from registrar.management import reports
from registrar.management.example_college import ExampleCollege, Part
from registrar.management.narration import Narrator
from registrar.models import Award, Learner, LearningOpportunity, Offering, Revision
from registrar.readers import oneroster_csv
from registrar.readers.records import Bundle
from registrar.services.awarding import completions, withdrawals
from registrar.services.awarding.completions import Passing
from registrar.services.college import people
from registrar.services.feeding import rosters

# So many are told before the work begins; who has more of them does not read on.
PROBLEMS_SHOWN = 200
REASON = "Revoked to show what verifiers make of it."


class ExampleJob:
    """The example alone. What was decided before is found again, and nothing is decided twice."""

    def __init__(self, college: ExampleCollege) -> None:
        self.college = college

    def run(self, narrator: Narrator) -> None:
        """Load, evaluate, prepare, approve."""
        for part in self.college.parts:
            _load(part, narrator)

    @property
    def learners(self) -> int:
        """How many learners it is about."""
        return Learner.objects.filter(source=self.college.source).count()

    def awards(self) -> QuerySet[Award]:
        """What was awarded and approved, in an order that stays the same."""
        return _decided(Award.objects.filter(template__slug__in=self.college.slugs))

    def revoke(self) -> None:
        """Revoke one credential: the one that a corrected result has undone."""
        if not self.college.withdraw_lapsed():
            _revoke_first(self)


@dataclass(frozen=True)
class _Read:
    """A roster as it was applied, and what stands in it."""

    source: str
    bundle: Bundle


class RosterJob:
    """A roster beside the example: each of its courses completed by the final result."""

    def __init__(self, college: ExampleCollege, path: Path, passing: Passing) -> None:
        self.college = college
        self._path = path
        self._passing = passing
        self._roster: _Read | None = None

    def check(self, narrator: Narrator) -> None:
        """Tell everything that is wrong with the roster, and change nothing.

        Raises CommandError if it cannot be applied.
        """
        with narrator.step("problems in the roster") as step:
            planned = rosters.plan(self._path)
            step.count = planned.problem_count
        if not planned.problems:
            return
        for line in reports.table(map(asdict, planned.problems[:PROBLEMS_SHOWN])):
            narrator.note(line)
        where_to_read = _where_to_read(self._path, planned.problem_count)
        if planned.is_fatal:
            raise CommandError(f"The roster cannot be applied. {where_to_read}")
        if any(count.errors for count in planned.counts.values()):
            narrator.note("Rows with errors are left out, the others go on.")
        narrator.note(where_to_read)

    def run(self, narrator: Narrator) -> None:
        """Load the roster and the example, evaluate, prepare, approve.

        The roster comes first, so that nobody waits for the example to learn what is wrong.
        """
        staff, *others = self.college.parts
        _load(staff, narrator)
        with narrator.step("roster") as step:
            step.count = self._apply()
        completions.require_results(self._offerings(), self._passing)
        for sentence in completions.near_misses(self._offerings(), self._passing):
            narrator.note(sentence)
        for part in others:
            _load(part, narrator)
        with narrator.step("templates of its courses") as step:
            revisions = [self._template(course) for course in self._courses()]
            step.count = len(revisions)
        with narrator.step("awards of the roster") as step:
            batches = [self._award(revision) for revision in revisions]
            step.count = sum(batch.count for batch in batches if batch)

    @property
    def learners(self) -> int:
        """How many learners the roster is about."""
        users = {record.sourced_id for record in self._read.bundle.users}
        found = Learner.objects.filter(source=self._read.source, sourced_id__in=users)
        return found.count()

    def awards(self) -> QuerySet[Award]:
        """What was awarded and approved for the classes of the roster."""
        templates = [completions.slug(course) for course in self._courses()]
        return _decided(
            Award.objects.filter(template__slug__in=templates, offering__in=self._offerings())
        )

    def revoke(self) -> None:
        """Revoke one credential of the roster's."""
        _revoke_first(self)

    @property
    def _read(self) -> _Read:
        if self._roster is None:
            raise RuntimeError("The roster is read when the job runs.")
        return self._roster

    def _apply(self) -> int:
        college = self.college
        planned = rosters.apply(
            rosters.read(self._path, by=college.registrar), by=college.registrar
        )
        self._roster = _Read(planned.source, oneroster_csv.read(self._path))
        for unit in {course.unit for course in self._courses()}:
            people.give_role(college.registrar, "registrar", unit, by=college.administrator)
            people.give_role(college.approver, "approver", unit, by=college.administrator)
        return sum(self._read.bundle.rows.values())

    def _courses(self) -> Iterable[LearningOpportunity]:
        named = {record.sourced_id for record in self._read.bundle.courses}
        held = {record.sourced_id for record in self._read.bundle.classes}
        return (
            LearningOpportunity.objects.filter(
                Q(sourced_id__in=named) | Q(offerings__sourced_id__in=held),
                source=self._read.source,
                kind=LearningOpportunity.Kind.COURSE,
                retired_at=None,
            )
            .select_related("unit")
            .order_by("code")
            .distinct()
        )

    def _offerings(self) -> QuerySet[Offering]:
        held = {record.sourced_id for record in self._read.bundle.classes}
        return Offering.objects.filter(source=self._read.source, sourced_id__in=held)

    def _template(self, course: LearningOpportunity) -> Revision:
        return completions.template_for(
            course, self._passing, author=self.college.registrar, approver=self.college.approver
        )

    def _award(self, revision: Revision) -> Batch | None:
        batch = completions.award(
            revision, author=self.college.registrar, approver=self.college.approver
        )
        if batch is not None:
            tasks.freeze_soon(batch)
        return batch


Job = ExampleJob | RosterJob


def unissued() -> list[Batch]:
    """All approved batches that the workers have still to issue."""
    return list(Batch.objects.filter(state=Batch.State.APPROVED))


def documents(job: Job) -> QuerySet[SecuredDocument]:
    """The signed documents of a job, in an order that stays the same."""
    credentials = job.awards().order_by().values("credential")
    found = SecuredDocument.objects.filter(
        verifiable_credential__credential__in=credentials
    ).whole()
    return found.order_by(
        "verifiable_credential__credential__batch__prepared_at",
        "verifiable_credential__credential__position",
    )


def revoked(job: Job) -> Credential | None:
    """The credential of the job that was revoked first."""
    credentials = job.awards().order_by().values("credential")
    change = (
        StatusChange.objects.filter(
            is_final=True, verifiable_credential__credential__in=credentials
        )
        .select_related("verifiable_credential__credential")
        .first()
    )
    return change.verifiable_credential.credential if change else None


def _load(part: Part, narrator: Narrator) -> None:
    with narrator.step(part.name) as step:
        step.count = part.load()


def _where_to_read(path: Path, problems: int) -> str:
    counted = "1 problem" if problems == 1 else f"{problems:,} problems"
    command = f"./dev manage import_oneroster {shlex.quote(str(path))} --dry-run"
    return f"It has {counted}; this lists all of them: {command}"


def _decided(found: QuerySet[Award]) -> QuerySet[Award]:
    approved = (Batch.State.APPROVED, Batch.State.ISSUED)
    return found.filter(batch__state__in=approved).order_by(
        "template__slug", "learner__sourced_id", "occasion", "generation"
    )


def _revoke_first(job: Job) -> None:
    award = job.awards().first()
    if award is not None:
        withdrawals.withdraw(award, by=job.college.registrar, reason=REASON)
