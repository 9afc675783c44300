"""Corrections at the desk: a learner's name put right, a credential replaced, a second person."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from issuer.models import Credential
from issuer.pages import thing_url
from registrar.models import Award, Correction, Learner
from registrar.services.awarding import correction_policies, corrections
from tests.cast import issue
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db

WHY = "The deed was shown."


def form(**changes: str) -> dict[str, str]:
    said = {"given_name": "Ada", "family_name": "Byron", "email": "ada@college.example"}
    return said | {"reason": WHY, "leads_on": "on"} | changes


def test_a_name_is_put_right_from_the_learners_page(
    adas_credential: Credential, ada: Learner, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:registrar_learner_correct", args=[ada.pk])
    assert address in text(client.get(thing_url(ada)))
    page = text(client.get(address))
    assert "it does not carry the name" in page and "recognised by the address" in page
    assert client.post(address, form(reason="")).status_code == 422
    refused = client.post(address, form(family_name="Byron", email=ada.email))
    assert refused.status_code == 409
    assert "Nothing is different" in text(refused)
    said = client.post(address, form(family_name="King", email=ada.email), follow=True)
    assert "No credential had to be replaced" in text(said)
    assert "Ada King" in text(said)
    correction = Correction.objects.get()
    assert thing_url(correction) in text(said)
    assert "<del" in text(client.get(thing_url(correction)))


def test_what_changed_since_the_page_was_opened_stays(
    ada: Learner, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:registrar_learner_correct", args=[ada.pk])
    page = text(client.get(address))
    assert 'name="initial-email"' in page
    before = {f"initial-{name}": getattr(ada, name) for name in corrections.FIELDS}
    Learner.objects.filter(pk=ada.pk).update(email="ada@new.example")
    client.post(address, form(family_name="King", email=ada.email) | before)
    ada.refresh_from_db()
    assert (ada.family_name, ada.email) == ("King", "ada@new.example")


@pytest.mark.usefixtures("at_once")
def test_a_credential_is_corrected_on_its_page_and_both_lead_to_each_other(
    adas_credential: Credential, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = thing_url(adas_credential)
    assert "Correct this credential" in text(client.get(address))
    assert client.post(address, {"act": "correct"}).status_code == 422
    said = client.post(address, {"act": "correct", "reason": "A slip."}, follow=True)
    assert "One credential is replaced" in text(said)
    newer = Award.objects.get(replaces__isnull=False)
    assert thing_url(newer) in text(said)
    assert "Correct this credential" not in text(said)
    issue(newer.batch)
    assert "Superseded" in text(client.get(address))


def test_a_second_person_confirms_what_waits_at_home(
    adas_credential: Credential, ada: Learner, clara: User, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    settle = reverse("admin:registrar_correctionpolicy_settle")
    assert client.post(settle, {"needs_second": "yes", "reason": ""}).status_code == 422
    client.post(settle, {"needs_second": "yes", "reason": "The auditors ask for it."})
    assert correction_policies.current().needs_second
    address = reverse("admin:registrar_learner_correct", args=[ada.pk])
    said = text(client.post(address, form(email="ada@king.example"), follow=True))
    assert "A second person confirms it" in said
    correction = Correction.objects.get()
    own = text(client.get(thing_url(correction)))
    assert "You asked for it" in own and "Confirm the correction" not in own
    assert "correction to confirm" not in text(client.get("/admin/"))
    client = signed_in(dev)
    assert "correction to confirm" in text(client.get("/admin/"))
    assert "Confirm the correction" in text(client.get(thing_url(correction)))
    said = client.post(thing_url(correction), {"act": "confirm"}, follow=True)
    assert "One credential is replaced" in text(said)


def test_a_learner_is_corrected_by_nobody_without_the_right(
    adas_credential: Credential, ada: Learner, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(dev)
    address: Any = reverse("admin:registrar_learner_correct", args=[ada.pk])
    assert address not in text(client.get(thing_url(ada)))
    assert client.post(address, form(family_name="King")).status_code == 403
