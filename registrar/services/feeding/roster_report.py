"""Says what is wrong with a roster in the light of what is held, in the words of its source."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from registrar.readers.problems import Problems
from registrar.readers.records import Bundle
from registrar.services.feeding.roster_tables import (
    RESULT_OBJECTIVES,
    SESSIONS,
    USERS,
    Column,
    Table,
)
from registrar.services.feeding.staged_rows import Row, Rows
from registrar.services.learners import same_people
from registrar.services.learners.same_people import OWN_NUMBERS, SHARED_NUMBER, Match, Person


class PlanReport:
    """Gathers the problems of a plan, and how many rows are left out for them."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.problems = Problems()
        self.left_out = Counter[str]()

    def add(self, file: str, *, column: str = "", reason: str, fix: str, **said: Any) -> None:
        """Report a problem; `{column}` in its words is what the column is called there."""
        called = self._bundle.column_names.get((file, column), column)
        self.problems.add(
            self._bundle.file_names.get(file, file),
            column=called,
            reason=reason.replace("{column}", called),
            fix=fix.replace("{column}", called),
            **said,
        )

    def size(self, table: Table, column: Column, row: Row) -> None:
        """A value that has no room in its field."""
        value = row.values[table.columns.index(column)]
        is_text = isinstance(value, str)
        self.add(
            table.file,
            row=row.number,
            column=column.name,
            value=str(value),
            code="too_long" if is_text else "too_large",
            reason=f"{{column}} is {'longer' if is_text else 'larger'} than can be kept.",
            fix="Shorten it." if is_text else "Check the number.",
        )

    def orphan(
        self, file: str, number: int, column: str, value: str, *, blank: bool = False
    ) -> None:
        """A reference that leads nowhere; it costs the row, unless it counts as blank."""
        self.add(
            file,
            row=number,
            column=column,
            value=value,
            code="unknown_reference",
            reason="{column} leads to nothing in these files, nor to anything that came before."
            + (" It counts as blank." if blank else ""),
            fix="Correct it, or deliver what it leads to as well.",
            severity="warning" if blank else "error",
        )

    def circle(self, file: str, number: int, column: str, value: str) -> None:
        """A parent that would, with what is held, lead back to the row itself."""
        self.left_out[file] += 1
        self.add(
            file,
            row=number,
            column=column,
            value=value,
            code="circle",
            reason="{column} leads in a circle, together with what came before. The row is left "
            "out.",
            fix="Correct it: nothing can lie within itself.",
        )

    def retirable(self, file: str, absent: list[Any], involved: Collection[str]) -> list[Any]:
        """What is absent, unless it may only be absent because its row was refused."""
        refused = any(self._bundle.refused.get(name) or self.left_out[name] for name in involved)
        if not absent or not refused:
            return absent
        self.add(
            file,
            code="nothing_retired",
            reason=f"{len(absent):,} that we hold are absent here. As rows were refused, they may "
            "be among those, and none is retired.",
            fix="Mend the refused rows, then read the files again.",
            severity="warning",
        )
        return []

    def of_rows(self, rows: Rows) -> None:
        """What the rows themselves gave rise to."""
        self._unknown_outcomes(rows)
        self._kept_days(rows)
        self._cut_scores(rows)

    def _unknown_outcomes(self, rows: Rows) -> None:
        for (file, objective), numbers in rows.unknown_outcomes.items():
            self.add(
                file,
                row=numbers[0],
                column="learningObjectiveId",
                value=objective,
                code="unknown_outcome",
                reason="No course or activity here has a learning outcome of this code. Rows that "
                f"name it: {len(numbers):,}; nothing is kept of them.",
                fix="Add the outcome to its course, then read the files again.",
                severity="warning",
            )

    def _kept_days(self, rows: Rows) -> None:
        for row, said, kept in rows.kept_days:
            self.add(
                SESSIONS,
                row=row,
                column="startDate",
                value=said.isoformat(),
                code="first_day_stays",
                reason=f"Outcomes or skills hold from {kept.isoformat()} on, as of this term; its "
                "first day stays.",
                fix="Nothing needs to be done; what is new for the term counts from that day.",
                severity="warning",
            )

    def _cut_scores(self, rows: Rows) -> None:
        for file, count in rows.too_precise():
            self.add(
                file,
                column="score",
                code="score_cut",
                reason=f"{count:,} scores have more than three decimals; three are kept, and "
                "nothing is rounded up.",
                fix="Nothing need be done.",
                severity="warning",
            )

    def shared_numbers(self, rows: Rows) -> None:
        """Learners of the bundle who have one number."""
        having: dict[str, list[tuple[str, Row]]] = defaultdict(list)
        for key, row in rows.by_file[USERS].items():
            if row.values[0] and not row.deleted:
                having[row.values[0]].append((key, row))
        for number, several in having.items():
            for (key, row), (other, _) in zip(several, [*several[1:], several[0]], strict=True):
                if other != key:
                    self.add(
                        USERS,
                        row=row.number,
                        column="identifier",
                        value=number,
                        code=SHARED_NUMBER,
                        reason=f"{other} has the same number; both rows are taken.",
                        fix=OWN_NUMBERS,
                        severity="warning",
                    )

    def known_numbers(self, people: Iterable[Person], source: str) -> None:
        """Learners of a source that is not agreed who have a number of the college's."""
        users = [user for user in people if user.identifier and not user.deleted]
        known = same_people.known(source, {user.identifier for user in users})
        for user in users:
            if learner := known.get(user.identifier):
                self.add(
                    USERS,
                    row=user.row,
                    column="identifier",
                    value=user.identifier,
                    code=same_people.KNOWN_NUMBER,
                    reason=f"Learner {learner.pk} of {learner.source} has this number; both are "
                    "kept.",
                    fix=same_people.AGREE,
                    severity="warning",
                )

    def doubts(self, matches: Iterable[Match]) -> None:
        """People who may be known to another system."""
        for found in matches:
            if found.doubt:
                self.add(
                    USERS,
                    row=found.row,
                    column="identifier",
                    value=found.number,
                    code="maybe_the_same",
                    reason=f"Somebody in another system has this number, but {found.doubt}.",
                    fix="Say at the desk, under “Same people”, whether they are one person.",
                    severity="warning",
                )


def there(rows: Rows, file: str) -> Collection[str]:
    """The sourced ids of a file's rows, also of those that are passed over."""
    own = rows.by_file[file].keys()
    return own | rows.passed_over if file == RESULT_OBJECTIVES else own
