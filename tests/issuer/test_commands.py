"""The commands that outside scripts rely on."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from issuer.models import Achievement, Batch, Credential, LedgerEntry, SecuredDocument, SigningKey
from issuer.services import keys
from tests.issuer import badges
from tests.issuer.superuser import without_triggers


def run(name: str, *arguments: str) -> str:
    """The last line that a command prints."""
    out = io.StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue().splitlines()[-1]


@pytest.fixture
def credential(
    approved: Callable[..., Batch], achievement: Achievement, key: SigningKey
) -> Credential:
    """One that is signed."""
    badges.issue(approved(1), achievement)
    return Credential.objects.get()


@pytest.fixture
def file(credential: Credential, tmp_path: Path) -> Path:
    """It, in a file."""
    path = tmp_path / "credential.json"
    path.write_text(SecuredDocument.objects.get().body)
    return path


def test_create_key_makes_the_key_that_signs(keystore: Path, db: None, settings: Any) -> None:
    said = run("create_key")
    key = keys.active(settings.ISSUER_DID)
    assert said.startswith(key.verification_method)
    run("create_key")
    key.refresh_from_db()
    assert key.state == SigningKey.State.RETIRED


def test_create_key_refuses_where_the_secret_is_not(
    keystore: Path, db: None, settings: Any
) -> None:
    settings.KEYSTORE_SECRET_FILE = None
    with pytest.raises(CommandError, match="only the signer"):
        run("create_key")


def test_check_ledger_tells_whether_it_is_in_order(credential: Credential) -> None:
    entries = LedgerEntry.objects.count()
    expected = {"entries": entries, "ok": True, "first_bad": None, "faults": []}
    assert json.loads(run("check_ledger", "--json")) == expected
    assert str(entries) in run("check_ledger")
    with without_triggers():
        LedgerEntry.objects.filter(sequence=2).update(reason="Another")
    fault = "Entry 2 was changed or is missing."
    expected = {"entries": entries, "ok": False, "first_bad": 2, "faults": [fault]}
    assert json.loads(run("check_ledger", "--json")) == expected
    with pytest.raises(CommandError, match="Entry 2"):
        run("check_ledger")


def test_verify_credential_names_its_checks(file: Path) -> None:
    report = json.loads(run("verify_credential", str(file), "--json"))
    assert report["verdict"] == "valid"
    assert {check["outcome"] for check in report["checks"]} == {"passed"}
    assert set(report["checks"][0]) == {"id", "outcome", "detail"}
    assert run("verify_credential", str(file)) == "valid"


def test_verify_credential_tells_what_is_wrong(file: Path) -> None:
    file.write_text(file.read_text().replace("BBB", "AAA"))
    report = json.loads(run("verify_credential", str(file), "--json"))
    assert report["verdict"] == "invalid"
    with pytest.raises(CommandError):
        run("verify_credential", str(file))


def test_verify_credential_needs_a_file_that_can_be_read(tmp_path: Path, db: None) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run("verify_credential", str(tmp_path / "nothing.json"))
