"""A skill inside an issued credential may be retired and replaced; it still reads right."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from issuer.models import Achievement, Credential
from skills.models import Skill
from tests.cast import College
from tests.skills.test_histories import bring, link, skill

pytestmark = pytest.mark.django_db


def test_a_retired_and_replaced_skill_in_a_credential_resolves_and_reads_as_it_did(
    college: College, adas_credential: Credential, client: Client
) -> None:
    old = college.skills[0]
    alignment = Achievement.objects.get().document["alignment"][0]
    address = urlsplit(alignment["targetUrl"]).path
    assert "Retired" not in client.get(address).content.decode()

    later = timezone.now() + timedelta(days=1)
    bring(
        skill("Notice"),
        at=later,
        name=old.framework.identifier,
        associations=[link("replacedBy", old.identifier, "Notice")],
    )
    assert Skill.objects.get(pk=old.pk).retired_at == later

    page = client.get(address)
    text = page.content.decode()
    assert page.status_code == 200
    assert "Observe" in text and "The graduate can observe." in text
    assert "Retired on" in text and "Replaced by" in text
    successor = Skill.objects.get(identifier="Notice")
    assert f"/skills/{successor.uuid}" in text
    assert client.get(f"/skills/{successor.uuid}").status_code == 200
    assert Achievement.objects.get().document["alignment"][0] == alignment
    achievement = client.get(urlsplit(Achievement.objects.get().url).path).content.decode()
    assert "Observe" in achievement and address in achievement


def test_a_reworded_skill_shows_what_it_said_before(
    college: College, adas_credential: Credential, client: Client
) -> None:
    Skill.objects.filter(pk=college.skills[0].pk).update(
        statement="The graduate can watch.", worded_at=timezone.now()
    )
    text = client.get(f"/skills/{college.skills[0].uuid}").content.decode()
    assert "The graduate can watch." in text
    assert "Former wordings" in text and "The graduate can observe." in text


def test_a_skill_that_nobody_has_is_not_found(client: Client, db: None) -> None:
    assert client.get("/skills/5f7d3b3c-5a0c-4d0e-9a75-6f6a3c1a0b99").status_code == 404
