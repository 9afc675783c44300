"""Stacks: how far learners are on the way to a credential that is made of others."""

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from issuer.errors import BadAddress
from issuer.models import Credential, Mail
from issuer.services import links
from registrar import rules
from registrar.models import Learner, Revision
from registrar.services.awarding import award_mails, awards
from registrar.services.deciding import stacks
from registrar.services.drafting import templates
from tests.cast import College, held, issue

pytestmark = pytest.mark.django_db


def test_what_is_missing_is_counted_on_the_shortest_way() -> None:
    one, two, three, four = (held(name) for name in ("one", "two", "three", "four"))
    rule = rules.parse({"all": [one, {"at_least": 2, "of": [two, three, four]}, {"not": four}]})
    leaf = {each.target: each for each in rule.leaves()}
    assert rules.asked(rule) == 3
    assert rules.missing(rule, {leaf["one"], leaf["two"]}) == 1
    assert rules.missing(rule, {leaf["one"], leaf["two"], leaf["three"]}) == 0
    assert rules.missing(rule, {leaf["one"], leaf["two"], leaf["four"]}) == 1
    assert rules.missing(rules.parse({"any": [one, {"all": [two, three]}]}), {leaf["three"]}) == 1


def test_a_learner_has_some_parts_and_reads_what_the_others_still_need(
    naturalist: Revision, adas_credential: Credential, ada: Learner, ben: Learner, college: College
) -> None:
    standing = stacks.standing(naturalist, ada)
    assert (standing.had, standing.asked, standing.missing) == (1, 2, 1)
    assert standing.words == "1 of the 2 needed, 1 more to come."
    cells, workshop, birds = standing.parts
    assert cells.is_had and cells.page and cells.day
    assert not workshop.is_had and workshop.revision and not workshop.whys
    assert birds.revision is None
    college.enrol(ben)
    (cells, *_) = stacks.standing(naturalist, ben).parts
    assert not cells.is_had and "There is no final result" in cells.whys[0].sentence
    college.grade(ben, "Pass")
    assert stacks.standing(naturalist, ben).parts[0].is_earned
    assert [each.revision for each in stacks.begun(ada)] == [naturalist]
    assert stacks.begun(ben) == []
    board = stacks.board(naturalist)
    assert board.counts == [(0, 1), (1, 1), (2, 0)]
    assert board.learners(0) == [ben.pk]


def test_the_mail_about_a_part_leads_to_a_page_for_its_learner_alone(
    naturalist: Revision, adas_credential: Credential, ada: Learner, clara: User
) -> None:
    award_mails.announce(adas_credential.batch)
    assert award_mails.write_some() == 1
    mail = Mail.objects.get()
    assert "- Naturalist" in mail.text
    path = stacks.path_for(ada)
    assert mail.link == path
    address = links.seal(path).removeprefix(django_settings.BASE_URL)
    page = Client().get(address).content.decode()
    assert "Naturalist" in page and "1 more to come" in page and "Birds" in page
    assert Client().get(f"{path}/not-the-seal").status_code == 404
    assert stacks.send(ada, by=clara).link == path
    Learner.objects.update(email="")
    ada.refresh_from_db()
    with pytest.raises(BadAddress):
        stacks.send(ada, by=clara)


def test_whoever_has_all_parts_is_awarded_the_whole(
    naturalist: Revision, adas_credential: Credential, ada: Learner, clara: User, dev: User
) -> None:
    with_one = templates.revise(naturalist.template, by=clara)
    templates.edit(with_one, by=clara, rule={"all": [held("cells")]})
    revision = templates.approve(templates.submit(with_one, by=clara), by=dev)
    assert stacks.standing(revision, ada).words == "All that is asked for is there."
    batch = awards.prepare(awards.evaluate(revision, at=timezone.now()), by=clara)
    assert batch is not None
    issue(awards.approve(batch, by=dev))
    assert stacks.standing(revision, ada).award.state == "valid"
