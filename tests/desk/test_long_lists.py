"""Lists of a large college: what is shown of them, and that indexes find it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q, QuerySet
from django.test import Client
from django.urls import reverse

from issuer import paging
from issuer.models import Credential, LedgerEntry
from registrar.models import Award, Learner, Result
from tests.cast import SIS, College

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

SignIn = Callable[[User], Client]


@pytest.fixture
def many(college: College) -> list[Learner]:
    """A hundred and twenty learners, of whom every second is enrolled."""
    learners = Learner.objects.bulk_create(
        Learner(source=SIS, sourced_id=f"s{n}", number=f"2{n:03}", family_name=f"Name {n:03}")
        for n in range(120)
    )
    for learner in learners[::2]:
        college.enrol(learner)
    return learners


def shown(client: Client, model: str, **asked: str) -> Any:
    answer = client.get(reverse(f"admin:{model}_changelist"), asked)
    assert answer.status_code == 200
    return answer


def rows(answer: Any) -> list[Any]:
    return list(answer.context["cl"].result_list)


def test_the_pages_of_a_list_hold_each_row_once_and_in_order(
    many: list[Learner], root: User, signed_in: SignIn
) -> None:
    client = signed_in(root)
    pages = [rows(shown(client, "registrar_learner", p=str(number))) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [learner for page in pages for learner in page] == many
    assert [learner.enrolment_total for learner in pages[0][:3]] == [1, 0, 1]
    backwards = rows(shown(client, "registrar_learner", o="-0"))
    assert backwards == many[:-51:-1]


def test_of_a_very_long_list_the_first_rows_are_shown_and_it_says_so(
    many: list[Learner], root: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "ROWS_SHOWN", 60)
    client = signed_in(root)
    answer = shown(client, "registrar_learner", p="2")
    assert rows(answer) == many[50:60]
    assert "The first 60 rows. Search or filter to see others." in answer.content.decode()
    assert "More than 60 found" in shown(client, "registrar_learner", q="name").content.decode()
    one = shown(client, "registrar_learner", q="name 119")
    assert rows(one) == [many[119]]
    assert "1 found" in one.content.decode()


@pytest.mark.parametrize("are_few", [True, False])
def test_results_are_found_by_words_of_learner_and_course(
    are_few: bool,
    college: College,
    ada: Learner,
    ben: Learner,
    root: User,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = college.course_named("ART 1001")
    item = college.assess(college.offer(other), "Exam")
    adas, bens = college.grade(ada, "Pass"), college.grade(ben, "Pass")
    in_art = college.grade(ben, "Fail", on=item)
    found = {
        "ada": {adas},
        "byron ada": {adas},
        "bio": {adas, bens},
        "ADA bio": {adas},
        "1002": {bens, in_art},
        "1001": {adas, in_art},  # Ada's number, and part of a code
        "1002 art": {in_art},
        "nobody": set(),
        "ada art": set(),
    }
    client = signed_in(root)
    if not are_few:
        monkeypatch.setattr(paging, "ROWS_SHOWN", 0)
        monkeypatch.setattr(paging.BoundedPaginator, "count", 10)
    for words, expected in found.items():
        assert set(rows(shown(client, "registrar_result", q=words))) == expected, words


@pytest.mark.parametrize(
    ("index", "question"),
    [
        ("learners_by_parts_of_words", lambda: Learner.objects.matching("byron")),
        ("learners_by_parts_of_names", lambda: Learner.objects.matching("byron")),
        ("learners_by_name", lambda: Learner.objects.all()[:50]),
        (
            "ledger_by_parts_of_words",
            lambda: LedgerEntry.objects.order_by().filter(
                Q(actor__icontains="clara") | Q(reason__icontains="clara")
            ),
        ),
        ("ledger_by_act", lambda: LedgerEntry.objects.order_by().filter(act__startswith="key")),
        (
            "awards_newest_first",
            lambda: Award.objects.order_by("-decided_at", "position", "-pk").values("pk")[:50],
        ),
        (
            "credentials_newest_first",
            lambda: Credential.objects.order_by("-requested_at", "position").values("pk")[:50],
        ),
    ],
)
def test_lists_are_read_by_an_index(index: str, question: Callable[[], QuerySet], db: None) -> None:
    with connection.cursor() as cursor:
        # The tables of a test are so small that any other way is as quick.
        others = "indexscan" if "_parts_of_" in index else "sort"
        cursor.execute(f"SET LOCAL enable_seqscan = off; SET LOCAL enable_{others} = off")
    assert index in question().explain()


def test_results_are_listed_by_learner(
    college: College, ada: Learner, ben: Learner, root: User, signed_in: SignIn
) -> None:
    results = [college.grade(learner, "Pass") for learner in (ada, ben, ada)]
    assert rows(shown(signed_in(root), "registrar_result")) == list(Result.objects.all())
    assert set(Result.objects.all()) == set(results)
