"""The command that revokes: in the name of a person, with the rights of that person."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from issuer.models import Credential
from issuer.services import status
from tests.cast import College, member_of_staff


def run(*arguments: str) -> str:
    told = StringIO()
    call_command("revoke_credential", *arguments, stdout=told)
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
