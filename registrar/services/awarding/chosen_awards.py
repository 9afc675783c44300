"""Awards of learners who were chosen by what is on record: their rows, and what becomes of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from registrar.errors import ImportRefused
from registrar.models import AwardFile, AwardFileRow, Learner, Revision
from registrar.readers import award_cells
from registrar.readers.award_cells import Flaw
from registrar.readers.award_columns import LABELS, PERSON, ResultField
from registrar.readers.award_records import AwardRecord, Checked, CheckedRow
from registrar.readers.loose_sheet import MAX_ROWS
from registrar.readers.records import Problem, Severity
from registrar.services.awarding import award_file_plan, award_results, learner_choices
from registrar.services.awarding.award_file_plan import Plan
from registrar.services.awarding.learner_choices import Choice

# What the rows show of a learner, under these names.
COLUMNS: Final = {name: LABELS[name].capitalize() for name in PERSON}

_NO_LONGER_FITS: Final = (
    "no_longer_fits",
    "What is on record of this learner has changed: it is not what was asked for any more.",
    "Nothing; the learner is left out. Or choose learners anew.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What the credentials of all who were chosen say, and for colleagues why they were."""

    awarded_on: date | None = None
    valid_until: date | None = None
    evidence_link: str = ""
    evidence_text: str = ""
    why: str = ""

    def as_data(self) -> dict[str, str]:
        """What is said, as JSON data."""
        return {name: str(said) for name, said in asdict(self).items() if said}

    @classmethod
    def from_data(cls, data: dict[str, str]) -> "Common":
        """What `as_data` wrote."""
        days = {
            name: date.fromisoformat(data[name])
            for name in ("awarded_on", "valid_until")
            if name in data
        }
        return cls(**data | days)  # type: ignore[arg-type] # days take the place of their texts


def demand(common: Common, revision: Revision, *, today: date) -> None:
    """Raise ImportRefused, naming all that credentials of this revision cannot say."""
    wrong = [*_wrong_days(common, today), *_wrong_evidence(common, revision)]
    if wrong:
        raise ImportRefused(" ".join(wrong))


def rows(award_file: AwardFile) -> list[AwardFileRow]:
    """A row for each learner who fits, not stored. Raises ImportRefused for nobody or too many."""
    choice = Choice.from_data(award_file.chosen["choice"])
    learners = list(learner_choices.find(choice)[: MAX_ROWS + 1])
    if not learners:
        raise ImportRefused("No learner fits. Ask for less.")
    if len(learners) > MAX_ROWS:
        raise ImportRefused(f"More than {MAX_ROWS:,} learners fit. Choose them in parts.")
    return [
        AwardFileRow(
            file=award_file,
            number=number,
            cells=[learner.number, learner.given_name, learner.family_name, learner.email],
            outcome=AwardFileRow.Outcome.WRONG,
            learner=learner,
        )
        for number, learner in enumerate(learners, start=1)
    ]


def kept(award_file: AwardFile, *, only: Collection[int] = ()) -> dict[int, int]:
    """Which learner each row is about, by its number; of all rows or these, if not left out."""
    rows = award_file.rows.exclude(outcome=AwardFileRow.Outcome.LEFT).order_by("number")
    if only:
        rows = rows.filter(number__in=only)
    return dict(rows.values_list("number", "learner"))


def plan(
    award_file: AwardFile,
    meant: Mapping[int, int],
    *,
    revision: Revision,
    carried: Sequence[ResultField],
    today: date,
    tell: Callable[[int], None] | None = None,
) -> Plan:
    """What would become of rows about these learners, by the rows' numbers. Writes nothing.

    `carried` are the results that the credentials carry.
    """
    choice = Choice.from_data(award_file.chosen["choice"])
    people = Learner.objects.in_bulk(set(meant.values()))
    fitting = set(learner_choices.find(choice).values_list("pk", flat=True))
    common = Common.from_data(award_file.chosen["common"])
    results = _results(choice, revision)
    checked = []
    for at, (number, pk) in enumerate(meant.items()):
        row = CheckedRow(number, ())
        if pk in fitting or people[pk].retired_at is not None:
            row.record = _record(number, people[pk], common, results(pk))
            row.problems += _short_of(row.record, carried)
        else:
            problem = Problem("", number, "", people[pk].number, *_NO_LONGER_FITS, "error")
            row.problems.append(problem)
        checked.append(row)
        if tell is not None and at % 500 == 0:
            tell(at)
    return award_file_plan.compare(
        Checked(checked),
        revision=revision,
        today=today,
        duplicates=award_file.duplicates,
        columns=COLUMNS,
        file_id=award_file.pk,
        meant={number: people[pk] for number, pk in meant.items()},
    )


def reasons(award_file: AwardFile) -> list[str]:
    """Why somebody is awarded who was chosen."""
    why = award_file.chosen["common"].get("why", "")
    return [f"Chosen by what is on record: {award_file.chosen['told']}", *filter(None, [why])]


def _record(
    number: int, learner: Learner, common: Common, results: tuple[tuple[str, str], ...]
) -> AwardRecord:
    return AwardRecord(
        row=number,
        number=learner.number or learner.sourced_id,
        given_name=learner.given_name,
        family_name=learner.family_name,
        email=learner.email,
        awarded_on=common.awarded_on,
        valid_until=common.valid_until,
        evidence_link=common.evidence_link,
        evidence_text=common.evidence_text,
        results=results,
    )


def _short_of(record: AwardRecord, carried: Sequence[ResultField]) -> list[Problem]:
    """Which results are less than what is needed, or not on record."""
    said = dict(record.results)
    found = []
    for field in carried:
        value = said.get(field.id, "")
        severity: Severity = "error" if value else "warning"
        if value:
            flaw = award_cells.too_low(value, field)
        else:
            flaw = award_cells.unsaid_result(field) if field.required else None
        if flaw is not None:
            problem = ("", record.row, "", value, flaw.code, flaw.reason, flaw.fix, severity)
            found.append(Problem(*problem))
    return found


def _results(choice: Choice, revision: Revision) -> Callable[[int], tuple[tuple[str, str], ...]]:
    """By learner the results that the credential carries, of the classes that were asked for."""
    is_somewhere = choice.offering or choice.opportunity or choice.programme or choice.term
    offerings = list(learner_choices.classes(choice)) if is_somewhere else None
    known = award_results.of(revision, offerings)
    return lambda learner: tuple(
        (each["description"], each["value"]) for each in known(learner, choice.offering)
    )


def _wrong_days(common: Common, today: date) -> list[str]:
    wrong = []
    if common.awarded_on is not None and common.awarded_on > today:
        wrong.append("The award date is yet to come.")
    if common.valid_until is not None and common.valid_until < today:
        wrong.append("The last day of validity has passed.")
    return wrong


def _wrong_evidence(common: Common, revision: Revision) -> list[str]:
    said = {"evidence_link": common.evidence_link, "evidence_text": common.evidence_text}
    given = {name: text for name, text in said.items() if text}
    if given and revision.evidence_rule == Revision.Evidence.NONE:
        return ["By its template this credential carries no evidence. Leave it out."]
    if not given and revision.evidence_rule == Revision.Evidence.REQUIRED:
        return ["By its template each of these credentials carries evidence. Write what it is."]
    flaws: dict[str, Flaw | None] = {
        name: award_cells.unseen(text)
        or (award_cells.link if name == "evidence_link" else award_cells.wording)(text)
        for name, text in given.items()
    }
    return [
        f"{LABELS[name].capitalize()}: {flaw.reason} {flaw.fix}"
        for name, flaw in flaws.items()
        if flaw is not None
    ]
