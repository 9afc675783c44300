"""One search over the desk, and every list as a file."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from issuer.models import Credential
from issuer.pages import thing_url
from registrar.models import Learner
from tests.cast import SIS, College
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


def search(client: Any, words: str, **options: Any) -> Any:
    return client.get(reverse("admin:search"), {"q": words}, **options)


def exported(client: Any, model: str, **asked: str) -> list[list[str]]:
    app_label, _, model_name = model.partition(".")
    answer = client.get(reverse("admin:export", args=[app_label, model_name]), asked)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    written = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(StringIO(written)))


def test_anything_is_found_from_one_box(
    adas_credential: Credential, ada: Learner, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    assert reverse("admin:search") in text(client.get("/admin/"))
    page = text(search(client, "byron"))
    assert thing_url(ada) in page and thing_url(adas_credential) in page
    page = text(search(client, "cells"))
    assert "Templates" in page and "Batches" in page
    assert "Nothing has" in text(search(client, "no such thing"))
    assert "Type a name" in text(search(client, " "))
    assert search(client, "<b>%_").status_code == 200


def test_names_are_found_without_their_accents(
    college: College, clara: User, signed_in: SignIn
) -> None:
    person = Learner.objects.create(
        source=SIS, sourced_id="x", given_name="Zoë 100%", family_name="Conceição", number="7"
    )
    for words in ("conceicao", "CONCEIÇÃO", "zoe conceic", "100%"):
        assert list(Learner.objects.matching(words)) == [person], words
        answer = search(signed_in(clara), words)
        assert (answer.status_code, answer["Location"]) == (302, thing_url(person))
    assert not Learner.objects.matching("1_0%").exists()


def test_what_is_the_only_one_is_opened(
    adas_credential: Credential, clara: User, signed_in: SignIn
) -> None:
    answer = search(signed_in(clara), str(adas_credential.pk))
    assert (answer.status_code, answer["Location"]) == (302, thing_url(adas_credential))
    by_link = search(signed_in(clara), f"Your credential: {adas_credential.release.url}")
    assert (by_link.status_code, by_link["Location"]) == (302, thing_url(adas_credential))


def test_search_and_files_show_nobody_what_they_may_not_see(
    adas_credential: Credential, ada: Learner, chen: User, olu: User, fay: User, signed_in: SignIn
) -> None:
    for person in (chen, olu):
        client = signed_in(person)
        assert thing_url(ada) not in text(search(client, "byron"))
        address = reverse("admin:export", args=["registrar", "learner"])
        assert client.get(address).status_code == 403
    assert search(signed_in(fay), "byron").status_code == 302
    assert signed_in(olu).get("/admin/registrar/nothing/export.csv").status_code == 404


def test_a_list_is_taken_out_as_it_is_filtered_and_no_formula_runs(
    adas_credential: Credential, ada: Learner, clara: User, signed_in: SignIn
) -> None:
    Learner.objects.create(source=SIS, sourced_id="x", family_name="=1+1", number="7")
    Learner.objects.create(source=SIS, sourced_id="y", family_name="O'Hara <b>", number="8")
    client = signed_in(clara)
    header, *rows = exported(client, "registrar.learner", q="byron")
    assert header[:3] == ["name", "number", "e-mail address"]
    assert [row[0] for row in rows] == ["Ada Byron"]
    assert rows[0][4] == "1"
    assert ["'=1+1"] == [row[0] for row in exported(client, "registrar.learner", q="1+1")[1:]]
    assert [row[0] for row in exported(client, "registrar.learner", q="hara")[1:]] == ["O'Hara <b>"]
    header, award = exported(client, "registrar.award")
    assert (header[-1], award[-1]) == ("learner number", ada.number)
    states = exported(client, "issuer.credential", standing="valid")
    assert [row[:3] for row in states[1:]] == [["Cells", "Valid", "Ada Byron"]]
    assert exported(client, "issuer.credential", standing="revoked")[1:] == []


@pytest.mark.thorough
def test_every_list_of_the_desk_is_taken_out(addresses: Any, root: User, signed_in: SignIn) -> None:
    client = signed_in(root)
    for model in admin.site._registry:
        rows = exported(client, model._meta.label_lower)
        assert len({len(row) for row in rows}) == 1, model
