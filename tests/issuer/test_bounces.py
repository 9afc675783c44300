"""What mail servers report is read; what strangers write to the same mailbox is no report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.errors import NoReport
from issuer.models import Mail
from issuer.readers import bounces
from tests.issuer.bounces import bounce


def test_a_report_names_the_mail_the_status_and_the_reason() -> None:
    mail = Mail()
    found = bounces.read(bounce(mail))
    assert (found.mail, found.is_final) == (mail.pk, True)
    assert (found.status, found.diagnosis) == ("5.1.1", "smtp; 550 5.1.1 unknown")


def test_the_mail_is_found_in_the_whole_letter_that_came_back() -> None:
    mail = Mail()
    whole = bounce(mail).replace(b"text/rfc822-headers", b"message/rfc822")
    assert bounces.read(whole + b"\n").mail == mail.pk


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "", "FAILED?"])
def test_news_of_mail_that_arrived_is_no_report(action: str) -> None:
    with pytest.raises(NoReport):
        bounces.read(bounce(Mail(), action=action))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\xff\xfe" * 100,
        b"Subject: Out of office\n\nI am away.",
        bounce(Mail(), headers="Message-ID: <1234@college.example>\n"),
        bounce(Mail(), headers="Subject: no id\n"),
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status",
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n' * 2000,
    ],
)
def test_anything_else_is_no_report(content: bytes) -> None:
    with pytest.raises(NoReport):
        bounces.read(content)


REPORT = bounce(Mail())


@given(st.data())
def test_a_bent_report_is_a_report_or_none_and_never_an_accident(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(REPORT)))
    until = data.draw(st.integers(at, min(len(REPORT), at + 200)))
    content = REPORT[:at] + data.draw(st.binary(max_size=60)) + REPORT[until:]
    try:
        found = bounces.read(content)
    except NoReport:
        return
    assert isinstance(found.status, str)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with pytest.raises(NoReport):
        bounces.read(b"Content-Type: multipart/report; boundary=b\n\n--b\n" + content)
