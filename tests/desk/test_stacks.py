"""Stacks at the desk: how far one learner is, how far all are."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from issuer.models import Credential, Mail
from issuer.pages import thing_url
from registrar.models import Learner, Revision
from tests.cast import College
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


def test_whoever_advises_sees_how_far_learners_are(
    college: College,
    naturalist: Revision,
    adas_credential: Credential,
    ada: Learner,
    ben: Learner,
    clara: User,
    chen: User,
    signed_in: SignIn,
) -> None:
    college.enrol(ben)
    client = signed_in(clara)
    template = naturalist.template
    board = reverse("admin:registrar_credentialtemplate_progress", args=[template.pk])
    hers = reverse("admin:registrar_learner_progress", args=[ada.pk, template.pk])
    assert board in text(client.get(thing_url(template)))
    cells = Revision.objects.get(name="Cells").template
    assert "Part of" in text(client.get(thing_url(cells)))
    assert hers in text(client.get(thing_url(ada)))
    everybody = text(client.get(board))
    assert "Ada Byron" in everybody and "1002" in everybody
    with_one = text(client.get(board, {"had": "1"}))
    assert "Ada Byron" in with_one and "1002" not in with_one
    table = text(client.get(f"{board.rstrip('/')}.csv", {"had": "1"}))
    assert table.splitlines()[-1] == "1001,Ada Byron,1001@college.example,1,2,yes,,"
    page = text(client.get(hers))
    assert "1 more to come" in page and "It is awarded by hand" in page
    assert client.post(hers).status_code == 302
    assert Mail.objects.get().to == ada.email
    no_stack = reverse("admin:registrar_credentialtemplate_progress", args=[cells.pk])
    assert client.get(no_stack).status_code == 404
    assert signed_in(chen).get(board).status_code == 403
