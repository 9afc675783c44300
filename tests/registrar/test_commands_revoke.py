"""The commands that revoke, suspend and reinstate: with the rights of the person they name."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from issuer.models import Credential
from issuer.services import status
from tests.cast import College, member_of_staff

pytestmark = pytest.mark.thorough


def run(*arguments: str, command: str = "revoke_credential") -> str:
    told = StringIO()
    call_command(command, *arguments, stdout=told)
    return told.getvalue()


def test_it_revokes_in_the_name_of_a_person(adas_credential: Credential, clara: User) -> None:
    options = ["--reason", "Awarded by mistake", "--by", clara.username]
    said = run(adas_credential.urn, *options)
    assert status.state_of(adas_credential) == "revoked"
    assert run(str(adas_credential.pk), *options) == said
    with pytest.raises(CommandError, match="No credential"):
        run("urn:uuid:none", *options)
    with pytest.raises(CommandError, match="Say why"):
        run(adas_credential.urn, "--reason", " ", "--by", clara.username)


@pytest.mark.parametrize(
    ("name", "refusal"),
    [("dev", "do not allow"), ("art-registrar", "do not allow"), ("zoe", "There is nobody")],
)
def test_it_asks_whether_the_person_may_there(
    name: str, refusal: str, adas_credential: Credential, college: College, root: User
) -> None:
    member_of_staff(root, "art-registrar", "registrar", college.arts)
    with pytest.raises(CommandError, match=refusal):
        run(adas_credential.urn, "--reason", "I can", "--by", name)
    assert status.state_of(adas_credential) == "valid"


def test_they_suspend_and_reinstate_what_can_be_suspended(
    adas_licence: Credential, clara: User
) -> None:
    options = [adas_licence.urn, "--reason", "Under review", "--by", clara.username]
    said = run(*options, command="suspend_credential")
    assert f"{adas_licence.urn} is suspended since" in said
    assert run(*options, command="suspend_credential") == said
    assert status.state_of(adas_licence) == "suspended"
    assert "is reinstated since" in run(*options, command="reinstate_credential")
    assert status.state_of(adas_licence) == "valid"
    with pytest.raises(CommandError, match="not suspended"):
        run(*options, command="reinstate_credential")
    assert "is revoked since" in run(*options)
    with pytest.raises(CommandError, match="withdrawn for good"):
        run(*options, command="reinstate_credential")


@pytest.mark.parametrize("command", ["suspend_credential", "reinstate_credential"])
def test_they_say_why_something_cannot_be_suspended_or_by_whom(
    command: str, adas_credential: Credential, clara: User, dev: User
) -> None:
    options = [adas_credential.urn, "--reason", "Under review", "--by"]
    with pytest.raises(CommandError, match="can be revoked, not suspended"):
        run(*options, clara.username, command=command)
    with pytest.raises(CommandError, match="do not allow"):
        run(*options, dev.username, command=command)
