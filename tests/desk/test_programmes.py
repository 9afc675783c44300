"""Programmes are entered at the desk, from a file or in the page itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from registrar.models import Programme
from tests.cast import College

pytestmark = pytest.mark.django_db

SHEET = "programme,title,unit,course\r\nNUR,Nursing,Science,BIO 101\r\n"


@pytest.fixture
def desk(college: College, clara: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(clara)


@pytest.fixture
def address() -> str:
    return reverse("admin:registrar_programme_sheet")


def file(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("programmes.csv", content)


def save(desk: Client, address: str, lines: str, **said: Any) -> Any:
    plan = desk.post(address, {"lines": lines, **said}).context["plan"]
    return desk.post(address, {"lines": lines, "fingerprint": plan.fingerprint, **said})


def test_a_file_is_shown_as_its_plan_and_goes_on_as_text(desk: Client, address: str) -> None:
    answer = desk.post(address, {"file": file(b"\xef\xbb\xbf" + SHEET.encode())})
    body = answer.content.decode()
    assert "Save 1 programme" in body
    assert "NUR,Nursing,Science,BIO 101" in body
    assert not Programme.objects.exists()
    plan = answer.context["plan"]
    answer = desk.post(address, {"lines": SHEET, "fingerprint": plan.fingerprint}, follow=True)
    assert "Saved: 1 programme." in answer.content.decode()
    assert Programme.objects.get().title == "Nursing"


def test_wrong_rows_are_named_and_can_be_mended_in_place(desk: Client, address: str) -> None:
    wrong = SHEET + "NUR,,,BIO 1O1\r\n"
    body = desk.post(address, {"lines": wrong}).content.decode()
    assert '<strong class="nowrap">row 3</strong>' in body
    assert "No course or activity has this code." in body
    assert "NUR,,,BIO 1O1</textarea>" in body


def test_what_cannot_be_read_is_said_at_its_field(desk: Client, address: str) -> None:
    assert "Choose a file, or write it" in desk.post(address).content.decode()
    latin = {"file": file("programme,course\nNÜR,BIO 101\n".encode("latin-1"))}
    assert "Byte 18 is not UTF-8." in desk.post(address, latin).content.decode()
    large = {"file": file(b"x" * (1 << 20) + b"x")}
    assert "Split it by programmes." in desk.post(address, large).content.decode()


def test_another_sheet_than_was_looked_at_is_shown_again(desk: Client, address: str) -> None:
    answer = desk.post(address, {"lines": SHEET, "fingerprint": "of something else"})
    assert answer.status_code == 409
    assert "This is not what you looked at" in answer.content.decode()


def test_a_programme_has_a_page_and_is_changed_from_there(
    desk: Client, address: str, college: College
) -> None:
    save(desk, address, SHEET)
    nursing = Programme.objects.get()
    page = reverse("admin:registrar_programme_change", args=[nursing.pk])
    body = desk.get(page).content.decode()
    assert "BIO 101 Cells" in body
    assert f"{address}?programme={nursing.pk}" in body
    assert (
        "NUR,Nursing,Science,BIO 101"
        in desk.get(address, {"programme": nursing.pk}).content.decode()
    )
    desk.post(page, {"act": "retire", "reason": "Merged with another."})
    body = desk.get(page).content.decode()
    assert "Merged with another." in body
    assert "Change its courses" not in body


def test_a_chair_looks_and_enters_nothing(
    desk: Client, address: str, chen: User, signed_in: Callable[[User], Client]
) -> None:
    save(desk, address, SHEET)
    chair = signed_in(chen)
    page = reverse("admin:registrar_programme_change", args=[Programme.objects.get().pk])
    assert "Change its courses" not in chair.get(page).content.decode()
    assert chair.get(address).status_code == 403
    assert chair.post(page, {"act": "retire", "reason": "No"}).status_code == 403
