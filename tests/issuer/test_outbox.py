"""Mails are written with what they tell, sent once, and what did not arrive is known."""

import smtplib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from issuer import tasks
from issuer.errors import BadAddress, WrongState
from issuer.models import Institution, LedgerEntry, Mail
from issuer.services import links, outbox
from tests.issuer.bounces import report
from tests.post_office import HANG_UP, PostOffice, open_post_office

pytestmark = pytest.mark.django_db

NAMES = [
    "Ada",
    "Nguyễn Thị Ánh",
    "李小龍",
    "محمد العلي",
    'Ann "Nan" O\'Brien, PhD',
    "🎓 Zoë",
    "x" * 300,
]


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    """A mail server that the settings name."""
    with open_post_office() as found:
        settings.SENDS_MAIL = True
        settings.EMAIL_BACKEND = "issuer.smtp.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        settings.MAIL_FROM = "credentials@college.example"
        settings.MAIL_BOUNCES_TO = "bounces@college.example"
        yield found


def written(**other: Any) -> Mail:
    said: dict[str, Any] = {
        "to": "ada@home.example",
        "subject": "Hello",
        "text": "How are you?",
        "why": "test.written",
    }
    return outbox.write(**said | other)


def send() -> None:
    outbox.send_due(seconds=5)


def state_of(mail: Mail) -> str:
    mail.refresh_from_db()
    return mail.state


def wait(mail: Mail) -> timedelta:
    """How long nobody tries."""
    mail.refresh_from_db()
    return mail.try_at - timezone.now()


def time_passes() -> None:
    Mail.objects.update(try_at=F("try_at") - timedelta(days=2))


def test_a_mail_goes_to_its_recipient_with_one_link_and_says_who_sends_it(
    office: PostOffice, institution: Institution
) -> None:
    Institution.objects.update(email="office@college.example")
    mail = written(to_name="Ada Byron", link="/confirm/1", stop="/stop/1")
    send()
    (got,) = office.delivered
    assert (got.sender, got.recipient) == ("bounces@college.example", "ada@home.example")
    letter = got.letter
    assert letter["From"] == "Example College <credentials@college.example>"
    assert letter["To"] == "Ada Byron <ada@home.example>"
    assert letter["Reply-To"] == "office@college.example"
    assert letter["Message-ID"] == f"<{mail.pk}@college.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"].strip() == f"<{links.seal('/stop/1')}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert abs(parsedate_to_datetime(letter["Date"]) - timezone.now()) < timedelta(minutes=1)
    assert letter.get_content_type() == "text/plain"
    text = letter.get_content().replace("\r\n", "\n")
    assert text.startswith(f"How are you?\n\n{links.seal('/confirm/1')}\n\n-- \nExample College\n")
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == ("sent", 1)
    assert mail.sent_at is not None


def test_nothing_goes_before_it_is_committed_nor_when_it_is_not(office: PostOffice) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        written()
        raise RuntimeError
    send()
    assert not office.delivered
    assert not Mail.objects.exists()


@pytest.mark.parametrize("name", NAMES)
def test_names_in_every_script_arrive_whole(name: str, office: PostOffice) -> None:
    Institution.objects.update(name=name[:200])
    written(to_name=name, subject=f"For {name}"[:300], text=f"Dear {name},\nبسم")
    send()
    letter = office.delivered[0].letter
    assert letter["To"].addresses[0].display_name == name
    assert letter["To"].addresses[0].addr_spec == "ada@home.example"
    assert letter["Subject"] == f"For {name}"[:300]
    assert letter.get_content().startswith(f"Dear {name},")


def test_no_header_can_be_smuggled_in(office: PostOffice) -> None:
    evil = "Hello\r\nBcc: all@college.example\r\n\r\nBuy this\u2028now\x00\x1b"
    written(subject=evil, to_name=evil)
    send()
    (got,) = office.delivered
    assert got.letter["Bcc"] is None
    said = "Hello Bcc: all@college.example Buy this now"
    assert got.letter["Subject"] == got.letter["To"].addresses[0].display_name == said
    for address in (
        "ada@home.example\r\nBcc: all@college.example",
        "ada@home.example, all@college.example",
        "Ada <ada@home.example>",
        "ada@home.example\n",
        "two@at@home.example",
        "",
    ):
        with pytest.raises(BadAddress):
            written(to=address)
    with pytest.raises(DatabaseError), transaction.atomic():
        Mail.objects.create(to="a@b.example", subject="a\nBcc: x", text="", why="test.evil")


def test_a_line_with_a_dot_and_very_long_lines_arrive_as_they_are(office: PostOffice) -> None:
    text = "Before\n.\n..\n" + "x" * 5000 + "\nAfter"
    written(text=text)
    send()
    assert text in office.delivered[0].letter.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
def test_what_the_server_does_not_take_now_is_tried_later_and_later(
    command: str, office: PostOffice
) -> None:
    office.keeps = False
    mail = written()
    waits = []
    for _ in outbox.BACK_OFF:
        office.will_say(command, "451 4.7.1 later")
        send()
        assert state_of(mail) == "queued"
        assert mail.answer == "451 4.7.1 later"
        waits.append(round(wait(mail) / timedelta(minutes=1)))
        send()  # it is not due
        time_passes()
    assert waits == sorted(waits) == [1, 5, 15, 60, 180, 360, 720, 1440, 1440]
    office.will_say(command, "451 4.7.1 later")
    send()
    assert (state_of(mail), mail.attempts) == ("failed", 10)
    assert office.lines == 10


@pytest.mark.parametrize("command", ["RCPT", "."])
def test_what_the_server_refuses_for_good_is_not_tried_again(
    command: str, office: PostOffice
) -> None:
    office.keeps = False
    office.will_say(command, "550 5.1.1 no such person")
    mail, other = written(), written(to="ben@home.example")
    send()
    assert (state_of(mail), mail.answer) == ("failed", "550 5.1.1 no such person")
    assert state_of(other) == "sent"
    assert list(outbox.open_failures()) == [mail]


def test_a_server_that_refuses_us_is_the_operators_to_mend_and_loses_no_mail(
    office: PostOffice,
) -> None:
    mail = written()
    office.will_say("MAIL", "553 5.7.1 sender not allowed")
    send()
    assert state_of(mail) == "queued"


def test_while_no_server_answers_mails_wait_and_nobody_hammers_at_it(settings: Any) -> None:
    with open_post_office() as office:
        port = office.port
    settings.SENDS_MAIL = True
    settings.EMAIL_BACKEND = "issuer.smtp.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    mails = [written(), written()]
    send()
    for mail in mails:
        assert (state_of(mail), mail.attempts) == ("queued", 0)
        assert timedelta(minutes=1) < wait(mail) <= outbox.PAUSE
        assert "cannot be reached" in mail.answer
    assert not outbox.is_waiting()


def test_a_lost_line_before_the_letter_is_tried_again(office: PostOffice) -> None:
    mail = written()
    office.will_say("RCPT", HANG_UP)
    send()
    assert state_of(mail) == "queued"
    time_passes()
    send()
    assert state_of(mail) == "sent"
    assert len(office.delivered) == 1


@pytest.mark.parametrize("keeps", [True, False])
def test_a_letter_whose_receipt_is_lost_is_never_sent_again_by_itself(
    keeps: bool, office: PostOffice
) -> None:
    office.keeps = keeps
    office.will_say(".", HANG_UP)
    mail, other = written(), written(to="ben@home.example")
    send()
    assert state_of(mail) == "unsure"
    time_passes()
    send()
    assert len(office.delivered) == 2 * keeps
    assert state_of(other) == "sent"
    assert list(outbox.open_failures()) == [mail]


class Killed(BaseException):
    """The end of a process, which nothing handles."""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_who_is_killed_between_sending_and_marking_leaves_a_mail_that_is_perhaps_sent(
    moment: str, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = written()

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if moment == "before":
            patch.setattr(smtplib.SMTP, "sendmail", die)
        else:
            patch.setattr(outbox, "_settle", die)
        with pytest.raises(Killed):
            send()
    assert len(office.delivered) == (moment == "after")
    assert state_of(mail) == "sending"
    send()
    assert outbox.note_lost() == 0
    Mail.objects.update(tried_at=timezone.now() - outbox.LOST_AFTER - timedelta(seconds=1))
    assert outbox.note_lost() == 1
    time_passes()
    send()
    assert state_of(mail) == "unsure"
    assert len(office.delivered) == (moment == "after")


def test_a_mail_is_sent_again_when_a_person_says_so_and_only_once(
    office: PostOffice, registrar: User
) -> None:
    mail = written(to_name="Ada", link="/confirm/1")
    with pytest.raises(WrongState):
        outbox.resend(mail, by=registrar)
    send()
    again = outbox.resend(mail, by=registrar, reason="She has deleted it.")
    send()
    first, second = (each.letter for each in office.delivered)
    assert first.get_content() == second.get_content()
    assert first["Message-ID"] != second["Message-ID"]
    assert (again.again, state_of(again)) == (mail, "sent")
    with pytest.raises(WrongState):
        outbox.resend(mail, by=registrar)
    entry = LedgerEntry.objects.get(act="mail.resent")
    assert (entry.subject, entry.reason) == (f"issuer.mail:{mail.pk}", "She has deleted it.")


def test_without_a_server_mails_are_kept(settings: Any) -> None:
    settings.SENDS_MAIL = False
    mail = written()
    tasks.post()
    assert (state_of(mail), mail.attempts) == ("queued", 0)


def test_the_words_of_a_mail_stay_and_it_is_not_deleted(db: None) -> None:
    mail = written()
    for wrong in ({"text": "Other"}, {"to": "x@y.example"}, {"link": "/other"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Mail.objects.filter(pk=mail.pk).update(**wrong)
    with pytest.raises(DatabaseError), transaction.atomic():
        mail.delete()


def test_the_log_names_no_person(
    office: PostOffice, caplog: pytest.LogCaptureFixture, registrar: User
) -> None:
    caplog.set_level("DEBUG")
    office.will_say("RCPT", "550 5.1.1 <ada@home.example> is no user")
    written(to_name="Ada Byron")
    mail = written(to="ben@home.example")
    send()
    outbox.take_report(report(mail))
    assert "550" in caplog.text
    assert str(mail.pk) in caplog.text
    for personal in ("ada@", "Ada", "ben@", "Hello"):
        assert personal not in caplog.text


def test_a_mail_that_comes_back_is_marked_and_nothing_more_goes_to_that_address(
    office: PostOffice, registrar: User
) -> None:
    mail = written()
    send()
    assert outbox.take_report(report(mail)) == mail
    assert (state_of(mail), mail.status) == ("bounced", "5.1.1")
    later = written(to="ADA@home.example")
    assert later.state == "failed"
    assert "came back (5.1.1)" in later.answer
    send()
    assert len(office.delivered) == 1
    outbox.resend(later, by=registrar, reason="The mailbox is there now.")
    send()
    assert len(office.delivered) == 2
    assert written().state == "queued"


def test_a_full_mailbox_is_no_reason_to_write_no_more(office: PostOffice) -> None:
    mail = written()
    send()
    outbox.take_report(report(mail, status="5.2.2"))
    assert state_of(mail) == "bounced"
    assert written().state == "queued"


def test_a_late_mail_may_still_arrive(office: PostOffice) -> None:
    mail = written()
    send()
    outbox.take_report(report(mail, action="delayed", status="4.4.1"))
    assert (state_of(mail), mail.answer) == ("sent", "Late: smtp; 550 5.1.1 unknown")


def test_reports_about_mails_that_we_never_sent_change_nothing(office: PostOffice) -> None:
    waiting = written()
    assert outbox.take_report(report(waiting)) == waiting
    assert state_of(waiting) == "queued"
    assert outbox.take_report(report(Mail())) is None


def test_bounces_are_read_from_a_maildir_once_and_from_files(
    office: PostOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.issuer.bounces import bounce

    mails = [written(to=f"{name}@home.example") for name in ("ada", "ben")]
    send()
    box = tmp_path / "box"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    (box / "new" / "1.a").write_bytes(bounce(mails[0]))
    (box / "new" / "2.b").write_bytes(b"Subject: Win a million\n\nNow!")
    single = tmp_path / "report.eml"
    single.write_bytes(bounce(mails[1]))
    call_command("read_bounces", str(box), str(single))
    assert capsys.readouterr().out == "3 messages, 2 of them reports about mails of ours.\n"
    assert [state_of(mail) for mail in mails] == ["bounced", "bounced"]
    call_command("read_bounces", str(box), "--json")
    assert capsys.readouterr().out == '{"messages": 0, "reports": 0, "error": ""}\n'
    assert len(list((box / "cur").iterdir())) == 2


def test_a_seal_opens_its_own_path_only() -> None:
    seal = links.seal("/confirm/1").rpartition("/")[2]
    assert links.is_sealed("/confirm/1", seal)
    assert not links.is_sealed("/confirm/2", seal)
    assert not links.is_sealed("/confirm/1", seal[:-1])
    assert not links.is_sealed("/confirm/1", "é")


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_two_workers_at_once_send_every_mail_once(office: PostOffice) -> None:
    mails = [written(to=f"{number}@home.example") for number in range(20)]

    def work(_: int) -> None:
        try:
            send()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert len(office.delivered) == len(mails)
    assert len({got.recipient for got in office.delivered}) == len(mails)
