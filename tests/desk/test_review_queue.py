"""The queue of awards at the desk: chosen people are awarded or withdrawn in one act."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from config import waiting
from config.waiting import Task
from issuer.models import Batch, Credential
from issuer.pages import thing_url
from registrar.models import Award, Learner, Revision
from registrar.services.awarding import review_queue
from registrar.services.drafting import templates
from tests.cast import College
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


def test_people_are_awarded_and_awards_withdrawn_from_the_queue(
    college: College,
    cells: Revision,
    adas_credential: Credential,
    adas_award: Award,
    ada: Learner,
    ben: Learner,
    clara: User,
    dev: User,
    signed_in: SignIn,
) -> None:
    college.grade(ben, "Pass")
    college.supersede(ada.results.current().get(), "Fail")
    client = signed_in(clara)
    queues = reverse("admin:registrar_award_queues")
    assert "No credential is awarded by a queue" in text(client.get(queues))
    assert "Cells" in text(client.get(queues, {"all": "yes"}))
    counts = text(client.get(reverse("admin:registrar_award_queue_counts", args=[cells.pk])))
    assert "1 to award" in counts and "1 to withdraw" in counts
    address = reverse("admin:registrar_award_queue", args=[cells.pk])
    assert "1002" in text(client.get(address))
    lapsed = text(client.get(address, {"show": "lapsed"}))
    assert "is Fail" in lapsed and "Withdraw the chosen" in lapsed

    nobody = client.post(address, {"act": "new"})
    assert (nobody.status_code, "Tick somebody" in text(nobody)) == (422, True)
    sent = {"act": "lapsed", "chosen": [adas_award.pk]}
    refused = client.post(f"{address}?show=lapsed", sent)
    assert refused.status_code == 409 and " checked" in text(refused)
    assert client.post(address, sent | {"reason": "Corrected"}).status_code == 302
    assert client.post(address, {"act": "new", "everybody": "yes"}).status_code == 302
    assert Batch.objects.filter(state="prepared").get().count == 1
    page = text(client.get(thing_url(adas_award)))
    assert "What became of it" in page and "<strong>Revoked</strong>" in page
    assert "Nobody." in text(client.get(address))
    assert client.post(address, {"act": "nonsense"}).status_code == 404
    approver = signed_in(dev)
    assert "Withdraw the chosen" not in text(approver.get(address, {"show": "lapsed"}))
    forbidden = approver.post(address, {"act": "new", "everybody": "yes"})
    assert forbidden.status_code == 409


def test_who_waits_in_a_queue_is_shown_at_home_until_somebody_has_decided(
    college: College, cells: Revision, ada: Learner, ben: Learner, clara: User, dev: User
) -> None:
    second = templates.revise(cells.template, by=clara)
    templates.edit(second, by=clara, awarding="review")
    revision = templates.approve(templates.submit(second, by=clara), by=dev)
    for learner in (ada, ben):
        college.grade(learner, "Pass")

    def asked() -> list[Task]:
        return [task for task in waiting.tasks(clara) if "decide on" in task.what]

    counted = review_queue.count_one()
    assert counted is not None and review_queue.count_one() is None
    url = reverse("admin:registrar_award_queue", args=[revision.pk])
    assert asked() == [Task(2, "awards to decide on", "Decide", url, counted.since)]
    review_queue.award(revision, {ada.pk}, by=clara)
    assert review_queue.count_one() is not None
    assert asked() == [Task(1, "award to decide on", "Decide", url, counted.since)]
    review_queue.award(revision, None, by=clara)
    review_queue.count_one()
    assert asked() == []
