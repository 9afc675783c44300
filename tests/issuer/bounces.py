"""Delivery reports as mail servers write them."""

from issuer.models import Mail
from issuer.readers import bounces
from issuer.readers.bounces import Report


def bounce(
    mail: Mail, *, action: str = "failed", status: str = "5.1.1", headers: str = ""
) -> bytes:
    """A report about a mail; with other `headers` of it than its own if they are given."""
    headers = headers or f"Message-ID: <{mail.pk}@college.example>\nSubject: Hello\n"
    return f"""\
Return-Path: <>
From: Mail delivery <postmaster@home.example>
To: bounces@college.example
Subject: Undelivered mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

I could not deliver it.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.home.example

Final-Recipient: rfc822; ada@home.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1
  unknown

--b
Content-Type: text/rfc822-headers

{headers}
--b--
""".encode()


def report(mail: Mail, *, action: str = "failed", status: str = "5.1.1") -> Report:
    """The same, read."""
    return bounces.read(bounce(mail, action=action, status=status))
