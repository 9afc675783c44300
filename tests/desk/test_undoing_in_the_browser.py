"""A wrong batch is undone at the desk: everything that it holds, in one act."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from issuer.models import SigningKey, StatusList
from issuer.pages import thing_url
from issuer.services import publishing, status
from registrar.models import Learner, Revision
from registrar.services.awarding import awards, withdrawal_mails
from tests.cast import SIS, College, issue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

COUNT = 300


@pytest.mark.timeout(600)
def test_a_wrong_batch_is_revoked_in_four_clicks_and_the_list_says_so(
    page: Any,
    key: SigningKey,
    college: College,
    cells: Revision,
    clara: User,
    dev: User,
    open_as: Any,
) -> None:
    learners = Learner.objects.bulk_create(
        Learner(
            source=SIS,
            sourced_id=f"w{n}",
            number=f"w{n}",
            family_name=f"Name {n}",
            email=f"w{n}@college.example",
        )
        for n in range(COUNT)
    )
    for learner in learners:
        college.enrol(learner)
        college.grade(learner, "Pass")
    batch = awards.prepare(awards.evaluate(cells, at=timezone.now()), by=clara)
    assert batch is not None
    issue(awards.approve(batch, by=dev))
    open_as(page, clara, thing_url(batch))
    page.click("summary:has-text('Revoke the whole batch')")
    page.fill("#reason-revoke_all", "The wrong term was chosen.")
    page.wait_for_selector("#withdrawal-mail:has-text('Why: The wrong term was chosen.')")
    page.check("#confirmed-revoke_all")
    page.check("#tells-learners")
    page.click(f"button:has-text('Revoke {COUNT:,} credentials')", timeout=120_000)
    page.wait_for_selector(f"text={COUNT:,} credentials of it are revoked", timeout=120_000)
    (status_list,) = status.lists_to_publish()
    publishing.publish(status_list)
    newest = status.newest_publication(StatusList.objects.get())
    assert newest is not None
    bits = status.published_bits(newest)
    assert sum(byte.bit_count() for byte in bits) == COUNT
    assert withdrawal_mails.write_some() == withdrawal_mails.AT_ONCE
