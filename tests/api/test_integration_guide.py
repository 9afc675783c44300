"""What the guide for integrators shows runs as it stands, in a sandbox."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from oauth2_provider.models import Application
from rest_framework.test import APIClient

from issuer.errors import SandboxIsFixed
from issuer.models import Credential, SigningKey
from issuer.pages import thing_url
from issuer.services import institutions
from registrar.management.drawn import DrawnSecrets
from registrar.management.example_college import ExampleCollege
from registrar.models import Learner, Revision
from registrar.services.drafting import publication

CAN_SIGN = bool(shutil.which("curl") and shutil.which("openssl"))
GUIDE = Path(__file__).resolve().parents[2] / "deploy" / "integrate.md"

SCOPES = (
    *(
        "vc.issue",
        "catalog.read",
        "catalog.write",
        "learners.write",
        "results.write",
        "templates.draft",
    ),
    *("templates.read", "rules.evaluate", "awards.read", "credentials.read"),
    "credentials.addresses",
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(
    key: SigningKey,
    root: User,
    at_once: None,
    live_server: Any,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Callable[..., str]:
    """Runs what the guide shows in a language, for a client of a sandbox; what is told."""
    institutions.set_up(by=root, is_sandbox=True)
    scopes = [f"--scope={scope}" for scope in SCOPES]
    by = f"--by={root.username}"
    call_command("add_client", "Student information system", *scopes, by, "--json")
    client = json.loads(capsys.readouterr().out)
    told = {
        "BASE": live_server.url,
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client["secret"],
    }

    def run(language: str, *command: str, is_refused: bool = False, **other: str) -> str:
        (text,) = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL)
        done = subprocess.run(
            command,
            input=text,
            cwd=tmp_path,
            env=os.environ | told | other,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert (done.returncode != 0) == is_refused, done.stderr
        return done.stderr if is_refused else done.stdout

    return run


def test_the_python_of_the_guide_goes_from_a_token_to_a_credential(run: Callable[..., str]) -> None:
    tried, sent, issued = run("python", sys.executable, "-").splitlines()
    assert tried == sent == "created []"
    assert issued.startswith("First steps (sandbox) ")
    assert settings.ISSUER_DID in issued
    assert Learner.objects.get(source="trial").given_name == "Ada"
    assert Credential.objects.get().composed_id == "https://trial.example/badges/1"
    again = run("python", sys.executable, "-").splitlines()
    assert again == ["unchanged []", "unchanged []", issued]


def test_the_guide_names_the_lists_that_do_not_tell_what_changed_since(client: Client) -> None:
    as_json = {"accept": "application/vnd.oai.openapi+json"}
    (told,) = re.findall(r"Without `updated_since` are (.*?)\.\n", GUIDE.read_text(), re.DOTALL)
    found = json.loads(client.get("/api/v1/schema", headers=as_json).content)
    names = found["components"]["parameters"]
    lists = set()
    for path, operations in found["paths"].items():
        given = operations.get("get", {}).get("parameters", [])
        each = [names.get(one.get("$ref", "").rpartition("/")[2], one).get("name") for one in given]
        if "limit" in each and "updated_since" not in each:
            lists.add(f"/{path.rpartition('/')[2]}")
    assert set(re.findall(r"`(/\w+)`", told)) == lists


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_of_the_guide_does_the_same(run: Callable[..., str]) -> None:
    tried, sent, issued = map(json.loads, run("sh", "sh").splitlines())
    assert tried["rows"][0]["status"] == sent["rows"][0]["status"] == "created"
    assert issued["verifiableCredential"]["name"] == "First steps (sandbox)"
    assert Credential.objects.count() == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_who_is_refused_is_told_why_by_each_script_of_the_guide(run: Callable[..., str]) -> None:
    for language, *command in (
        ("python", sys.executable, "-"),
        ("py", sys.executable, "-"),
        ("sh", "sh"),
    ):
        said = run(language, *command, is_refused=True, CLIENT_SECRET="not it")
        assert "No client has this id and this secret" in said, language
        assert "Traceback" not in said, language


def test_the_order_of_the_guide_ends_with_a_credential_by_its_rule_once_a_person_has_approved(
    run: Callable[..., str], client: Any, dev: User
) -> None:
    for scope in SCOPES[1:]:
        assert f"`{scope}`" in GUIDE.read_text()
    *sent, told = run("py", sys.executable, "-").splitlines()
    assert len(sent) == 9 and all("created" in line.split() for line in sent)
    assert told == "template submitted - would award 1 - has awarded 0"
    call_command("run_nightly")
    assert not Credential.objects.exists()
    client.force_login(dev)
    revision = Revision.objects.get(template__slug="trial-care")
    assert client.post(thing_url(revision), {"act": "approve"}).status_code == 302
    call_command("run_nightly")
    *sent, told, issued = run("py", sys.executable, "-").splitlines()
    assert {word for line in sent for word in line.split()[1:]} == {"unchanged"}
    assert told == "template approved - would award 0 - has awarded 1"
    state, page, *reasons = issued.split()
    assert state == "valid" and "Pass" in " ".join(reasons)
    assert "Care (sandbox)" in Client().get(page).content.decode()


@pytest.mark.skipif(not CAN_SIGN, reason="openssl or curl is not installed")
def test_the_key_of_the_guide_opens_once_it_is_registered(
    run: Callable[..., str], tmp_path: Path, root: User
) -> None:
    run("bash", "sh")
    client = Application.objects.get()
    keys = str(tmp_path / "keys.json")
    call_command("register_keys", client.client_id, "--by", root.username, "--jwks", keys)
    token = run("shell", "sh").splitlines()[-1]
    answer = APIClient().post("/api/v1/learners?source=trial", [], format="json")
    assert "oauth-protected-resource" in answer["WWW-Authenticate"]
    system = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert system.post("/api/v1/learners?source=trial", [], format="json").status_code == 200


def test_a_sandbox_says_so_everywhere(client: Any, draft: Revision, root: User) -> None:
    institutions.set_up(by=root, is_sandbox=True)
    profile = institutions.profile(institutions.get())
    assert profile.name == "Small College (sandbox: not real)"
    assert publication.preview(draft).name == "Cells (sandbox)"
    assert "SANDBOX" in publication.seal(draft)
    assert "This is a sandbox." in client.get("/verify").content.decode()


def test_the_example_is_loaded_as_a_sandbox_if_one_asks_for_it(db: None, tmp_path: Path) -> None:
    for is_sandbox in (False, True, False):
        ExampleCollege(DrawnSecrets(tmp_path / "kept"), is_sandbox=is_sandbox).load_people()
    assert institutions.is_sandbox()


def test_what_is_a_sandbox_stays_one(adas_credential: Credential, root: User) -> None:
    with pytest.raises(SandboxIsFixed):
        institutions.set_up(by=root, is_sandbox=True)
    institutions.set_up(by=root, is_sandbox=False)
