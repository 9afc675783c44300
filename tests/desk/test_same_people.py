"""Whether two systems know the same person is decided at the desk."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from issuer.models import Mail
from issuer.pages import thing_url
from registrar.models import Learner, Revision, SamePerson
from registrar.services.awarding import award_mails, awards, corrections
from registrar.services.feeding import feeds
from tests.cast import Sealed, at_hand, issue
from tests.desk.reading import SignIn, text
from tests.registrar.test_same_people import BY_BANNER, award_from_a_file, bring, roster, send

pytestmark = pytest.mark.django_db


def test_it_is_decided_at_the_desk_with_one_click_and_holds(
    college: Any, tmp_path: Path, clara: User, signed_in: SignIn
) -> None:
    for source in ("banner", "canvas"):
        feeds.add(source, source, source=source, shares_numbers=True, by=clara)
    bring(roster(), tmp_path / "a", "banner")
    bring(roster(family_name="Obi"), tmp_path / "b", "canvas")
    client = signed_in(clara)
    assert "1 learner may be the same person" in " ".join(text(client.get("/admin/")).split())
    same = SamePerson.objects.get()
    page = thing_url(same)
    shown = text(client.get(page))
    assert "the family names differ" in shown
    assert shown.count("ada@example.edu") == 2
    assert "owns name and address" in shown
    assert "They are one person now" in text(client.post(page, {"act": "join"}, follow=True))
    bring(roster(family_name="Obi"), tmp_path / "b", "canvas")
    assert SamePerson.objects.get().state == SamePerson.State.JOINED
    learner = text(client.get(thing_url(same.learner)))
    assert "canvas" in learner
    assert "owns name and address" in learner
    assert client.post(page, {"act": "keep_apart", "reason": "No."}).status_code == 409


def test_whom_a_file_of_awards_named_is_the_systems_own_with_one_click_and_no_more_with_another(
    college: Any, tmp_path: Path, clara: User, signed_in: SignIn
) -> None:
    feeds.add("banner", "banner", source="banner", shares_numbers=True, by=clara)
    named = Learner.objects.create(
        source="award file", sourced_id="A1", number="A1", given_name="A.", family_name="Obi"
    )
    bring(roster(), tmp_path / "a", "banner")
    client, page = signed_in(clara), thing_url(SamePerson.objects.get())
    shown = text(client.get(page))
    assert "name and address follow it" in shown and "owns name and address" not in shown
    joined = text(client.post(page, {"act": "join"}, follow=True))
    assert "owns name and address" in joined and "go by that name" in joined
    bring(roster(), tmp_path / "a", "banner")
    named.refresh_from_db()
    assert (named.source, named.name) == ("banner", "Ada Okafor")
    parted = client.post(page, {"act": "part", "reason": "A mistake."}, follow=True)
    assert "They are two people again" in text(parted)
    named.refresh_from_db()
    assert (named.source, named.name) == ("award file", "A. Obi")


def test_what_was_put_right_by_hand_stands_beside_what_the_system_says_until_it_says_another(
    college: Any, tmp_path: Path, clara: User, signed_in: SignIn
) -> None:
    bring(roster(), tmp_path / "a", "banner")
    learner = Learner.objects.get(source="banner", given_name="Ada")
    said = learner.family_name
    corrections.correct_learner(learner, by=clara, reason="Married.", family_name="Okafor-Byrne")
    bring(roster(), tmp_path / "a", "banner")
    client = signed_in(clara)
    page = text(client.get(thing_url(learner)))
    assert "Okafor-Byrne" in page
    assert "Put right here" in page
    assert f'banner says <q dir="auto">{said}</q>' in page
    bring(roster(family_name="Obi"), tmp_path / "a", "banner")
    page = text(client.get(thing_url(learner)))
    assert "Put right here" not in page and "Obi" in page


def test_no_mail_about_whom_a_file_named_goes_to_who_was_parted_from_them(
    workshop: Revision, sealed: Sealed, clara: User, dev: User, signed_in: SignIn
) -> None:
    feeds.add("banner", kind="api", source="banner", shares_numbers=True, by=clara)
    award = award_from_a_file(workshop, clara)
    with at_hand(sealed):
        issue(awards.approve(award.batch, by=dev))
    award_mails.announce(award.batch)
    assert award_mails.write_some() == 1
    send("banner", "learners", BY_BANNER)
    first, moved = Mail.objects.order_by("written_at")
    assert (moved.again, moved.to) == (first, BY_BANNER["email"])
    page = thing_url(SamePerson.objects.get())
    signed_in(clara).post(page, {"act": "part", "reason": "A mistake."})
    assert moved.repeats.get().state == Mail.State.FAILED
