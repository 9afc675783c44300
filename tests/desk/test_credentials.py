"""Credentials at the desk: found, revoked, suspended, awarded again."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from issuer.models import Credential, LedgerEntry, StatusChange
from issuer.pages import thing_url
from issuer.services import audit
from registrar.models import Award
from tests.cast import member_of_staff
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


def test_a_credential_is_found_by_its_id_and_by_its_learner(
    adas_credential: Credential, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:issuer_credential_changelist")
    id = str(adas_credential.pk)
    by_id = (
        id,
        adas_credential.urn,
        id[:8],
        f"{id[:8]}…",
        id[:1].upper(),
        id[:11],
        f"urn:uuid:{id[:6]}",
    )
    for words in (*by_id, "byron", "ada by", "1001", "10"):
        assert thing_url(adas_credential) in text(client.get(address, {"q": words})), words
    another = f"{(int(id[0], 16) + 1) % 16:x}{id[1:8]}"
    for words in ("00000000-0000-0000-0000-000000000000", another, f"{id}0", "-", "…", "nobody"):
        assert "Nothing matches" in text(client.get(address, {"q": words})), words


def test_revoking_needs_reason_and_confirmation_and_then_the_verifier_says_so(
    adas_credential: Credential, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = thing_url(adas_credential)
    assert "Valid" in text(client.get(address))
    reason = "The result was somebody else's."
    assert client.post(address, {"act": "revoke", "confirmed": "on"}).status_code == 422
    refused = client.post(address, {"act": "revoke", "reason": reason})
    assert refused.status_code == 422
    assert "somebody else&#x27;s" in text(refused)
    client.post(address, {"act": "revoke", "reason": reason, "confirmed": "on"})
    assert StatusChange.objects.get().by == clara
    assert LedgerEntry.objects.get(act="credential.revoked").reason == reason
    page = text(client.get(address))
    assert "Revoked" in page
    assert "Revoke this credential" not in page


def test_approvers_may_look_at_a_credential_and_not_revoke_it(
    adas_credential: Credential, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(dev)
    assert "Revoke this credential" not in text(client.get(thing_url(adas_credential)))
    answer = client.post(
        thing_url(adas_credential), {"act": "revoke", "reason": "x", "confirmed": "on"}
    )
    assert answer.status_code == 403


def test_registrar_staff_of_another_unit_cannot_revoke(
    adas_credential: Credential, college: Any, root: User, signed_in: SignIn
) -> None:
    client = signed_in(member_of_staff(root, "art-registrar", "registrar", college.arts))
    address = thing_url(adas_credential)
    assert "Revoke this credential" not in text(client.get(address))
    answer = client.post(address, {"act": "revoke", "reason": "Not mine.", "confirmed": "on"})
    assert answer.status_code == 409
    assert not StatusChange.objects.exists()


def test_a_revoked_award_can_be_awarded_again(
    adas_credential: Credential, adas_award: Award, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    assert "Award again" not in text(client.get(thing_url(adas_award)))
    client.post(
        thing_url(adas_credential), {"act": "revoke", "reason": "Misspelt.", "confirmed": "on"}
    )
    assert "Award again" in text(client.get(thing_url(adas_award)))
    client.post(thing_url(adas_award), {"act": "award_again", "reason": "Spelt rightly."})
    again = Award.objects.get(generation=2)
    assert "Replaced by" in text(client.get(thing_url(adas_award)))
    assert again.batch.state == "prepared"


def test_a_credential_is_suspended_and_reinstated_with_reason_and_confirmation(
    adas_licence: Credential, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = thing_url(adas_licence)
    page = text(client.get(address))
    assert "Suspend this credential" in page
    assert "Reinstate" not in page
    said = {"reason": "Her case is under review.", "confirmed": "on"}
    for gap in ("reason", "confirmed"):
        left = {name: value for name, value in said.items() if name != gap}
        assert client.post(address, {"act": "suspend", **left}).status_code == 422
    client.post(address, {"act": "suspend", **said})
    page = text(client.get(address))
    assert "Suspended" in page
    assert "Her case is under review." in page
    assert "Suspend this credential" not in page
    listing = reverse("admin:issuer_credential_changelist")
    assert address in text(client.get(listing, {"standing": "suspended"}))
    assert address not in text(client.get(listing, {"standing": "valid"}))
    assert "Suspended" in text(client.get(thing_url(Award.objects.get())))
    assert client.post(address, {"act": "reinstate", "reason": "Settled."}).status_code == 422
    client.post(address, {"act": "reinstate", "reason": "Settled.", "confirmed": "on"})
    page = text(client.get(address))
    assert "Reinstated" in page
    assert "Suspend this credential" in page
    again = client.post(address, {"act": "reinstate", "reason": "Settled.", "confirmed": "on"})
    assert (again.status_code, "not suspended" in text(again)) == (409, True)


def test_a_whole_batch_is_suspended_and_reinstated(
    adas_licence: Credential, clara: User, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = thing_url(adas_licence.batch)
    said = {"reason": "The exam is looked into.", "confirmed": "on"}
    assert "Suspend the whole batch" not in text(signed_in(dev).get(address))
    assert "Suspend 1 credential" in text(client.get(address))
    assert client.post(address, {"act": "reinstate_all", **said}).status_code == 409
    assert client.post(address, {"act": "suspend_all", "reason": "So."}).status_code == 422
    assert client.post(address, {"act": "suspend_all", **said}).status_code == 302
    page = text(client.get(address))
    assert "1 credential of it is suspended" in page and "Suspend the whole batch" not in page
    assert "Suspended" in text(client.get(thing_url(adas_licence)))
    assert client.post(address, {"act": "suspend_all", **said}).status_code == 409
    assert client.post(address, {"act": "reinstate_all", **said}).status_code == 302
    assert "Suspend the whole batch" in text(client.get(address))
    assert LedgerEntry.objects.get(act="credentials.reinstated").details["positions"] == "0"
    assert audit.check().ok


def test_what_can_be_suspended_can_be_withdrawn_for_good_and_the_page_says_what_that_means(
    adas_licence: Credential, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = thing_url(adas_licence)
    assert "will be told that it is suspended, because" in text(client.get(address))
    client.post(address, {"act": "revoke", "reason": "Struck off.", "confirmed": "on"})
    page = text(client.get(address))
    assert "It was withdrawn for good." in page
    assert "Reinstate this credential" not in page
    assert "Suspend this credential" not in page


def test_what_can_be_revoked_is_not_offered_to_be_suspended(
    adas_credential: Credential, clara: User, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = thing_url(adas_credential)
    assert "Suspend" not in text(client.get(address))
    said = {"act": "suspend", "reason": "Under review.", "confirmed": "on"}
    answer = client.post(address, said)
    assert (answer.status_code, "can be revoked, not suspended" in text(answer)) == (409, True)
    assert signed_in(dev).post(address, said).status_code == 403
