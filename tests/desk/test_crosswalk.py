"""The crosswalk at the desk: proposed side by side, suggested, reviewed, given out, taken in."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from issuer.models import LedgerEntry
from issuer.pages import thing_url
from registrar import tasks
from registrar.services.vocabularies import vocabulary
from skills.models import Association, Comparison, Framework, Skill
from skills.services import likeness
from tests.desk.conftest import edition, walk
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def trades(college: Any, root: User) -> Framework:
    """Another framework beside the college's own: to count, to observe weights."""
    read = vocabulary.plan(edition(labels=("Count", "Observe weights")))
    return vocabulary.apply(read, by=root, source="t").framework


@pytest.fixture
def sides(college: Any, trades: Framework) -> dict[str, int]:
    """The query of both frameworks side by side."""
    return {"left": college.skills[0].framework_id, "right": trades.pk}


def address(name: str, **query: Any) -> str:
    found = reverse(f"admin:skills_association_{name}")
    return found + ("?" + "&".join(f"{key}={value}" for key, value in query.items()))


def test_a_link_is_proposed_side_by_side_and_waits_there(
    college: Any, trades: Framework, sides: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    observe, count = college.skills[0], trades.skills.get(label="Count")
    page = text(client.get(address("between", **sides, skill=observe.pk)))
    assert "Propose the link" in page
    said = {"kind": "isPartOf", "destination": count.pk, "reason": "Half of it"}
    answer = client.post(address("between", **sides, skill=observe.pk), said, follow=True)
    assert "Proposed. A second person reviews it." in text(answer)
    link = Association.objects.get(framework=None)
    assert (link.origin, link.destination, link.proposed_by) == (observe, count, clara)
    assert "Waits for review" in text(client.get(address("between", **sides)))
    entry = LedgerEntry.objects.get(act="association.proposed")
    assert (entry.user, entry.reason, entry.details["kind"]) == (clara, "Half of it", "isPartOf")


def test_the_ledger_says_in_words_what_was_linked_and_imported(
    college: Any, trades: Framework, sides: Any, clara: User, olu: User, signed_in: SignIn
) -> None:
    origin, count = college.skills[0], trades.skills.get(label="Count")
    said = {"kind": "isPartOf", "destination": count.pk}
    signed_in(clara).post(address("between", **sides, skill=origin.pk), said)
    link = Association.objects.get(framework=None)
    page = text(signed_in(olu).get(reverse("admin:issuer_ledgerentry_changelist")))
    words = f"“{origin.name}” is part of “Count”"
    assert f'<a href="{thing_url(link)}" dir="auto">{words}</a>' in page
    assert f'<a href="{thing_url(trades)}" dir="auto">Trades</a>' in page
    entry = LedgerEntry.objects.get(act="association.proposed")
    page = text(signed_in(olu).get(thing_url(entry)))
    assert words in page and f"skills.association:{link.pk}" in page


def test_without_scripts_a_skill_on_the_right_is_found_by_a_button_and_what_was_typed_stays(
    college: Any, trades: Framework, sides: Any, clara: User, signed_in: SignIn
) -> None:
    count, weigh = trades.skills.order_by("pk")
    said = {"find": "1", "q": "observe", "destination": count.pk, "reason": "Half of it"}
    here = address("between", **sides, skill=college.skills[1].pk)
    page = signed_in(clara).post(here, said)
    assert page.context["found"].skills == [weigh]
    assert f'value="{weigh.pk}" id="destination-found-{weigh.pk}"' in text(page)
    assert f'value="{count.pk}" id="destination-chosen-{count.pk}"' in text(page)
    assert "Half of it" in text(page)
    assert not Association.objects.filter(framework=None).exists()
    said = {"kind": "isPartOf", "destination": [count.pk, weigh.pk]}
    signed_in(clara).post(here, said)
    assert Association.objects.get(framework=None).destination == weigh


def test_a_link_may_be_said_the_other_way_round_or_lead_outside(
    college: Any, trades: Framework, sides: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    observe, count = college.skills[0], trades.skills.get(label="Count")
    here = address("between", **sides, skill=observe.pk)
    client.post(here, {"kind": "isPartOf", "destination": count.pk, "turned": "yes"})
    client.post(here, {"kind": "isRelatedTo", "address": "https://elsewhere.example/1"})
    assert set(Association.objects.filter(framework=None).values_list("origin", "destination")) == {
        (count.pk, observe.pk),
        (observe.pk, None),
    }


def test_what_cannot_be_proposed_is_said_where_it_was_tried(
    college: Any, sides: Any, clara: User, signed_in: SignIn
) -> None:
    here = address("between", **sides, skill=college.skills[0].pk)
    answer = signed_in(clara).post(here, {"kind": "isPartOf", "address": "S 1", "reason": "Mine"})
    assert answer.status_code == 422
    assert "Choose a skill, or write an https" in text(answer)
    assert "Mine" in text(answer)
    assert 'value="S 1"' in text(answer)


def test_skills_are_filtered_by_words_and_by_whether_they_are_linked(
    college: Any, trades: Framework, sides: Any, clara: User, signed_in: SignIn
) -> None:
    walk(college.skills[0], trades.skills.earliest("pk"), by=clara)
    client = signed_in(clara)

    def shown(**query: Any) -> set[str]:
        page = client.get(address("between", **sides, **query))
        return {row.skill.label for row in page.context["rows"]}

    listed = text(client.get(reverse("admin:skills_association_changelist")))
    assert "is related to" in listed
    assert ">isRelatedTo<" not in listed
    assert shown() == {"Observe", "Draw", "Explain"}
    assert shown(q="dra") == shown(q="DRÁW") == {"Draw"}
    assert shown(q="?") == set()
    assert shown(show="open") == {"Draw", "Explain"}
    assert shown(show="linked") == {"Observe"}
    assert shown(q="zebra") == set()


def test_what_reads_alike_is_suggested_and_proposed_many_at_once(
    college: Any, sides: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    here = address("suggested", **sides)
    assert "Compare them" in text(client.get(here))
    client.post(here, {"act": "compare"})
    page = client.get(here)
    (one,) = page.context["rows"]
    assert "Words in common: observe" in text(page)
    assert "Choose at least one" in text(client.post(here, {"act": "propose"}))
    pair = f"{one.origin.pk}-{one.destination.pk}"
    client.post(here, {"act": "propose", "pair": [pair, "1-2"], "kind": "exactMatchOf"})
    link = Association.objects.get(framework=None)
    assert (link.state, link.likeness, link.reason) == ("proposed", one.likeness, one.why)
    assert "Nothing more reads alike" in text(client.get(here))


def test_large_frameworks_are_compared_by_a_worker_and_the_page_waits(
    college: Any,
    sides: Any,
    clara: User,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(likeness, "QUICK", 0)
    client = signed_in(clara)
    here = address("suggested", **sides)
    client.post(here, {"act": "compare"})
    assert "Being compared" in text(client.get(here))
    tasks.compare_frameworks(Comparison.objects.get().pk)
    tasks.compare_frameworks(Comparison.objects.get().pk)
    assert "Words in common: observe" in text(client.get(here))


def test_ten_links_are_accepted_at_once_and_ones_own_are_left(
    college: Any, trades: Framework, clara: User, dev: User, signed_in: SignIn
) -> None:
    others = [
        Skill.objects.create(framework=trades, identifier=f"x{n}", uri=f"https://x/{n}")
        for n in range(10)
    ]
    links = [walk(college.skills[0], other, by=clara) for other in others]
    review = reverse("admin:skills_association_review")
    own = signed_in(clara).get(review)
    assert "10 links that you proposed yourself" in text(own)
    client = signed_in(dev)
    assert "Choose at least one" in text(client.post(review, {"act": "accept"}))
    rejection = client.post(review, {"act": "reject", "link": [links[0].pk]})
    assert (rejection.status_code, "Say why" in text(rejection)) == (422, True)
    chosen = {"act": "accept", "link": [link.pk for link in links], "comment": "Right"}
    assert "10 links accepted." in text(client.post(review, chosen, follow=True))
    assert Association.objects.current().filter(framework=None).count() == 10
    assert LedgerEntry.objects.filter(act="association.accepted").count() == 10
    again = text(client.post(review, chosen, follow=True))
    assert "does not wait for review any more" in again


def test_a_proposer_who_goes_round_the_page_cannot_accept_her_own(
    college: Any, trades: Framework, clara: User, signed_in: SignIn
) -> None:
    link = walk(college.skills[0], trades.skills.earliest("pk"), by=clara)
    client = signed_in(clara)
    chosen = {"act": "accept", "link": [link.pk]}
    answer = client.post(reverse("admin:skills_association_review"), chosen, follow=True)
    assert "Ask a second person" in text(answer)
    assert client.post(thing_url(link), {"act": "accept"}).status_code == 409
    link.refresh_from_db()
    assert link.state == "proposed"


def test_one_link_is_rejected_withdrawn_or_ended_on_its_page_with_its_history(
    college: Any, trades: Framework, clara: User, dev: User, signed_in: SignIn
) -> None:
    count, weigh = trades.skills.order_by("pk")
    first = walk(college.skills[0], count, by=clara)
    page = thing_url(first)
    assert signed_in(dev).post(page, {"act": "reject"}).status_code == 422
    signed_in(dev).post(page, {"act": "reject", "reason": "Too wide"})
    assert "Too wide" in text(signed_in(clara).get(page))
    second = walk(college.skills[1], count, by=clara)
    signed_in(clara).post(thing_url(second), {"act": "withdraw"})
    assert "Withdrawn" in text(signed_in(clara).get(thing_url(second)))
    third = walk(college.skills[1], weigh, by=clara)
    signed_in(dev).post(thing_url(third), {"act": "accept"})
    signed_in(dev).post(thing_url(third), {"act": "end", "reason": "Reworded"})
    third.refresh_from_db()
    assert (third.state, third.retired_at is None) == ("accepted", False)
    acts = LedgerEntry.objects.filter(act__startswith="association.").values_list("act", flat=True)
    assert sorted(acts) == [
        "association.accepted",
        *["association.proposed"] * 3,
        "association.rejected",
        *["association.withdrawn"] * 2,
    ]


def test_a_skill_is_shown_with_its_neighbours_and_who_says_so(
    college: Any, trades: Framework, clara: User, dev: User, signed_in: SignIn
) -> None:
    count = trades.skills.get(label="Count")
    link = walk(college.skills[0], count, by=clara)
    page = thing_url(college.skills[0])
    client = signed_in(dev)
    assert "None yet." in text(client.get(page))
    client.post(thing_url(link), {"act": "accept"})
    assert "is related to" in text(client.get(page))
    assert thing_url(count) in text(client.get(page))
    assert thing_url(college.skills[0]) in text(client.get(thing_url(count)))


def test_a_crosswalk_goes_out_as_csv_and_comes_in_again_by_the_page(
    college: Any, trades: Framework, sides: Any, clara: User, dev: User, signed_in: SignIn
) -> None:
    link = walk(college.skills[0], trades.skills.get(label="Count"), by=clara)
    signed_in(dev).post(thing_url(link), {"act": "accept"})
    client = signed_in(clara)
    query = f"?left={sides['left']}&right={sides['right']}"
    as_csv = client.get(reverse("admin:skills_association_download", args=["csv"]) + query)
    body = b"".join(as_csv)
    (row,) = csv.DictReader(io.StringIO(body.decode("utf-8-sig")))
    assert (row["association"], row["crosswalk creator"]) == ("isRelatedTo", "Small College")
    upload = SimpleUploadedFile("crosswalk.csv", body)
    plan = client.post(reverse("admin:skills_framework_import"), {"file": upload}, follow=True)
    assert "new links" in text(plan)
    fingerprint = plan.context["plan"].fingerprint
    client.post(plan.redirect_chain[-1][0], {"act": "apply", "fingerprint": fingerprint})
    imported = Association.objects.get(framework__title__startswith="Crosswalk: ")
    assert (imported.state, imported.origin) == ("accepted", college.skills[0])
    as_case = client.get(reverse("admin:skills_association_download", args=["json"]) + query)
    assert as_case["Content-Type"] == "application/json"
    assert client.get(reverse("admin:skills_association_download", args=["xml"])).status_code == 404


def test_a_crosswalk_with_errors_is_shown_with_all_of_them(clara: User, signed_in: SignIn) -> None:
    rows = b"origin,association,destination,crosswalk\nS1,sameAs,https://b.example/1,x\n"
    upload = SimpleUploadedFile("crosswalk.csv", rows)
    answer = signed_in(clara).post(reverse("admin:skills_framework_import"), {"file": upload})
    assert answer.status_code == 422
    assert "origin is not an https, http or urn address" in text(answer)
    assert "sameAs is no kind of association" in text(answer)


def test_who_may_only_look_finds_no_way_to_propose(
    college: Any, sides: Any, dev: User, olu: User, signed_in: SignIn
) -> None:
    here = address("between", **sides, skill=college.skills[0].pk)
    assert "Propose the link" not in text(signed_in(dev).get(here))
    assert signed_in(dev).post(here, {"kind": "isPartOf"}).status_code == 403
    assert signed_in(olu).get(here).status_code == 403


def test_links_that_wait_stand_on_the_first_page_of_who_may_review(
    college: Any, trades: Framework, clara: User, dev: User, signed_in: SignIn
) -> None:
    walk(college.skills[0], trades.skills.earliest("pk"), by=clara)
    home = reverse("admin:index")
    assert "link of the crosswalk" in text(signed_in(dev).get(home))
    assert "link of the crosswalk" not in text(signed_in(clara).get(home))


def test_two_frameworks_that_are_none_are_asked_for_again(
    college: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    for query in ({}, {"left": "x", "right": "0"}, {"left": 1, "right": 1}):
        for name in ("between", "suggested"):
            assert "Choose two different frameworks" in text(client.get(address(name, **query)))
