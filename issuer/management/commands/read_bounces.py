"""Read what mail servers report of mail that did not arrive."""

import mailbox
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from issuer.errors import NoReport
from issuer.management.outcomes import OutcomeCommand, content_of
from issuer.readers import bounces
from issuer.services import outbox


class Command(OutcomeCommand):
    """Takes each message for itself: what is no report about a mail of ours is passed over."""

    help = (
        "Read delivery reports (RFC 3464) from the mailbox of MAIL_BOUNCES_TO: a Maildir, whose "
        "messages are marked as seen; files with a message each; or - for a message on standard "
        "input, as mail servers pipe it. Needs the database role of a worker."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("paths", nargs="+", metavar="PATH")

    def carry_out(self, **options: Any) -> None:
        read = known = 0
        for content in _messages(options["paths"]):
            read += 1
            known += _take(content)
        if options["json"]:
            self.tell({"messages": read, "reports": known, "error": ""})
        else:
            self.stdout.write(f"{read} messages, {known} of them reports about mails of ours.")

    def failure(self, reason: str, **options: Any) -> dict[str, Any]:
        return {"messages": 0, "reports": 0, "error": reason}


def _take(content: bytes) -> bool:
    try:
        return outbox.take_report(bounces.read(content)) is not None
    except NoReport:
        return False


def _messages(paths: list[str]) -> Iterator[bytes]:
    for name in paths:
        path = Path(name)
        if name == "-":
            yield sys.stdin.buffer.read(bounces.MAX_BYTES)
        elif (path / "new").is_dir():
            yield from _unseen(path)
        elif path.is_dir():
            raise CommandError(f"{path} is no Maildir: it has no folder `new`.")
        else:
            yield content_of(path)


def _unseen(path: Path) -> Iterator[bytes]:
    """Each new message of a Maildir; it counts as seen once it has been dealt with."""
    box = mailbox.Maildir(path, factory=None, create=False)
    for key, message in box.iteritems():
        if message.get_subdir() == "new":
            yield box.get_bytes(key)
            message.set_subdir("cur")
            message.add_flag("S")
            box[key] = message
