"""The commands that outside scripts rely on."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from issuer.models import Achievement, Batch, Credential, LedgerEntry, SecuredDocument, SigningKey
from issuer.services import keys
from issuer.vc import baking
from tests.issuer import badges
from tests.issuer.superuser import without_triggers

pytestmark = pytest.mark.thorough


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


def test_mark_compromised_takes_back_what_the_key_signed(
    credential: Credential, key: SigningKey, file: Path
) -> None:
    command = ("mark_compromised", key.handle, "--reason", "The server was broken into", "--yes")
    assert run(*command).startswith(key.verification_method)
    key.refresh_from_db()
    assert key.state == SigningKey.State.COMPROMISED
    entry = LedgerEntry.objects.get(act="key.compromised")
    assert (entry.actor, entry.reason) == ("system", "The server was broken into")
    with pytest.raises(CommandError):
        run("verify_credential", str(file))
    with pytest.raises(CommandError, match="This key is compromised"):
        run(*command)


def test_mark_compromised_asks_for_the_handle(
    credential: Credential, key: SigningKey, monkeypatch: Any
) -> None:
    def run_and_type(typed: str) -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        return run("mark_compromised", key.verification_method, "--reason", "It was copied")

    for typed in ("", "yes\n"):
        with pytest.raises(CommandError, match="nothing was changed"):
            run_and_type(typed)
    key.refresh_from_db()
    assert key.state == SigningKey.State.ACTIVE
    assert run_and_type(f"{key.handle}\n").endswith("nothing it signed is valid.")


def test_mark_compromised_is_the_act_of_who_may(
    key: SigningKey, registrar: User, admin_user: User
) -> None:
    rest = ("--reason", "It was copied", "--yes", "--by")
    for by, why in (("nobody", "nobody"), (registrar.username, "an operator")):
        with pytest.raises(CommandError, match=why):
            run("mark_compromised", key.handle, *rest, by)
    with pytest.raises(CommandError, match="no key key-0"):
        run("mark_compromised", "key-0", *rest, admin_user.username)
    run("mark_compromised", key.handle, *rest, admin_user.username)
    assert LedgerEntry.objects.get(act="key.compromised").user == admin_user


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


def test_verify_credential_tells_of_all_that_is_inside(file: Path) -> None:
    record = {
        "type": ["VerifiableCredential", "ClrCredential"],
        "credentialSubject": {"verifiableCredential": [json.loads(file.read_text())]},
        "refreshService": {"id": "https://a.example", "type": "1EdTechCredentialRefresh"},
    }
    file.write_text(json.dumps(record))
    found = json.loads(run("verify_credential", str(file), "--json"))
    assert (found["verdict"], found["kind"], found["issuer"]) == ("invalid", "record", "")
    (inner,) = found["contains"]
    assert inner["place"] == "/credentialSubject/verifiableCredential/0"
    assert (inner["verdict"], inner["kind"], inner["contains"]) == ("valid", "badge", [])
    assert len(found["remarks"]) == 1
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify_credential", str(file), stdout=out)
    assert f"{inner['place']}: badge, valid" in out.getvalue()
    assert "newer edition" in out.getvalue()


def test_verify_credential_opens_images_and_reads_standard_input(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><g/></svg>"
    image = io.BytesIO(baking.bake(svg, file.read_text()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(image))
    found = json.loads(run("verify_credential", "-", "--json"))
    assert (found["verdict"], found["wrappings"]) == ("valid", ["svg"])


def test_verify_credential_asks_whom_it_is_about_if_told_to(file: Path) -> None:
    found = json.loads(run("verify_credential", str(file), "--json", "--person", "learner-0"))
    assert found["verdict"] == "valid"
    assert found["checks"][-1]["id"] == "recipient"
    with pytest.raises(CommandError):
        run("verify_credential", str(file), "--person", "learner-1")


def test_verify_credential_needs_a_file_that_can_be_read(tmp_path: Path, db: None) -> None:
    with pytest.raises(CommandError, match=r"There is no file .*nothing\.json\."):
        run("verify_credential", str(tmp_path / "nothing.json"))
    with pytest.raises(CommandError, match="There is no credential"):
        run("verify_credential", str(tmp_path))


def fails(name: str, *arguments: str) -> tuple[dict[str, Any], str]:
    """The outcome and the sentence of a command that fails."""
    out = io.StringIO()
    with pytest.raises(CommandError) as failed:
        call_command(name, *arguments, "--json", stdout=out)
    (line,) = out.getvalue().splitlines()
    assert failed.value.returncode == 1
    return json.loads(line), str(failed.value)


def test_verify_credential_ends_with_json_without_a_file_too(tmp_path: Path, db: None) -> None:
    for path in (tmp_path / "nothing.json", tmp_path):
        outcome, said = fails("verify_credential", str(path))
        assert outcome == {"verdict": "unknown", "checks": [], "contains": [], "error": said}


def test_what_is_no_credential_has_a_verdict(tmp_path: Path, db: None) -> None:
    path = tmp_path / "noise"
    path.write_bytes(bytes(range(256)))
    assert json.loads(run("verify_credential", str(path), "--json"))["verdict"] == "invalid"


def all_lines(*arguments: str) -> tuple[list[dict[str, Any]], int]:
    """What a command says in JSON, and the status that it ends with."""
    out, status = io.StringIO(), 0
    try:
        call_command(*arguments, "--json", stdout=out)
    except CommandError as failed:
        status = failed.returncode
    return [json.loads(line) for line in out.getvalue().splitlines()], status


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_verify_credential_takes_folders_archives_and_lines(
    file: Path, tmp_path: Path, jobs: str
) -> None:
    body = file.read_text()
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "b.json").write_text(body)
    (folder / "a.json").write_text(body.replace("BBB", "AAA"))
    (folder / ".hidden").write_text("noise")
    with zipfile.ZipFile(folder / "c.zip", "w") as archive:
        archive.writestr("deep/d.json", body)
        archive.writestr("e.txt", "noise")
    (folder / "f.jsonl").write_text(f"{body}\n\n{'x' * 2_000_000}\n{body}")
    *found, last = all_lines("verify_credential", str(folder), "--jobs", jobs)[0]
    assert [(each["file"].removeprefix(f"{folder}/"), each["verdict"]) for each in found] == [
        ("a.json", "invalid"),
        ("c.zip/deep/d.json", "valid"),
        ("c.zip/e.txt", "invalid"),
        ("f.jsonl:1", "valid"),
        ("f.jsonl:3", "unknown"),
        ("f.jsonl:4", "valid"),
        ("inner/b.json", "valid"),
    ]
    assert "more than" in found[4]["error"]
    assert last == {"verdict": "invalid", "verified": 7, "valid": 4, "invalid": 2, "unknown": 1}


def test_verify_credential_ends_with_the_worst_of_many(file: Path, tmp_path: Path) -> None:
    missing, wrong, broken = (tmp_path / name for name in ("missing", "wrong", "broken.zip"))
    wrong.write_bytes(b"noise")
    broken.write_bytes(b"noise")
    for files, expected, verdict in (
        ([file, file], 0, "valid"),
        ([file, missing], 2, "unknown"),
        ([broken], 2, "unknown"),
        ([file, wrong, missing], 1, "invalid"),
    ):
        said, status = all_lines("verify_credential", *map(str, files), "--jobs", "1")
        assert (status, said[-1]["verdict"]) == (expected, verdict)
        assert said[-1]["verified"] == len(files) == len(said) - 1
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 of 3 are not"):
        call_command("verify_credential", str(file), str(wrong), str(missing), stdout=out)
    valid, invalid, unknown, together = out.getvalue().splitlines()
    assert valid == f"valid    {file}"
    assert invalid.startswith(f"invalid  {wrong}: structure: This is neither")
    assert unknown == f"unknown  {missing}: There is no file {missing}."
    assert together == "1 valid, 1 invalid, 1 unknown"


def test_verify_credential_reads_lines_from_standard_input(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = io.BytesIO(f"{file.read_text()}\n".encode() * 3)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(text))
    said, status = all_lines("verify_credential", "-", "--lines", "--jobs", "2")
    assert (status, said[-1]["valid"]) == (0, 3)
    assert said[1]["file"] == "standard input:2"


@pytest.mark.parametrize("jobs", ["0", "-1", "many", "1000"])
def test_verify_credential_needs_a_number_of_jobs(file: Path, jobs: str) -> None:
    with pytest.raises(CommandError, match="no number from 1 to 256"):
        run("verify_credential", str(file), f"--jobs={jobs}")


@pytest.mark.thorough
def test_check_ledger_ends_with_json_without_a_database_too() -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "check_ledger", "--json"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    outcome = json.loads(ended.stdout.splitlines()[-1])
    assert (outcome["entries"], outcome["ok"], outcome["first_bad"]) == (0, False, None)
    assert ended.stderr.startswith("CommandError: The database does not answer")
