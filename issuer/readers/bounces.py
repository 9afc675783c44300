"""Reports of mail servers about mail that did not arrive: delivery status notifications, RFC 3464.

Plain Python: bytes in, a report out. Whoever knows our bounce address can write us anything.
"""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Final
from uuid import UUID

from issuer.errors import NoReport

# Reports are short, but some servers send the whole mail back with them.
MAX_BYTES: Final = 1_000_000
MAX_PARTS: Final = 50
MAX_TEXT: Final = 500

# As issuer/services/outbox.py writes it into each mail.
_OUR_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.ASCII)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_ORIGINALS: Final = ("message/rfc822", "text/rfc822-headers", "message/global")


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one of our mails: `status` as in RFC 3463, `diagnosis` in the server's words.

    `is_final` when nobody tries any more; otherwise the mail is only late.
    """

    mail: UUID
    is_final: bool
    status: str
    diagnosis: str


def read(content: bytes) -> Report:
    """Read one message. Raises NoReport for whatever says nothing about a mail of ours."""
    try:
        parts = _parts(email.message_from_bytes(content[:MAX_BYTES]))
        said = _said(parts)
        mail = _mail(parts)
    # The parser of the standard library is not made for people who mean ill.
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise NoReport from None
    action = _field(said, "Action").lower()
    if action not in ("failed", "delayed"):
        raise NoReport
    found = _STATUS.search(_field(said, "Status"))
    return Report(
        mail=mail,
        is_final=action == "failed",
        status=found[0] if found else "",
        diagnosis=_field(said, "Diagnostic-Code")[:MAX_TEXT],
    )


def _parts(message: Message) -> list[Message]:
    parts = []
    for part in message.walk():
        parts.append(part)
        if len(parts) == MAX_PARTS:
            break
    return parts


def _said(parts: list[Message]) -> Message:
    """The fields about the recipient (RFC 3464, section 2.3); a mail of ours has only one."""
    for part in parts:
        blocks = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(blocks, list):
            for block in blocks:
                if isinstance(block, Message) and "Action" in block:
                    return block
    raise NoReport


def _mail(parts: list[Message]) -> UUID:
    """Which mail: the headers of what was sent stand in the last part (RFC 3462)."""
    for text in _originals(parts):
        if found := _OUR_ID.search(text):
            return UUID(found[1])
    raise NoReport


def _originals(parts: list[Message]) -> Iterator[str]:
    for part in parts:
        if part.get_content_type() not in _ORIGINALS:
            continue
        inside = part.get_payload()
        if isinstance(inside, list):
            yield from (_field(each, "Message-ID") for each in inside if isinstance(each, Message))
        else:
            headers = part.get_payload(decode=True)
            if isinstance(headers, bytes):
                yield _field(email.message_from_bytes(headers), "Message-ID")


def _field(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())
