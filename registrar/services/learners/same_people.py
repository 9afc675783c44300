"""One person whom two sources know: found by agreed numbers, joined, kept apart, parted again.

Whose learner numbers are the college's own is agreed feed by feed; those in files of awards always
are. Only among these is anybody looked for. What the other source says of a joined person is said
of the one learner from then on: its results are superseded by the same for that learner, none is
edited. Whom only a file of awards had named is that source's own from then on, name and address
too, and what the file called them leads to them still.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from issuer.errors import WrongState
from issuer.services import ledger
from registrar.models import Enrolment, Feed, Learner, Result, SamePerson, catalog
from registrar.services.college import roles, sources
from registrar.services.learners import learner_access
from registrar.services.marking import results

RIGHT: Final = "registrar.decide_sameperson"
State = SamePerson.State
_QUERY: Final = 10_000
_GIVEN: Final = 300
# What is said to learners of one source who have one number. Nobody is refused for it: a system may
# give numbers again, or exchange two of them.
SHARED_NUMBER: Final = "number_of_several"
OWN_NUMBERS: Final = (
    "Send each learner their own number, or none: by one of several learners nobody is found in "
    "files of awards and of results."
)


# The source of learners whom only a file of awards has named; its numbers are the college's own.
AWARD_FILE: Final = "award file"
# What is said to learners of a source that is not agreed who have a number of the college's.
KNOWN_NUMBER: Final = "number_known"
AGREE: Final = (
    "If the numbers of this source are the college's own, have that said at the desk, under "
    "“Feeds”, and send the row again: “Same people” then asks whether they are one person."
)


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A user of a source who has the number of a learner of another one.

    `doubt` says what speaks against their being one person.
    """

    sourced_id: str
    learner: int
    number: str
    name: str
    row: int
    doubt: str = ""


class Person(Protocol):
    """Whom a source speaks of, as far as people are told apart by it."""

    @property
    def sourced_id(self) -> str: ...
    @property
    def identifier(self) -> str: ...
    @property
    def given_name(self) -> str: ...
    @property
    def family_name(self) -> str: ...
    @property
    def preferred_family_name(self) -> str: ...
    @property
    def deleted(self) -> bool: ...
    @property
    def row(self) -> int: ...


def joined(source: str, *, among: Collection[str] | None = None) -> dict[str, int]:
    """By sourced id the learners that people of the source are, who came from another one.

    Asked for some of them, only of those.
    """
    found = SamePerson.objects.filter(source=source, state=State.JOINED)
    if among is not None:
        found = found.filter(sourced_id__in=among)
    return dict(found.values_list("sourced_id", "learner_id"))


def who_is(learner: Learner) -> Learner:
    """The learner whom this one was found to be; mostly themselves."""
    found = SamePerson.objects.filter(
        source=learner.source, sourced_id=learner.sourced_id, state=State.JOINED
    )
    same = found.select_related("learner").first()
    return same.learner if same else learner


def named(key: str, *, at: str = "") -> Q:
    """Find the learner of a key, `sis:<source>:<sourcedId>`; whom they were found to be, if so.

    `at` is the path to the learner from the table asked.
    """
    source, sourced_id = catalog.parted(key)
    same = joined(source, among=[sourced_id])
    return Q(**{f"{at}pk": same[sourced_id]}) if same else catalog.named(key, at=at)


def hold(source: str) -> None:
    """Let nobody else find or add people by numbers till the commit. For who writes its learners.

    To be called in a transaction, after `sources.hold`.
    """
    sources.hold_numbers(alone=source == AWARD_FILE or source in _agreed())


def match(source: str, users: Collection[Person]) -> list[Match]:
    """Who of these users has the number of a learner of another agreed source. Writes nothing.

    Those who were compared before are left out, whatever came of it.
    """
    agreed = _agreed()
    if source not in agreed:
        return []
    numbered = [user for user in users if user.identifier and not user.deleted]
    if not numbered:
        return []
    times = Counter(user.identifier for user in numbered)
    others = by_number((agreed | {AWARD_FILE}) - {source}, times)
    compared = set(SamePerson.objects.filter(source=source).values_list("sourced_id", "learner_id"))
    own = set(Learner.objects.filter(source=source).values_list("sourced_id", flat=True))
    taken = set(joined(source).values())
    found = []
    for user in numbered:
        candidates = others.get(user.identifier, [])
        for learner in candidates:
            if (user.sourced_id, learner.pk) in compared:
                continue
            is_alone = len(candidates) == times[user.identifier] == 1
            doubt = _doubt(user, learner, is_alone=is_alone)
            if not doubt and user.sourced_id in own:
                doubt = "both were here before"
            if not doubt and learner.pk in taken:
                doubt = "the learner is known there under another id"
            found.append(_match(user, learner, doubt))
    return sorted(found)


def known(source: str, numbers: Collection[str]) -> dict[str, Learner]:
    """By number a learner who has it as the college's own; none for a source that is agreed.

    Who was compared with somebody of the source before is left out.
    """
    agreed = _agreed()
    if source in agreed:
        return {}
    compared = set(SamePerson.objects.filter(source=source).values_list("learner_id", flat=True))
    found = by_number((agreed | {AWARD_FILE}) - {source}, set(numbers) - {""})
    return {
        number: learner
        for number, learners in found.items()
        for learner in learners
        if learner.pk not in compared
    }


def by_number(origins: Collection[str], numbers: Iterable[str]) -> dict[str, list[Learner]]:
    """The living learners of some sources who have these numbers."""
    wanted = sorted(numbers)
    living = Learner.objects.filter(source__in=origins, retired_at=None)
    found: dict[str, list[Learner]] = {}
    for start in range(0, len(wanted), _QUERY):
        for learner in living.filter(number__in=wanted[start : start + _QUERY]).order_by("pk"):
            found.setdefault(learner.number, []).append(learner)
    return found


def taken_over(matches: Iterable[Match]) -> dict[str, Learner]:
    """By sourced id those beyond doubt whom only a file of awards has named so far."""
    joined = {found.learner: found.sourced_id for found in matches if not found.doubt}
    filed = Learner.objects.filter(source=AWARD_FILE).in_bulk(list(joined))
    return {joined[pk]: learner for pk, learner in filed.items()}


def note(source: str, matches: Iterable[Match]) -> None:
    """Keep what was matched: joined, or waiting for somebody to decide. For imports alone.

    Whom only a file of awards had named is a learner of the source itself once this is done.
    """
    matches = list(matches)
    over = taken_over(matches)
    kept = [
        SamePerson(
            learner_id=found.learner,
            source=source,
            sourced_id=found.sourced_id,
            number=found.number,
            name=found.name,
            state=State.WAITING if found.doubt else State.JOINED,
            doubt=found.doubt,
        )
        for found in matches
    ]
    for same in kept:
        if same.state == State.JOINED and (filed := over.get(same.sourced_id)):
            same.source, same.sourced_id, same.name = AWARD_FILE, filed.sourced_id, filed.name
    SamePerson.objects.bulk_create(kept)
    for sourced_id, learner in over.items():
        learner.source, learner.sourced_id = source, sourced_id
    Learner.objects.bulk_update(over.values(), ["source", "sourced_id"], batch_size=_QUERY)


@transaction.atomic
def join(same: SamePerson, *, by: User, reason: str = "") -> SamePerson:
    """Say that they are one person: all that the source said is said of the one learner.

    Raises WrongState when it was decided already, and when the other learner was awarded
    something, which stays where it is; and NotAllowed.
    """
    same = _decide(same, State.WAITING, State.JOINED, by=by, reason=reason)
    other = Learner.objects.filter(source=same.source, sourced_id=same.sourced_id).first()
    if other is not None:
        if other.awards.exists():
            raise WrongState(
                "Both have to stay: something was awarded to the learner of "
                f"{same.source}. Correct or withdraw that first."
            )
        _move(same.source, other, same.learner)
        Learner.objects.filter(pk=other.pk).update(retired_at=Now())
    if same.learner.source == AWARD_FILE:
        same = _exchange(same, other)
    ledger.append("person.joined", same, by=by, reason=reason)
    return same


@transaction.atomic
def keep_apart(same: SamePerson, *, by: User, reason: str = "") -> SamePerson:
    """Say that they are two people. Raises WrongState and NotAllowed."""
    same = _decide(same, State.WAITING, State.APART, by=by, reason=reason)
    ledger.append("person.kept_apart", same, by=by, reason=reason)
    return same


@transaction.atomic
def part(same: SamePerson, *, by: User, reason: str) -> SamePerson:
    """Undo a join: what the source said is said of a learner of its own again.

    What was awarded meanwhile stays, and whoever looks at it is told that the rule is no longer
    met. The one learner is signed out and has to let applications in again: it may have been the
    other who did. Whom a file of awards had named goes by that name again, and has no address
    until somebody writes one; nor has the other a new one until the system says it. Raises
    WrongState and NotAllowed.
    """
    same = _decide(same, State.JOINED, State.APART, by=by, reason=reason)
    other, is_new = Learner.objects.get_or_create(
        source=same.source,
        sourced_id=same.sourced_id,
        defaults={"number": same.number, "given_name": same.name},
    )
    if not is_new:
        Learner.objects.filter(pk=other.pk).update(retired_at=None)
    if same.source == AWARD_FILE:
        filed = {"given_name": same.name[:_GIVEN], "family_name": "", "email": ""}
        said = {"number": same.learner.number}
        if is_new or same.learner.name != same.name:
            said |= {name: getattr(same.learner, name) for name in ("given_name", "family_name")}
        # Nobody knows whose address it is: the file's, or what the system has said since.
        Learner.objects.filter(pk=other.pk).update(**said)
        same = _exchange(same, other)
        Learner.objects.filter(pk=same.learner_id).update(number=same.number, **filed)
    _move(same.source, same.learner, other)
    learner_access.end([same.learner_id], why="parted")
    ledger.append("person.parted", same, by=by, reason=reason)
    return same


# How


def _agreed() -> set[str]:
    """The sources whose numbers are the college's own."""
    living = Feed.objects.filter(retired_at=None, shares_numbers=True).exclude(source="")
    return set(living.values_list("source", flat=True))


def _doubt(user: Person, learner: Learner, *, is_alone: bool) -> str:
    if not is_alone:
        return "the number stands for several people"
    names = {user.family_name.casefold(), user.preferred_family_name.casefold()} - {""}
    if learner.family_name.casefold() not in names:
        return "the family names differ"
    return ""


def _match(user: Person, learner: Learner, doubt: str) -> Match:
    name = f"{user.given_name} {user.family_name}".strip()
    return Match(user.sourced_id, learner.pk, user.identifier, name, user.row, doubt)


def _decide(same: SamePerson, old: State, new: State, *, by: User, reason: str) -> SamePerson:
    roles.demand_for_all(by, RIGHT)
    for source in sorted({same.source, same.learner.source}):
        sources.hold(source)
    sources.hold_numbers(alone=True)
    open_ones = SamePerson.objects.filter(pk=same.pk, state=old)
    said = {"state": new, "decided_by": by, "decided_at": Now(), "reason": reason}
    is_known = SamePerson.objects.filter(source=same.source, state=State.JOINED).filter(
        learner=same.learner
    )
    is_own = Learner.objects.filter(pk=same.learner_id, source=same.source)
    if new == State.JOINED and (is_known.exists() or is_own.exists()):
        raise WrongState("The learner is joined with somebody else of that system already.")
    if not open_ones.update(**said):
        raise WrongState
    return SamePerson.objects.select_related("learner").get(pk=same.pk)


def _exchange(same: SamePerson, other: Learner | None) -> SamePerson:
    """Let the learner go by the key of the other side; whoever had that goes by theirs."""
    learner = same.learner
    ours, theirs = (
        {"source": each.source, "sourced_id": each.sourced_id} for each in (learner, same)
    )
    name = learner.name
    if other is not None:
        # Not even for a moment do two have one key.
        Learner.objects.filter(pk=learner.pk).update(sourced_id=str(uuid4()))
        Learner.objects.filter(pk=other.pk).update(**ours)
    Learner.objects.filter(pk=learner.pk).update(**theirs)
    SamePerson.objects.filter(pk=same.pk).update(**ours, name=name)
    return SamePerson.objects.select_related("learner").get(pk=same.pk)


def _move(source: str, old: Learner, new: Learner) -> None:
    """What the source says of the one is said of the other from now on."""
    Enrolment.objects.filter(source=source, learner=old).update(learner=new)
    held = list(Result.objects.filter(source=source, learner=old, superseded_at=None))
    entries = [replace(results.as_entry(row), learner=new.pk) for row in held]
    results.supersede([row.pk for row in held], new=entries, at=timezone.now())
