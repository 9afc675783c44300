"""Who guesses passwords is slowed down; whoever it is, they lock nobody else out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client

from issuer.models import LedgerEntry
from registrar.errors import TooManyAttempts
from registrar.models import SignInAttempt
from registrar.services.college import sign_ins

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

PASSWORD = "a quite long password"
WRONG = "a quite wrong password"
HOME, AWAY = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def nils(db: None) -> User:
    return User.objects.create_superuser("nils", password=PASSWORD)


def sign_in(
    client: Client, username: str, password: str, *, address: str = HOME, **headers: str
) -> Any:
    form = {"username": username, "password": password, "next": "/"}
    return client.post("/admin/login/", form, REMOTE_ADDR=address, headers=headers)


def is_in(answer: Any) -> bool:
    return answer.status_code == 302


def guess(username: str, times: int, *, address: str = AWAY) -> list[int]:
    return [
        sign_in(Client(), username, f"{WRONG} {n}", address=address).status_code
        for n in range(times)
    ]


def a_quarter_of_an_hour_later() -> None:
    SignInAttempt.objects.update(at=F("at") - timedelta(minutes=15, seconds=1))


def test_after_five_wrong_passwords_not_even_the_right_one_is_looked_at(nils: User) -> None:
    assert guess("nils", 5) == [200] * 5
    refused = sign_in(Client(), "nils", PASSWORD, address=AWAY)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 15 * 60
    said = refused.content.decode()
    assert "Too many attempts have failed here. Wait 15 minutes, then try again." in said
    assert 'role="alert"' in said


def test_what_is_refused_does_not_prolong_the_wait(nils: User) -> None:
    assert guess("nils", 9)[5:] == [429] * 4
    a_quarter_of_an_hour_later()
    assert is_in(sign_in(Client(), "nils", PASSWORD, address=AWAY))
    assert not SignInAttempt.objects.exists()


def test_a_stranger_does_not_lock_the_owner_out(nils: User) -> None:
    guess("nils", 6)
    assert is_in(sign_in(Client(), "nils", PASSWORD))


def test_many_strangers_together_are_stopped_but_not_a_browser_that_is_known(
    nils: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_ins, "AT_AN_ACCOUNT", 12)
    known = Client()
    assert is_in(sign_in(known, "nils", PASSWORD))
    known.post("/admin/logout/")
    told = [code for n in range(7) for code in guess("nils", 2, address=f"198.51.100.{n}")]
    assert told == [200] * 12 + [429] * 2
    assert sign_in(Client(), "nils", PASSWORD).status_code == 429
    assert is_in(sign_in(known, "nils", PASSWORD))


def test_a_neighbour_at_the_same_address_does_not_lock_a_known_browser_out(nils: User) -> None:
    known = Client()
    sign_in(known, "nils", PASSWORD)
    known.post("/admin/logout/")
    guess("nils", 6, address=HOME)
    assert sign_in(Client(), "nils", PASSWORD).status_code == 429
    assert is_in(sign_in(known, "nils", PASSWORD))


def test_a_known_browser_may_not_guess_for_ever_either(nils: User) -> None:
    known = Client()
    sign_in(known, "nils", PASSWORD)
    known.post("/admin/logout/")
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"):
        assert sign_in(known, "nils", WRONG, address=address).status_code == 200
    assert sign_in(known, "nils", PASSWORD, address="192.0.2.6").status_code == 429


def test_a_browser_is_known_for_its_own_account_only(nils: User) -> None:
    User.objects.create_superuser("mona", password=PASSWORD)
    hers = Client()
    sign_in(hers, "mona", PASSWORD)
    hers.post("/admin/logout/")
    ((name, cookie),) = [(k, v.value) for k, v in hers.cookies.items() if k.startswith("known_")]
    assert "mona" not in f"{name}{cookie}"
    other_name = f"known_{sign_ins.digest('nils')[:16]}"
    for value in (cookie, "forged", ""):
        hers.cookies[other_name] = value
        SignInAttempt.objects.all().delete()
        guess("nils", 5, address=HOME)
        assert sign_in(hers, "nils", PASSWORD).status_code == 429


def test_the_cookie_of_a_known_browser_is_out_of_reach_of_scripts(nils: User) -> None:
    client = Client()
    sign_in(client, "nils", PASSWORD)
    (cookie,) = [cookie for name, cookie in client.cookies.items() if name.startswith("known_")]
    assert cookie["httponly"] and cookie["samesite"] == "Strict"


def test_one_address_may_not_try_all_accounts(nils: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_ins, "FROM_ONE_ADDRESS", 10)
    told = [code for n in range(11) for code in guess(f"somebody-{n}", 1)]
    assert told == [200] * 10 + [429]
    assert sign_in(Client(), "nils", PASSWORD, address=AWAY).status_code == 429
    assert is_in(sign_in(Client(), "nils", PASSWORD))


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("", "unix", True),
    ],
)
def test_an_address_is_one_machine_or_of_ipv6_one_network(
    nils: User, first: str, second: str, is_one: bool
) -> None:
    guess("nils", 5, address=first)
    assert (guess("nils", 1, address=second) == [429]) == is_one


def test_who_mistypes_and_then_gets_it_right_begins_anew(nils: User) -> None:
    for _ in range(3):
        assert guess("nils", 4, address=HOME) == [200] * 4
        assert is_in(sign_in(Client(), "nils", PASSWORD))


def test_names_that_nobody_has_are_answered_alike(nils: User) -> None:
    assert guess("nils", 6) == guess("nobody", 6)
    assert LedgerEntry.objects.filter(act="sign_in.failures").count() == 1


def test_the_ledger_tells_once_of_an_account_under_attack(nils: User) -> None:
    for n in range(4):
        guess("nils", 3, address=f"198.51.100.{n}")
    entry = LedgerEntry.objects.get(act="sign_in.failures")
    assert entry.subject == f"auth.user:{nils.pk}"
    assert entry.details == {"failures": 5, "origins": 2}
    a_quarter_of_an_hour_later()
    guess("nils", 5)
    assert LedgerEntry.objects.filter(act="sign_in.failures").count() == 1


def test_what_was_typed_as_a_name_is_stored_nowhere(nils: User) -> None:
    guess("correct horse battery", 6)
    stored = str(list(SignInAttempt.objects.values()) + list(LedgerEntry.objects.values()))
    assert "horse" not in stored


def test_an_address_that_a_stranger_wrote_counts_for_nothing(nils: User, settings: Any) -> None:
    def guesses(n: int) -> Any:
        return sign_in(Client(), "nils", WRONG, **{"x-forwarded-for": f"203.0.113.{n}"})

    assert [guesses(n).status_code for n in range(6)] == [200] * 5 + [429]
    SignInAttempt.objects.all().delete()
    settings.PROXIES = 1

    def through_the_proxy(n: int) -> Any:
        seen = {"x-forwarded-for": f"203.0.113.{n}, {AWAY}"}
        return sign_in(Client(), "nils", WRONG, **seen)

    assert [through_the_proxy(n).status_code for n in range(6)] == [200] * 5 + [429]
    assert SignInAttempt.objects.values_list("origin", flat=True).distinct().get() == AWAY


@pytest.mark.django_db(transaction=True)
def test_of_many_guesses_at_the_same_moment_no_more_are_looked_at() -> None:
    def begin(_: int) -> bool:
        try:
            sign_ins.begin("nils", address=AWAY)
        except TooManyAttempts:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(12) as pool:
        admitted = sum(pool.map(begin, range(36)))
    assert 1 <= admitted <= sign_ins.AT_AN_ACCOUNT_FROM_ONE_ORIGIN
