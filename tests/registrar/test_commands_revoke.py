"""The command that revokes: in the name of a person, with the rights of that person."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from issuer.models import Batch, Credential, SigningKey
from issuer.services import status
from registrar.models import Award
from registrar.services import awards
from tests.cast import College, member_of_staff
from tests.registrar.test_awards import issue


def run(*arguments: str) -> str:
    told = StringIO()
    call_command("revoke_credential", *arguments, stdout=told)
    return told.getvalue()


@pytest.fixture
def credential(key: SigningKey, adas_batch: Batch, adas_award: Award, dev: User) -> Credential:
    """Ada's, which is signed."""
    issue(awards.approve(adas_batch, by=dev))
    return adas_award.credential


def test_it_revokes_in_the_name_of_a_person(credential: Credential, clara: User) -> None:
    options = ["--reason", "Awarded by mistake", "--by", clara.username]
    said = run(credential.urn, *options)
    assert status.state_of(credential) == "revoked"
    assert run(str(credential.pk), *options) == said
    with pytest.raises(CommandError, match="No credential"):
        run("urn:uuid:none", *options)
    with pytest.raises(CommandError, match="Say why"):
        run(credential.urn, "--reason", " ", "--by", clara.username)


@pytest.mark.parametrize(
    ("name", "refusal"),
    [("dev", "do not allow"), ("art-registrar", "do not allow"), ("zoe", "There is nobody")],
)
def test_it_asks_whether_the_person_may_there(
    name: str, refusal: str, credential: Credential, college: College, root: User
) -> None:
    member_of_staff(root, "art-registrar", "registrar", college.arts)
    with pytest.raises(CommandError, match=refusal):
        run(credential.urn, "--reason", "I can", "--by", name)
    assert status.state_of(credential) == "valid"
