"""A crosswalk is proposed by one and accepted by another, and nothing of it is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from skills.errors import CannotPropose, NoReason
from skills.models import Association, Framework, Skill
from skills.readers.records import AssociationRecord, FrameworkRecord, Package, SkillRecord
from skills.services import crosswalk, frameworks, neighbours
from skills.services.crosswalk import Proposal
from tests.skills.locks import wait_until_somebody_waits

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def ann() -> User:
    return User.objects.create(username="ann")


@pytest.fixture
def bob() -> User:
    return User.objects.create(username="bob")


def framework(name: str) -> Framework:
    return Framework.objects.create(identifier=name, uri=f"https://{name}.example/", title=name)


def skill(of: Framework, name: str, **said: Any) -> Skill:
    address = f"https://{of.identifier}.example/{name.replace(' ', '-')}"
    return Skill.objects.create(framework=of, identifier=name, uri=address, statement=name, **said)


@pytest.fixture
def ends() -> tuple[Skill, Skill]:
    """A skill of one framework, and one of another."""
    return skill(framework("ours"), "weave"), skill(framework("theirs"), "make cloth")


def propose(origin: Skill, kind: str, destination: Skill, by: User, **said: Any) -> Association:
    found = crosswalk.propose(
        [Proposal(origin=origin, kind=kind, destination=destination, **said)], by=by
    )
    (row,) = [*found.new, *found.standing]
    return row


def accepted(origin: Skill, kind: str, destination: Skill, ann: User, bob: User) -> Association:
    row = propose(origin, kind, destination, ann)
    ((done,), _) = crosswalk.accept([row], by=bob)
    return done


def kinds(found: list[Any]) -> list[Any]:
    return [(one.kind, one.title, one.leads_away, one.through is not None) for one in found]


# Proposing


def test_a_link_waits_until_a_second_person_accepts_it(ends: Any, ann: User, bob: User) -> None:
    row = propose(ends[0], "exactMatchOf", ends[1], ann, reason="Same craft", likeness=0.5)
    assert (row.state, row.reason, row.likeness, row.origin_uri) == (
        "proposed",
        "Same craft",
        0.5,
        "https://ours.example/weave",
    )
    assert not Association.objects.current().exists()
    _, ((left, error),) = crosswalk.accept([row], by=ann)
    assert (left, error.code) == (row, "own_proposal")
    done, left = crosswalk.accept([row], by=bob, comment="Yes", at=NOW)
    assert (done[0].state, done[0].reviewed_by, done[0].comment, left) == (
        "accepted",
        bob,
        "Yes",
        [],
    )
    assert Association.objects.current().get() == row


def test_what_stands_already_is_given_back_as_it_is(ends: Any, ann: User, bob: User) -> None:
    row = propose(ends[0], "isPartOf", ends[1], ann)
    assert propose(ends[0], "isPartOf", ends[1], bob) == row
    assert Association.objects.count() == 1


def test_a_link_that_says_the_same_both_ways_is_proposed_once(ends: Any, ann: User) -> None:
    row = propose(ends[0], "isRelatedTo", ends[1], ann)
    assert propose(ends[1], "isRelatedTo", ends[0], ann) == row


def test_what_says_the_same_both_ways_is_proposed_once_also_in_one_set(
    ends: Any, ann: User
) -> None:
    ours, theirs = ends
    pair = [
        Proposal(origin=ours, kind="exactMatchOf", destination=theirs),
        Proposal(origin=theirs, kind="exactMatchOf", destination=ours),
    ]
    assert len(crosswalk.propose(pair, by=ann).new) == 1


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_two_who_propose_the_same_at_once_from_both_ends_propose_it_once(
    ends: Any, ann: User, bob: User
) -> None:
    def propose_turned() -> Association:
        try:
            return propose(ends[1], "exactMatchOf", ends[0], bob)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            row = propose(ends[0], "exactMatchOf", ends[1], ann)
            second = other.submit(propose_turned)
            wait_until_somebody_waits()
        assert second.result(timeout=10) == row


def test_the_opposite_of_what_is_said_is_refused(ends: Any, ann: User) -> None:
    propose(ends[0], "replacedBy", ends[1], ann)
    with pytest.raises(CannotPropose, match="the opposite is said already"):
        propose(ends[1], "replacedBy", ends[0], ann)


def test_two_opposites_in_one_set_are_refused(ends: Any, ann: User) -> None:
    pair = [
        Proposal(origin=ends[0], kind="precedes", destination=ends[1]),
        Proposal(origin=ends[1], kind="precedes", destination=ends[0]),
    ]
    with pytest.raises(CannotPropose) as refused:
        crosswalk.propose(pair, by=ann)
    assert [position for position, _ in refused.value.problems] == [0, 1]


def test_all_that_is_wrong_with_a_set_is_said_at_once_and_none_is_proposed(
    ends: Any, ann: User
) -> None:
    ours, theirs = ends
    gone = skill(theirs.framework, "spin", retired_at=NOW)
    with pytest.raises(CannotPropose) as refused:
        crosswalk.propose(
            [
                Proposal(origin=ours, kind="exactMatchOf", destination=theirs),
                Proposal(origin=ours, kind="sameAs", destination=theirs),
                Proposal(origin=ours, kind="precedes", destination=gone),
                Proposal(origin=ours, kind="isPartOf", destination_uri="javascript:alert(1)"),
                Proposal(origin=gone, kind="isPartOf", destination=ours, reason="a\0b"),
                Proposal(origin=theirs, kind="isPartOf", destination=gone),
            ],
            by=ann,
        )
    said = refused.value.problems
    assert [position for position, _ in said] == [1, 2, 3, 4, 4, 5, 5]
    assert "sameAs is no kind of link" in said[0][1]
    assert "spin is retired. Choose another." in said[1][1]
    assert "invisible characters" in said[4][1]
    assert "both are of one framework" in said[6][1]
    assert not Association.objects.exists()


def test_what_is_retired_may_only_be_said_to_be_replaced(ends: Any, ann: User) -> None:
    gone = skill(ends[0].framework, "spin", retired_at=NOW)
    assert propose(gone, "replacedBy", ends[1], ann).state == "proposed"


def test_what_was_retired_while_a_link_waited_is_linked_no_more_but_as_replaced(
    ends: Any, ann: User, bob: User
) -> None:
    ours, theirs = ends
    other = skill(theirs.framework, "sew")
    links = [
        propose(ours, "isRelatedTo", theirs, ann),
        propose(other, "isPartOf", ours, ann),
        propose(theirs, "replacedBy", ours, ann),
        propose(skill(ours.framework, "knit"), "replacedBy", theirs, ann),
    ]
    Skill.objects.filter(pk=theirs.pk).update(retired_at=NOW)
    done, left = crosswalk.accept(links, by=bob)
    assert [row.pk for row in done] == [links[1].pk, links[2].pk]
    assert [row.pk for row, _ in left] == [links[0].pk, links[3].pk]
    assert {error.code for _, error in left} == {"not_current"}
    assert "make cloth was retired since. Reject the link" in str(left[0][1])
    assert len(crosswalk.reject([row for row, _ in left], by=bob, comment="Gone").done) == 2


def test_an_address_that_nobody_can_open_is_refused(ends: Any, ann: User) -> None:
    for address in ("https://x.example/\0", "data:text/html,x", "https://a b", "x" * 2000, ""):
        with pytest.raises(CannotPropose, match="https, http or urn address"):
            crosswalk.propose(
                [Proposal(origin=ends[0], kind="isPartOf", destination_uri=address)], by=ann
            )


def test_a_link_may_lead_to_an_address_outside_once(ends: Any, ann: User, bob: User) -> None:
    out = Proposal(
        origin=ends[0],
        kind="isRelatedTo",
        destination_uri="https://elsewhere.example/1",
        destination_title="Weaving",
    )
    (row,), _ = crosswalk.propose([out, out], by=ann)
    assert (row.destination, row.destination_uri) == (None, "https://elsewhere.example/1")
    assert crosswalk.propose([out], by=bob).standing == [row]
    crosswalk.accept([row], by=bob)
    assert kinds(neighbours.of([ends[0]])[ends[0].pk]) == [("isRelatedTo", "Weaving", True, False)]


def test_an_address_outside_becomes_the_skill_that_is_imported_later(
    ends: Any, ann: User, bob: User
) -> None:
    out = "https://third.example/1"
    (row,), _ = crosswalk.propose(
        [Proposal(origin=ends[0], kind="isPartOf", destination_uri=out)], by=ann
    )
    document = FrameworkRecord(identifier="third", uri="https://third.example/", title="Third")
    package = Package(
        framework=document, skills=[SkillRecord(identifier="1", uri=out, statement="Textiles")]
    )
    frameworks.apply(frameworks.plan(package), by=None, source="file")
    row.refresh_from_db()
    assert (row.state, row.destination) == ("proposed", Skill.objects.get(uri=out))
    assert propose(ends[0], "isPartOf", row.destination, bob) == row


def test_an_address_that_a_skill_here_has_is_that_skill(ends: Any, ann: User) -> None:
    said = Proposal(origin=ends[0], kind="isPartOf", destination_uri=ends[1].uri)
    (row,), _ = crosswalk.propose([said], by=ann)
    assert row.destination == ends[1]


def test_a_system_may_propose_and_any_person_reviews(ends: Any, ann: User) -> None:
    said = Proposal(origin=ends[0], kind="isPartOf", destination=ends[1])
    (row,), _ = crosswalk.propose([said], by=None, client="catalogue")
    assert (row.proposed_by, row.client) == (None, "catalogue")
    assert crosswalk.accept([row], by=ann).done == [row]


def test_the_database_takes_no_proposal_of_nobody(ends: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Association.objects.create(
            kind="isPartOf", origin=ends[0], destination=ends[1], state="proposed"
        )


# Reviewing


def test_ten_are_accepted_at_once_and_what_cannot_be_is_named(
    ends: Any, ann: User, bob: User
) -> None:
    ours, theirs = ends
    others = [skill(theirs.framework, f"s{n}") for n in range(10)]
    found = crosswalk.propose(
        [Proposal(origin=ours, kind="isRelatedTo", destination=each) for each in others], by=ann
    )
    own = propose(ours, "isPartOf", theirs, bob)
    crosswalk.reject(found.new[:1], by=bob, comment="Too far")
    done, left = crosswalk.accept([*found.new, own], by=bob)
    assert len(done) == 9
    assert {(row.pk, error.code) for row, error in left} == {
        (found.new[0].pk, "not_waiting"),
        (own.pk, "own_proposal"),
    }


def test_a_rejection_says_why_and_the_link_may_be_proposed_again(
    ends: Any, ann: User, bob: User
) -> None:
    row = propose(ends[0], "exactMatchOf", ends[1], ann)
    with pytest.raises(NoReason):
        crosswalk.reject([row], by=bob, comment=" ")
    crosswalk.reject([row], by=bob, comment="Wider")
    again = propose(ends[0], "exactMatchOf", ends[1], ann)
    assert (again.pk == row.pk, again.state) == (False, "proposed")


def test_one_withdraws_what_one_proposed_and_nobody_elses(ends: Any, ann: User, bob: User) -> None:
    row = propose(ends[0], "exactMatchOf", ends[1], ann)
    assert crosswalk.withdraw([row], by=bob).left[0][1].code == "not_yours"
    assert crosswalk.withdraw([row], by=ann).done == [row]
    assert crosswalk.accept([row], by=bob).left[0][1].code == "not_waiting"


def test_what_was_accepted_is_ended_with_a_reason_and_still_held_then(
    ends: Any, ann: User, bob: User
) -> None:
    row = propose(ends[0], "exactMatchOf", ends[1], ann)
    crosswalk.accept([row], by=bob, at=NOW + timedelta(days=30))
    later = NOW + timedelta(days=60)
    assert crosswalk.withdraw([row], by=bob, at=later).left[0][1].code == "no_reason"
    assert crosswalk.withdraw([row], by=bob, reason="Reworded", at=later).done == [row]
    assert not Association.objects.current().exists()
    assert Association.objects.as_of(later - timedelta(days=1)).get() == row


def imported(kind: str, origin: Skill, destination: Skill, source: str = "their crosswalk") -> None:
    record = AssociationRecord(
        identifier=f"{kind} {origin.pk} {destination.pk}",
        type=kind,
        origin=origin.uri,
        origin_uri=origin.uri,
        destination=destination.uri,
        destination_uri=destination.uri,
    )
    document = FrameworkRecord(identifier=source, uri=f"https://x.example/{source}", title=source)
    package = Package(framework=document, associations=[record])
    frameworks.apply(frameworks.plan(package), by=None, source="file")


def test_an_imported_link_holds_at_once_names_its_source_and_is_changed_there(
    ends: Any, ann: User
) -> None:
    imported("exactMatchOf", *ends)
    (one,) = neighbours.of([ends[0]])[ends[0].pk]
    assert (one.skill, one.link.framework.title) == (ends[1], "their crosswalk")
    assert propose(ends[1], "exactMatchOf", ends[0], ann) == one.link
    for moved in (
        crosswalk.accept([one.link], by=ann),
        crosswalk.withdraw([one.link], by=ann, reason="x"),
    ):
        assert moved.left[0][1].code == "not_proposed_here"


# Neighbours


def test_neighbours_are_told_of_from_both_ends(ends: Any, ann: User, bob: User) -> None:
    accepted(ends[0], "isPartOf", ends[1], ann, bob)
    found = neighbours.of(ends)
    assert kinds(found[ends[0].pk]) == [("isPartOf", "make cloth", True, False)]
    assert kinds(found[ends[1].pk]) == [("isPartOf", "weave", False, False)]


def test_neighbours_are_found_one_step_over_what_is_the_same(
    ends: Any, ann: User, bob: User
) -> None:
    ours, theirs = ends
    third = skill(framework("third"), "textiles")
    fourth = skill(framework("fourth"), "crafts")
    accepted(ours, "exactMatchOf", theirs, ann, bob)
    accepted(theirs, "isPartOf", third, ann, bob)
    accepted(fourth, "exactMatchOf", third, ann, bob)
    found = neighbours.of([ours, third])
    assert kinds(found[ours.pk]) == [
        ("exactMatchOf", "make cloth", True, False),
        ("isPartOf", "textiles", True, True),
    ]
    assert kinds(found[third.pk]) == [
        ("exactMatchOf", "crafts", False, False),
        ("isPartOf", "make cloth", False, False),
        ("isPartOf", "weave", False, True),
    ]
    # Two steps of what is merely related lead nowhere.
    assert "crafts" not in [one.title for one in found[ours.pk]]


def test_a_skill_is_not_its_own_neighbour_nor_are_those_of_its_framework(
    ends: Any, ann: User, bob: User
) -> None:
    ours, theirs = ends
    beside = skill(ours.framework, "knit")
    accepted(ours, "exactMatchOf", theirs, ann, bob)
    accepted(beside, "exactMatchOf", theirs, ann, bob)
    assert [one.title for one in neighbours.of([ours])[ours.pk]] == ["make cloth"]


def test_what_waits_is_no_neighbour(ends: Any, ann: User) -> None:
    propose(ends[0], "exactMatchOf", ends[1], ann)
    assert neighbours.of([ends[0]]) == {ends[0].pk: []}
    assert crosswalk.between(ends[1].framework, ends[0].framework).count() == 1
