"""A key opens with its secret, in the signer, and only as it was sealed."""

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from issuer import keystores
from issuer.errors import KeystoreClosed, KeyUnreadable
from issuer.vc.keys import PublicKey


def change(path: Path, **members: Any) -> None:
    """Rewrite a key's file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **members}))


def test_what_was_sealed_signs(keystore: Path) -> None:
    public = keystores.create("key-1")
    signer = keystores.open("key-1")
    assert signer.public_multibase == public
    PublicKey.from_multikey(public).check(b"message", signer.sign(b"message"))


def test_only_the_owner_can_read_a_key(keystore: Path) -> None:
    keystores.create("key-1")
    assert stat.S_IMODE((keystore / "key-1.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(keystore.stat().st_mode) == 0o700


@pytest.mark.parametrize("setting", ["KEYSTORE_SECRET_FILE", "KEYSTORE_DIR"])
def test_a_process_without_the_secret_has_no_keys(
    setting: str, keystore: Path, settings: Any
) -> None:
    keystores.create("key-1")
    setattr(settings, setting, None)
    with pytest.raises(KeystoreClosed):
        keystores.open("key-1")
    with pytest.raises(KeystoreClosed):
        keystores.create("key-2")


def test_a_secret_that_is_missing_or_short_opens_nothing(keystore: Path, settings: Any) -> None:
    keystores.create("key-1")
    secret = Path(settings.KEYSTORE_SECRET_FILE)
    secret.chmod(0o600)
    secret.write_text("short")
    with pytest.raises(KeystoreClosed):
        keystores.open("key-1")
    secret.unlink()
    with pytest.raises(KeystoreClosed):
        keystores.open("key-1")


def test_another_secret_does_not_open_it(keystore: Path, settings: Any) -> None:
    keystores.create("key-1")
    secret = Path(settings.KEYSTORE_SECRET_FILE)
    secret.chmod(0o600)
    secret.write_text("another secret of more than thirty-two bytes")
    with pytest.raises(KeyUnreadable):
        keystores.open("key-1")


@pytest.mark.parametrize("member", ["salt", "nonce", "sealed"])
def test_every_flipped_byte_is_noticed(member: str, keystore: Path) -> None:
    keystores.create("key-1")
    path = keystore / "key-1.json"
    whole = path.read_text()
    content = base64.b64decode(json.loads(whole)[member])
    for at in range(len(content)):
        flipped = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        change(path, **{member: base64.b64encode(flipped).decode()})
        with pytest.raises(KeyUnreadable):
            keystores.open("key-1")
        path.write_text(whole)


def test_a_key_does_not_open_under_another_name_or_public_key(keystore: Path) -> None:
    keystores.create("key-1")
    other = keystores.create("key-2")
    first, second = keystore / "key-1.json", keystore / "key-2.json"
    second.write_text(first.read_text())
    with pytest.raises(KeyUnreadable):
        keystores.open("key-2")
    change(first, public=other)
    with pytest.raises(KeyUnreadable):
        keystores.open("key-1")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"salt": 1}', "not JSON", '{"salt": "*"}'])
def test_a_broken_file_is_a_key_that_cannot_be_read(text: str, keystore: Path) -> None:
    keystores.create("key-1")
    (keystore / "key-1.json").write_text(text)
    with pytest.raises(KeyUnreadable):
        keystores.open("key-1")


def test_a_key_is_never_overwritten(keystore: Path) -> None:
    public = keystores.create("key-1")
    with pytest.raises(KeyUnreadable):
        keystores.create("key-1")
    assert keystores.open("key-1").public_multibase == public


@pytest.mark.parametrize("handle", ["", "../key-1", "a/b", "KEY", "key.json", "x" * 101])
def test_a_handle_is_not_a_path(handle: str, keystore: Path) -> None:
    with pytest.raises(KeyUnreadable):
        keystores.create(handle)
