"""The outbox, as people look into it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from config import waiting
from issuer.models import Mail
from issuer.services import links, outbox
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db

LIST = "admin:issuer_mail_changelist"


@pytest.fixture
def mail(college: Any) -> Mail:
    return outbox.write(
        to="maria@harbour.example",
        to_name="María de la Ó",
        subject="Confirm something",
        text="It is <b>about</b> Ada.",
        why="confirmation.asked",
        link="/confirm/1",
    )


def address(mail: Mail) -> str:
    return reverse("admin:issuer_mail_change", args=[mail.pk])


def test_a_mail_is_found_by_recipient_and_state_and_its_link_is_shown_to_nobody(
    mail: Mail, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    assert "Confirm something" in text(client.get(reverse(LIST), {"q": "harbour"}))
    assert "Confirm something" not in text(client.get(reverse(LIST), {"q": "Ada"}))
    assert "Confirm something" not in text(client.get(reverse(LIST), {"state__exact": "sent"}))
    Mail.objects.create(to="x@y.example", subject="Other", text="Other", why="learner.sign_in")
    assert "Learner sign in</a>" in text(client.get(reverse(LIST)))
    page = text(client.get(address(mail)))
    assert "It is &lt;b&gt;about&lt;/b&gt; Ada." in page
    assert "Confirmation asked" in page
    assert links.seal("/confirm/1") not in page
    assert links.seal("/confirm/1").rpartition("/")[2] not in page


def test_what_has_not_arrived_waits_at_the_desk_until_it_is_sent_again(
    mail: Mail, clara: User, chen: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    assert "Send it again" not in text(client.get(address(mail)))
    assert client.post(address(mail), {"act": "again"}).status_code == 409
    Mail.objects.update(state="failed", answer="550 5.1.1 no such person")
    (task,) = [each for each in waiting.tasks(clara) if "mail" in each.what]
    assert (task.number, task.url) == (1, address(mail))
    page = text(client.get(address(mail)))
    assert "550 5.1.1 no such person" in page
    assert "Not sent" in page
    assert client.post(address(mail), {"act": "again", "reason": "It is there now."})
    again = Mail.objects.get(again=mail)
    assert again.state == "queued"
    assert [each for each in waiting.tasks(clara) if "mail" in each.what] == []
    assert "Sent again" in text(client.get(address(mail)))
    assert signed_in(chen).get(address(mail)).status_code == 403
