"""What the rows of a file would award, compared with learners and awards that there are."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final
from unicodedata import combining, normalize
from uuid import UUID

from issuer.models import Batch, Credential
from registrar.models import Award, AwardFile, AwardFileRow, Learner, Revision
from registrar.models.awards import OVER
from registrar.models.learners import full_name
from registrar.readers.award_records import AwardRecord, Checked, CheckedRow
from registrar.readers.problems import excerpt
from registrar.readers.records import Problem, Severity
from registrar.services.awarding import award_file_people
from registrar.services.college import roles
from registrar.services.deciding import eligibility
from registrar.services.deciding.eligibility import OCCASION_LENGTH
from registrar.services.learners import same_people

Outcome = AwardFileRow.Outcome
Duplicates = AwardFile.Duplicates

# Where learners come from whom only a file of awards has named.
SOURCE: Final = same_people.AWARD_FILE
# The problem that names the number of somebody on record.
MISTYPED: Final = "mistyped_number"


@dataclass(slots=True)
class PlannedRow:
    """What becomes of a row: nobody is awarded by one that is wrong, or issued already."""

    number: int
    outcome: Outcome
    problems: Sequence[Problem]
    record: AwardRecord | None = None
    learner: int | None = None
    occasion: str = ""
    generation: int = 1
    replaces: int | None = None

    @property
    def awards(self) -> bool:
        """Whether somebody is awarded by it."""
        return self.outcome in AwardFileRow.AWARDING

    @property
    def adds_a_person(self) -> bool:
        """Whether it awards somebody who is not on record yet."""
        return self.awards and self.learner is None

    @property
    def waits(self) -> bool:
        """Whether it is left out for a batch that nobody has decided on."""
        return self.outcome == Outcome.ALREADY and any(
            each.code == _WAITS[0] for each in self.problems
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would award, row by row."""

    rows: Sequence[PlannedRow]
    problems: Sequence[Problem] = ()
    days: Mapping[str, str] = field(default_factory=dict)
    read_as: Sequence[str] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Rows by outcome; those with warnings but no error, those without either (`ok`).

        `people` are those that award somebody who is not on record yet, `waiting` those of
        `already` whose learner is in a batch that nobody has decided on.
        """
        by_outcome = Counter(str(row.outcome) for row in self.rows)
        warned = sum(bool(row.problems) and row.outcome != Outcome.WRONG for row in self.rows)
        wrong = by_outcome[Outcome.WRONG]
        counts = {str(outcome): by_outcome[outcome] for outcome in Outcome.values}
        people = sum(row.adds_a_person for row in self.rows)
        ok = len(self.rows) - warned - wrong
        waiting = sum(row.waits for row in self.rows)
        return counts | {"warned": warned, "ok": ok, "people": people, "waiting": waiting}

    @property
    def fingerprint(self) -> str:
        """Stands for exactly these awards."""
        said = [
            (row.number, row.outcome, row.record, row.learner, row.occasion, row.replaces)
            for row in self.rows
            if row.awards
        ]
        return sha256(repr(said).encode()).hexdigest()

    @property
    def is_fatal(self) -> bool:
        """Whether the file cannot be read at all."""
        return any(problem.severity == "fatal" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class _Former:
    """An award of the same template that the learner has."""

    pk: int
    learner: int
    occasion: str
    generation: int
    state: str
    replaced_by: int | None

    @property
    def is_over(self) -> bool:
        return self.state in OVER


def compare(
    checked: Checked,
    *,
    revision: Revision,
    today: date,
    duplicates: str,
    columns: Mapping[str, str],
    file: str = "",
    file_id: UUID | None = None,
    known: Mapping[str, list[Learner]] | None = None,
    meant: Mapping[int, Learner] | None = None,
) -> Plan:
    """Compare right rows with what there is. Writes nothing; few queries whatever the size.

    `known` has the learners who are on record by the number or key in a row. Where `meant` says
    by the rows' numbers who is meant, names and addresses tell nothing more.
    """
    records = [row.record for row in checked.rows if row.record is not None]
    planner = _Planner(
        records, revision, today, duplicates, columns, file, file_id, known or {}, meant or {}
    )
    return Plan([planner.planned(row) for row in checked.rows], checked.problems, checked.days)


class _Planner:
    """What is known of all rows' learners and awards."""

    def __init__(
        self,
        records: Sequence[AwardRecord],
        revision: Revision,
        today: date,
        duplicates: str,
        columns: Mapping[str, str],
        file: str,
        file_id: UUID | None,
        known: Mapping[str, list[Learner]],
        meant: Mapping[int, Learner],
    ) -> None:
        self._columns, self._file, self._file_id = columns, file, file_id
        self._revision, self._today = revision, today
        self._duplicates = duplicates
        self._meant = meant
        told = [record for record in records if record.row not in meant]
        self._known = known
        unknown = [record for record in told if record.number not in known]
        self._addresses = award_file_people.by_address({each.email.lower() for each in unknown})
        self._namesakes = award_file_people.by_name(set(map(_name_of, unknown)))
        people = {learner.pk for record in told for learner in known.get(record.number, ())}
        people |= {learner.pk for learner in meant.values()}
        self._former = _former(revision.template_id, people)
        self._rows: dict[tuple[int, str], int] = {}
        self._of_pilot = _of_pilot(revision)

    def planned(self, row: CheckedRow) -> PlannedRow:
        problems = list(row.problems)
        record = row.record
        wrong = PlannedRow(row.number, Outcome.WRONG, problems)
        if (meant := self._meant.get(row.number)) is not None:
            wrong.learner = meant.pk
        if record is None:
            return wrong
        learner = self._learner(record, problems)
        if self._of_pilot is not None and (learner is None or learner.pk not in self._of_pilot):
            self._note(problems, record, "number", *_NOT_OF_PILOT)
        lapses = self._revision.last_day(record.awarded_on or self._today)
        if record.valid_until is None and lapses is not None and lapses < self._today:
            self._note(problems, record, "awarded_on", *_LAPSED)
        is_wrong = any(problem.severity == "error" for problem in problems)
        if is_wrong or self._is_second(record, learner, problems):
            return wrong
        planned = PlannedRow(row.number, Outcome.NEW, problems, record)
        planned.occasion = _occasion(record)
        if learner is not None:
            planned.learner = learner.pk
            self._settle(planned, record, problems)
        return planned

    def _is_second(
        self, record: AwardRecord, learner: Learner | None, problems: list[Problem]
    ) -> bool:
        """Whether another row means the same learner, by another key."""
        if learner is None:
            return False
        first = self._rows.setdefault((learner.pk, record.occasion), record.row)
        if first != record.row:
            self._note(problems, record, "number", *_second(first))
        return first != record.row

    def _learner(self, record: AwardRecord, problems: list[Problem]) -> Learner | None:
        """Who is meant, as far as they are known; what speaks against it is noted."""
        if (meant := self._meant.get(record.row)) is not None:
            if meant.retired_at is not None:
                self._note(problems, record, "number", *_WITHDRAWN)
            return meant
        known = self._known.get(record.number, [])
        present = [learner for learner in known if learner.retired_at is None]
        if known and not present:
            self._note(problems, record, "number", *_WITHDRAWN)
        elif not known:
            self._doubt(record, problems)
        elif len(present) > 1:
            same = [each for each in present if _likeness(each, record) == 2]
            if len(same) == 1:
                said = _one_of_several(same[0], len(present))
                self._note(problems, record, "number", *said, severity="warning")
            else:
                self._note(problems, record, "number", *_SEVERAL)
            present = same
        if not present:
            return None
        self._compare(present[0], record, problems)
        return present[0]

    def _doubt(self, record: AwardRecord, problems: list[Problem]) -> None:
        """Whether somebody whose number nobody knows seems to be on record with another one."""
        if record.email.lower() in self._addresses:
            self._note(problems, record, "email", *_ADDRESS_OF_ANOTHER)
            return
        namesakes = self._namesakes.get(_name_of(record), [])
        numbers = map(award_file_people.number_of, namesakes)
        like = [each for each in numbers if award_file_people.is_a_slip(each, record.number)]
        if like:
            self._note(problems, record, "number", *_mistyped(like[0]), severity="warning")
        elif namesakes:
            self._note(problems, record, "number", *_SAME_NAME, severity="warning")

    def _compare(self, learner: Learner, record: AwardRecord, problems: list[Problem]) -> None:
        likeness = _likeness(learner, record)
        if likeness == 0:
            self._note(problems, record, "family_name", *_OTHER_NAME)
        elif likeness == 1:
            self._note(problems, record, "family_name", *_NAME_DIFFERS, severity="warning")
        said = record.email.casefold()
        if learner.email and said and learner.email.casefold() != said:
            self._note(problems, record, "email", *_OTHER_ADDRESS, severity="warning")

    def _settle(self, planned: PlannedRow, record: AwardRecord, problems: list[Problem]) -> None:
        """Whether the learner has the credential already, and what then is done."""
        former = self._former.get(planned.learner or 0, [])
        in_force = [
            each
            for each in former
            if not each.is_over and (not record.occasion or each.occasion == planned.occasion)
        ]
        if not in_force:
            self._go_on_from(planned, former)
            return
        held = max(in_force, key=lambda each: each.pk)
        followers = _followers(held, former)
        can_be_replaced = held.state not in _SAID and _are_over(followers)
        if self._duplicates == Duplicates.ALLOW:
            planned.outcome = Outcome.AGAIN
            planned.occasion = f"{planned.occasion or 'file'}:{self._file_id}"[:OCCASION_LENGTH]
        elif self._duplicates == Duplicates.REPLACE and can_be_replaced:
            planned.outcome, planned.occasion = Outcome.REPLACE, held.occasion
            same = (each.generation for each in former if each.occasion == held.occasion)
            planned.generation, planned.replaces = max(same) + 1, [held, *followers][-1].pk
        else:
            planned.outcome = Outcome.ALREADY
            said = _SAID.get(held.state, _ALREADY)
            self._note(problems, record, "number", *said, severity="warning")

    def _go_on_from(self, planned: PlannedRow, former: Collection[_Former]) -> None:
        """The next generation, where a former award of the same occasion is over."""
        same = [each for each in former if each.occasion == planned.occasion]
        if same:
            newest = max(same, key=lambda each: each.generation)
            planned.generation = newest.generation + 1
            followers = _followers(newest, former)
            planned.replaces = [newest, *followers][-1].pk if _are_over(followers) else None

    def _note(
        self,
        problems: list[Problem],
        record: AwardRecord,
        name: str,
        code: str,
        reason: str,
        fix: str,
        *,
        severity: Severity = "error",
    ) -> None:
        value = excerpt(str(getattr(record, name)))
        column = self._columns.get(name, "")
        problems.append(Problem(self._file, record.row, column, value, code, reason, fix, severity))


_LAPSED = (
    "over_already",
    "Awarded on this day, it would not be valid any more when it is issued.",
    "Write a later day, or until when it is valid.",
)
_WITHDRAWN = (
    "learner_withdrawn",
    "This learner has left the college.",
    "Check the number; nobody is awarded who is no longer in the records.",
)
_NOT_OF_PILOT = (
    "not_of_pilot",
    "This credential is a pilot, and this learner takes part in no class of its unit.",
    "Leave the row out; when the pilot is over, everybody can be awarded.",
)
_ADDRESS_OF_ANOTHER = (
    "email_of_another",
    "A learner of another number has this address.",
    "Write this learner's own address and number.",
)
_SAME_NAME = (
    "same_name",
    "Nobody has this number, and somebody of exactly this name is on record with another one.",
    "Check the number. Nothing, if they are two people: a new one is added.",
)
_SEVERAL = (
    "several_learners",
    "Several learners have this number, and the names do not tell which is meant.",
    "Write the name as it is in the records; or the key of one, `sis:<source>:<sourcedId>`. If "
    "they are one person, have it said at the desk that the numbers of both systems are the "
    "college's own (“Feeds”), and of them that they are one (“Same people”).",
)
_OTHER_NAME = (
    "other_name",
    "The learner of this number has another name.",
    "Check the number and the name.",
)
_NAME_DIFFERS = (
    "name_differs",
    "The records spell this learner's name otherwise; they are what the credential goes by.",
    "Nothing, if it is the same person; a new name is recorded where the records are kept.",
)
_OTHER_ADDRESS = (
    "other_email",
    "The records have another address for this learner, and that one is used.",
    "Nothing, if it is the same person; a new address is recorded where the records are kept.",
)
_ALREADY = (
    "already_issued",
    "This learner has the credential already, so that the row is left out.",
    "Nothing; or have such credentials replaced, or one more issued.",
)
_WAITS = (
    "already_prepared",
    "A batch that waits for approval awards this learner already; the row is left out.",
    "Nothing; or decline that batch first.",
)
_COMING = (
    "being_issued",
    "This learner's credential is approved and not signed yet; the row is left out.",
    "Nothing; or wait until it is issued, then read the file again to replace it.",
)
# What cannot be replaced yet.
_SAID: Final[Mapping[str, tuple[str, str, str]]] = {
    Batch.State.PREPARED: _WAITS,
    Credential.State.REQUESTED: _COMING,
}


def _second(first: int) -> tuple[str, str, str]:
    return (
        "duplicate_row",
        f"Line {first} awards the same learner.",
        "Remove one of the two rows.",
    )


def _one_of_several(learner: Learner, count: int) -> tuple[str, str, str]:
    return (
        same_people.SHARED_NUMBER,
        f"{count} learners have this number; it is the one of this name, learner {learner.pk} of "
        f"{learner.source}.",
        "Check that it is who is meant. To name one of them, write its key, "
        "`sis:<source>:<sourcedId>`.",
    )


def _mistyped(number: str) -> tuple[str, str, str]:
    return (
        MISTYPED,
        f"Nobody has this number, and somebody of exactly this name has {number}.",
        f"Write {number}. Nothing, if they are two people: a new one is added.",
    )


def _of_pilot(revision: Revision) -> set[int] | None:
    """Who may be awarded by a pilot; None for a revision that is none."""
    if revision.pilot_unit_id is None:
        return None
    return eligibility.learning_in(roles.below([revision.pilot_unit_id]))


def _former(template: UUID, learners: Collection[int]) -> dict[int, list[_Former]]:
    found: defaultdict[int, list[_Former]] = defaultdict(list)
    if learners:
        made = Award.objects.filter(template=template, learner__in=learners).with_state()
        for pk, learner, occasion, generation, state, replaced_by in made.order_by(
            "pk"
        ).values_list("pk", "learner", "occasion", "generation", "state", "replaced_by"):
            found[learner].append(_Former(pk, learner, occasion, generation, state, replaced_by))
    return found


def _followers(held: _Former, former: Iterable[_Former]) -> list[_Former]:
    """Those that follow it in its chain, the next first."""
    by_key = {each.pk: each for each in former}
    found: list[_Former] = []
    newest = held
    while newest.replaced_by is not None:
        newest = by_key[newest.replaced_by]
        found.append(newest)
    return found


def _are_over(awards: Iterable[_Former]) -> bool:
    return all(each.is_over for each in awards)


def _name_of(record: AwardRecord) -> award_file_people.Name:
    return award_file_people.name_of(record.given_name, record.family_name)


def _occasion(record: AwardRecord) -> str:
    return f"occasion:{record.occasion}"[:OCCASION_LENGTH] if record.occasion else ""


def _likeness(learner: Learner, record: AwardRecord) -> int:
    """2 for the same name, 1 where one of two is the same, 0 for another; nameless go by number.

    What a row does not say of a name is not compared.
    """
    theirs = full_name(
        learner.given_name if record.given_name else "",
        learner.family_name if record.family_name else "",
    )
    said = full_name(record.given_name, record.family_name)
    if not theirs or _plain(theirs) == _plain(said):
        return 2
    words = set(map(_plain, theirs.split()))
    return 1 if words & set(map(_plain, said.split())) else 0


def _plain(name: str) -> str:
    """The letters of a name without marks and case."""
    apart = normalize("NFKD", name.casefold())
    return "".join(sign for sign in apart if not combining(sign) and sign.isalnum())
