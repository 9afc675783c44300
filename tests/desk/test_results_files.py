"""A file of results at the desk: its columns, its plan, its errors, and what becomes of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from registrar.models import Learner, MarkingPolicy, Result, ResultImport

pytestmark = pytest.mark.django_db

READ = reverse("admin:registrar_resultimport_read")


@pytest.fixture
def clerk(clara: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(clara)


def upload(client: Client, text: str, name: str = "clickers.csv") -> Any:
    return client.post(READ, {"file": SimpleUploadedFile(name, text.encode())}, follow=True)


def test_a_sheet_is_described_looked_at_and_applied(
    college: Any, ada: Learner, clerk: Client
) -> None:
    college.enrol(ada)
    sheet = "Who,What,Mark\n1001,BIO101-1,Met\nnobody,BIO101-1,Met\n"
    answer = upload(clerk, sheet)
    (describe, _) = answer.redirect_chain[-1]
    assert "Say what the columns hold" in answer.content.decode()
    twice = {"column_0": "learner", "column_1": "learner", "column_2": "level"}
    assert "Choose one of the two" in clerk.post(describe, twice).content.decode()
    too_few = clerk.post(describe, {"column_0": "learner"})
    assert (too_few.status_code, "the outcome" in too_few.content.decode()) == (422, True)
    said = {"column_0": "learner", "column_1": "outcome", "column_2": "level"}
    page = clerk.post(describe, said, follow=True)
    body = page.content.decode()
    assert "No learner has this number" in body
    assert not Result.objects.exists()
    address = page.redirect_chain[-1][0]
    assert clerk.post(address, {"act": "apply"}, follow=True).status_code == 200
    assert [str(each) for each in Result.objects.all()] == ["Met"]
    assert ResultImport.objects.get().state == "applied"
    # The same sheet again is known by its columns.
    again = upload(clerk, sheet).content.decode()
    assert "The file says what is held already." in again


def test_what_cannot_be_read_is_refused_with_a_remedy(college: Any, clerk: Client) -> None:
    body = upload(clerk, "").content.decode()
    assert "submitted file is empty" in body or "The file is empty" in body
    body = upload(clerk, "a\n" + "\0" * 50).content.decode()
    assert "cannot be read" in body
    assert ResultImport.objects.get().state == "refused"


def test_an_upload_is_discarded(college: Any, clerk: Client) -> None:
    upload(clerk, "Who,What,Mark\n1,2,3\n")
    address = reverse("admin:registrar_resultimport_change", args=[ResultImport.objects.get().pk])
    clerk.post(address, {"act": "discard", "confirmed": "1"})
    assert ResultImport.objects.get().state == "discarded"
    describe = reverse(
        "admin:registrar_resultimport_describe", args=[ResultImport.objects.get().pk]
    )
    assert clerk.get(describe).status_code == 404


def test_the_college_settles_who_sees_marks(college: Any, clerk: Client) -> None:
    address = reverse("admin:registrar_markingpolicy_settle")
    answer = clerk.post(address, {"seen_by": "course", "reason": "We compare."}, follow=True)
    assert "We compare." in answer.content.decode()
    assert MarkingPolicy.objects.get().seen_by == "course"
