"""A learner's application brings badges of others over HTTP, to the web server that is run."""

import http.client
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from issuer.services import clock
from issuer.vc.data_integrity import proofs
from issuer.vc.signers import P256Signer
from registrar.models import HostedCredential, Learner
from tests.cast import College
from tests.public.learner_door import app_of
from tests.public.test_badge_api import badge, fits
from tests.public.test_verify_page import DID, KEY_ID
from tests.web_server import served

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]

PATH = "/ims/ob/v3p0/credentials"
FORGER = P256Signer((12).to_bytes(32))


class Wire:
    """Requests with a learner's token, each over a connection of its own."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, body: str | None = None) -> tuple[int, str]:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            line.request(method, PATH, body=body and body.encode(), headers=self._headers)
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        finally:
            line.close()


def forgeries(good: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What is not the stranger's, though it says so, by what was done to it."""
    unsigned = {name: value for name, value in good.items() if name != "proof"}
    of_college = {"id": settings.ISSUER_DID, "type": ["Profile"], "name": "Small College"}
    other_key = proofs.add_proof(
        unsigned,
        signer=FORGER,
        verification_method=KEY_ID,
        created=clock.now(),
        cryptosuite="ecdsa-rdfc-2019",
    )
    return {
        "words changed": good | {"name": "Doctor of Medicine"},
        "no proof": unsigned,
        "the proof of another": good | {"proof": badge(2)["proof"]},
        "signed by another key": other_key,
        "in the name of the college": badge(3, issuer=of_college),
    }


def test_a_strangers_badge_is_kept_as_it_came_and_no_forged_one_is(
    college: College, ada: Learner, tmp_path: Path, shared_data: Path
) -> None:
    good = badge(to=ada.email)
    text = json.dumps(good, indent=1)
    with served(tmp_path) as port:
        wire = Wire(port, app_of(ada.email).tokens["access_token"])
        for what, forged in forgeries(good).items():
            status, said = wire.ask("POST", json.dumps(forged))
            assert status == 400, what
            fits(shared_data, "ob_v3p0_imsx_statusinfo", json.loads(said))
            assert "cannot be relied on" in json.loads(said)["imsx_description"], what
        assert json.loads(wire.ask("GET")[1])["credential"] == []
        assert wire.ask("POST", text) == (201, text)
        assert wire.ask("POST", text) == (304, "")
        for what, forged in forgeries(good).items():
            assert wire.ask("POST", json.dumps(forged))[0] == 400, what
        assert json.loads(wire.ask("GET")[1])["credential"] == [good]
    held = HostedCredential.objects.get()
    assert (held.learner_id, held.issuer_id, held.text) == (ada.pk, DID, text)
