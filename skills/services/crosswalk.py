"""Links between skills of different frameworks: proposed, reviewed by somebody else, withdrawn."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from skills.errors import (
    CannotPropose,
    NoReason,
    NotCurrent,
    NotProposedHere,
    NotWaiting,
    NotYours,
    OwnProposal,
    SkillsError,
)
from skills.models import Association, Framework, Skill
from skills.readers import texts

State = Association.State

# What may be proposed, in CASE's words: origin ... destination.
KINDS: Final[Mapping[str, str]] = {
    "exactMatchOf": "is the same as",
    "isRelatedTo": "is related to",
    "isPartOf": "is part of",
    "isChildOf": "is a kind of",
    "isPeerOf": "stands beside",
    "precedes": "comes before",
    "replacedBy": "is replaced by",
    "isTranslationOf": "is a translation of",
}
# These say the same in both directions.
SYMMETRIC: Final = frozenset({"exactMatchOf", "isRelatedTo", "isPeerOf"})
MOST_AT_ONCE: Final = 1_000
# The first key of the advisory lock tells ours from others.
_LOCK: Final = 4
_MAX_REASON: Final = 2_000
_MAX_ADDRESS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """That the origin is so linked with a skill of another framework, or an address outside.

    `likeness`, from 0 to 1, where the likeness of the texts was the reason.
    """

    origin: Skill
    kind: str
    destination: Skill | None = None
    destination_uri: str = ""
    destination_title: str = ""
    reason: str = ""
    likeness: float | None = None


class Proposed(NamedTuple):
    """What is proposed now, and what had been proposed, accepted or imported before."""

    new: list[Association]
    standing: list[Association]


class Moved(NamedTuple):
    """What was done, and what was left as it is, with the reason."""

    done: list[Association]
    left: list[tuple[Association, SkillsError]]


# What identifies a link: its ends and its kind.
_Key = tuple[int, str, int | str]


@transaction.atomic
def propose(
    proposals: Iterable[Proposal],
    *,
    by: User | None,
    client: str = "",
    at: datetime | None = None,
) -> Proposed:
    """Propose links in CASE's direction; a second person reviews them.

    All or none; without `by` it is the system called `client`. A link that stands already is
    given back as it is, also where it stands in the other direction and says the same; one that
    was rejected may be proposed again. An address that one skill alone has is that skill.

    Raises CannotPropose, which names everything that is wrong.
    """
    asked = [_settled(one) for one in _resolved(list(proposals))]
    _hold()
    if problems := list(_problems(asked)):
        raise CannotPropose(problems=problems)
    standing = _standing(asked)
    said: set[_Key] = set()
    fresh: list[Association] = []
    found: dict[int, Association] = {}
    for one in asked:
        if (held := standing.get(_key(one))) is not None:
            found[held.pk] = held
        elif _key(one) not in said:
            said |= {_key(one), *(_key(same) for same in _said_the_other_way(one))}
            fresh.append(_row(one, by=by, client=client, at=at or timezone.now()))
    Association.objects.bulk_create(fresh)
    new = _known().filter(pk__in=[row.pk for row in fresh])
    return Proposed(list(new), list(found.values()))


def accept(
    associations: Iterable[Association], *, by: User, comment: str = "", at: datetime | None = None
) -> Moved:
    """Let these links hold from now on.

    What this person proposed (OwnProposal), what was reviewed already or withdrawn (NotWaiting),
    what a framework says (NotProposedHere) and what could not be proposed any more, as one of the
    two was retired since (NotCurrent), is left as it is.
    """
    return _review(associations, State.ACCEPTED, by=by, comment=comment, at=at)


def reject(
    associations: Iterable[Association], *, by: User, comment: str, at: datetime | None = None
) -> Moved:
    """Refuse these links and tell their proposers why; they may be proposed again.

    Leaves what `accept` leaves, but for what is retired. Raises NoReason without a comment.
    """
    if not comment.strip():
        raise NoReason
    return _review(associations, State.REJECTED, by=by, comment=comment, at=at)


@transaction.atomic
def withdraw(
    associations: Iterable[Association],
    *,
    by: User,
    reason: str = "",
    at: datetime | None = None,
) -> Moved:
    """Take back what one proposed oneself, or let links that were accepted hold no more.

    They are retired, so that what held before is still known. To end an accepted one takes a
    reason (NoReason). What somebody else proposed (NotYours), what was rejected or withdrawn
    (NotWaiting) and what a framework says (NotProposedHere) is left as it is.
    """
    rows, left = _known_of(associations), []
    for row in rows:
        is_own = row.proposed_by_id == by.pk
        if (error := _withstands(row, is_own=is_own, has_reason=bool(reason.strip()))) is not None:
            left.append((row, error))
    stays = {row.pk for row, _ in left}
    done = [row for row in rows if row.pk not in stays]
    at = at or timezone.now()
    Association.objects.filter(pk__in=[row.pk for row in done]).update(retired_at=at)
    for row in done:
        row.retired_at = at
    return Moved(done, left)


def between(left: Framework, right: Framework) -> QuerySet[Association]:
    """The links between skills of the two, either way, that hold or wait for review."""
    return _known().filter(
        Q(origin__framework=left, destination__framework=right)
        | Q(origin__framework=right, destination__framework=left),
        ~Q(state=State.REJECTED),
        retired_at=None,
    )


def judged(left: Framework, right: Framework) -> set[frozenset[int]]:
    """The pairs of skills about which something was said already, rejections too."""
    pairs = Association.objects.filter(
        Q(origin__framework=left, destination__framework=right)
        | Q(origin__framework=right, destination__framework=left),
        Q(retired_at=None) | Q(state=State.REJECTED),
    ).values_list("origin", "destination")
    return {frozenset(pair) for pair in pairs}


# Proposing


def _hold() -> None:
    """Let nobody else propose before we commit: the same, or what contradicts it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])


def _resolved(proposals: Sequence[Proposal]) -> Iterator[Proposal]:
    """The same, with the skill where an address is that of one alone."""
    addresses = {one.destination_uri.strip() for one in proposals if one.destination is None}
    sound = [address for address in addresses if _is_sound(address)]
    held = list(Skill.objects.filter(uri__in=sound).select_related("framework"))
    times = Counter(skill.uri for skill in held)
    skills = {skill.uri: skill for skill in held if times[skill.uri] == 1}
    for one in proposals:
        skill = one.destination or skills.get(one.destination_uri.strip())
        yield _replaced(one, skill)


def _replaced(one: Proposal, skill: Skill | None) -> Proposal:
    if skill is None:
        return one
    return replace(one, destination=skill, destination_uri=skill.uri, destination_title=skill.name)


def _settled(one: Proposal) -> Proposal:
    """The same, with its texts composed and trimmed."""
    return replace(
        one,
        destination_uri=one.destination_uri.strip(),
        destination_title=texts.composed(one.destination_title.strip()),
        reason=texts.composed(one.reason.strip()),
    )


def _problems(proposals: Sequence[Proposal]) -> Iterator[tuple[int, str]]:
    if len(proposals) > MOST_AT_ONCE:
        yield 0, f"At most {MOST_AT_ONCE:,} links can be proposed at once."
        return
    opposite = {_key(one) for one in proposals if one.kind not in SYMMETRIC}
    opposite |= _standing([each for one in proposals for each in _contradictions(one)]).keys()
    for position, one in enumerate(proposals):
        yield from ((position, reason) for reason in _faults(one))
        if any(_key(each) in opposite for each in _contradictions(one)):
            yield position, f"{_said(one)}: the opposite is said already. Reject one of the two."


def _faults(one: Proposal) -> Iterator[str]:
    if one.kind not in KINDS:
        yield f"{one.kind[:60] or 'Nothing'} is no kind of link. Choose from {', '.join(KINDS)}."
    # What was replaced is retired as a rule.
    if one.origin.retired_at is not None and one.kind != "replacedBy":
        yield f"{one.origin.name[:120]} is retired. Only what replaces it can be said of it."
    if one.destination is not None:
        if one.destination.retired_at is not None:
            yield f"{one.destination.name[:120]} is retired. Choose another."
        if one.destination.framework_id == one.origin.framework_id:
            yield f"{_said(one)}: both are of one framework. A crosswalk joins two."
    elif not _is_sound(one.destination_uri):
        yield "Choose a skill, or write an https, http or urn address without spaces."
    for text, name in ((one.reason, "reason"), (one.destination_title, "title")):
        if texts.refused(text) is not None or len(text) > _MAX_REASON:
            yield f"The {name} has invisible characters or more than {_MAX_REASON:,}. Shorten it."


def _is_sound(address: str) -> bool:
    is_short = len(address) <= _MAX_ADDRESS
    return is_short and texts.is_address(address) and texts.refused(address) is None


def _said(one: Proposal) -> str:
    end = one.destination.name if one.destination else one.destination_uri
    return f"“{one.origin.name[:80]}” {KINDS.get(one.kind, one.kind)} “{end[:80]}”"


def _contradictions(one: Proposal) -> list[Proposal]:
    """The same in the other direction, where that says another thing."""
    return [] if one.kind in SYMMETRIC else _turned(one)


def _said_the_other_way(one: Proposal) -> list[Proposal]:
    """The same in the other direction, where that says the same thing."""
    return _turned(one) if one.kind in SYMMETRIC else []


def _turned(one: Proposal) -> list[Proposal]:
    if one.destination is None:
        return []
    return [Proposal(origin=one.destination, kind=one.kind, destination=one.origin)]


def _key(one: Proposal) -> _Key:
    end = one.destination.pk if one.destination else one.destination_uri
    return one.origin.pk, one.kind, end


def _standing(proposals: Sequence[Proposal]) -> dict[_Key, Association]:
    """Links that hold or wait already and have one of these keys; symmetric ones by both."""
    skills = {one.origin.pk for one in proposals}
    skills |= {one.destination.pk for one in proposals if one.destination}
    rows = _known().filter(
        ~Q(state=State.REJECTED),
        Q(origin__in=skills),
        retired_at=None,
        kind__in=KINDS.keys() & {one.kind for one in proposals},
    )
    found: dict[_Key, Association] = {}
    for row in rows:
        if row.origin_id is None:
            continue
        end = row.destination_id or row.destination_uri
        found.setdefault((row.origin_id, row.kind, end), row)
        if row.kind in SYMMETRIC and row.destination_id:
            found.setdefault((row.destination_id, row.kind, row.origin_id), row)
    return found


def _row(one: Proposal, *, by: User | None, client: str, at: datetime) -> Association:
    return Association(
        identifier=str(uuid4()),
        kind=one.kind,
        origin=one.origin,
        origin_uri=one.origin.uri,
        origin_title=one.origin.name,
        destination=one.destination,
        destination_uri=one.destination_uri,
        destination_title=one.destination_title,
        state=State.PROPOSED,
        proposed_by=by,
        client=client,
        reason=one.reason,
        likeness=one.likeness,
        began_at=at,
    )


# Reviewing


@transaction.atomic
def _review(
    associations: Iterable[Association],
    state: str,
    *,
    by: User,
    comment: str,
    at: datetime | None,
) -> Moved:
    rows = _known_of(associations)
    left = [(row, error) for row in rows if (error := _unreviewable(row, state, by)) is not None]
    stays = {row.pk for row, _ in left}
    done = [row.pk for row in rows if row.pk not in stays]
    Association.objects.filter(pk__in=done).update(
        state=state, reviewed_by=by, reviewed_at=at or timezone.now(), comment=comment.strip()
    )
    return Moved(list(_known().filter(pk__in=done)), left)


def _unreviewable(row: Association, state: str, by: User) -> SkillsError | None:
    if row.framework_id is not None:
        return NotProposedHere()
    if row.state != State.PROPOSED or row.retired_at is not None:
        return NotWaiting()
    if row.proposed_by_id == by.pk:
        return OwnProposal()
    return _end_that_is_gone(row) if state == State.ACCEPTED else None


def _end_that_is_gone(row: Association) -> NotCurrent | None:
    """Of a link that could not be proposed any more. What is replaced is retired as a rule."""
    ends = [row.destination] if row.kind == "replacedBy" else [row.origin, row.destination]
    for skill in ends:
        if skill is not None and skill.retired_at is not None:
            return NotCurrent(
                f"{skill.name[:120]} was retired since. Reject the link, and propose another to "
                "what is in its place."
            )
    return None


def _withstands(row: Association, *, is_own: bool, has_reason: bool) -> SkillsError | None:
    if row.framework_id is not None:
        return NotProposedHere()
    if row.retired_at is not None or row.state == State.REJECTED:
        return NotWaiting()
    if row.state == State.PROPOSED:
        return None if is_own else NotYours()
    return None if has_reason else NoReason("Say why it holds no more. The ledger keeps it.")


def _known_of(associations: Iterable[Association]) -> list[Association]:
    """These rows as they are now, locked: what is told of each of a set must be what is done."""
    keys = [association.pk for association in associations]
    return list(_known().filter(pk__in=keys).select_for_update(of=("self",)).order_by("pk"))


def _known() -> QuerySet[Association]:
    return Association.objects.select_related(
        "origin__framework", "destination__framework", "framework", "proposed_by", "reviewed_by"
    )
