"""A mail server of the tests' own: real SMTP on a real socket, in a thread."""

import socketserver
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

HANG_UP = ""


@dataclass(frozen=True)
class Delivered:
    """What was handed over: the envelope, and the letter in it."""

    sender: str
    recipient: str
    content: bytes

    @property
    def letter(self) -> EmailMessage:
        found = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found


class PostOffice(socketserver.ThreadingTCPServer):
    """Takes every mail, unless `answers` has something else to say to the next such command.

    "." stands for the end of a letter; HANG_UP closes the line without a word. `keeps` says that
    the letter is delivered before that.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Clerk)
        self.delivered: list[Delivered] = []
        self.answers: defaultdict[str, deque[str]] = defaultdict(deque)
        self.keeps = True
        self.lines = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def will_say(self, command: str, *answers: str) -> None:
        """Answer the next such commands like this."""
        self.answers[command].extend(answers)


class _Clerk(socketserver.StreamRequestHandler):
    server: PostOffice
    timeout = 10

    def handle(self) -> None:
        self.server.lines += 1
        if not self.say("CONNECT", "220 post.example"):
            return
        sender = recipient = ""
        while line := self.rfile.readline().decode().strip():
            command = line.partition(" ")[0].upper()
            if command == "MAIL":
                sender = line.partition("<")[2].partition(">")[0]
            if command == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
            usual = {"DATA": "354 go on", "QUIT": "221 bye"}
            said = self.say(command, usual.get(command, "250 ok"))
            if not said or command == "QUIT":
                return
            if said.startswith("354") and not self.take(sender, recipient):
                return

    def take(self, sender: str, recipient: str) -> str:
        lines = iter(self.rfile.readline, b".\r\n")
        content = b"".join(line.removeprefix(b".") if line[:1] == b"." else line for line in lines)
        if self.server.keeps:
            self.server.delivered.append(Delivered(sender, recipient, content))
        return self.say(".", "250 taken")

    def say(self, command: str, usual: str) -> str:
        waiting = self.server.answers[command]
        answer = waiting.popleft() if waiting else usual
        if answer != HANG_UP:
            self.wfile.write(f"{answer}\r\n".encode())
        return answer


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    """A server that takes mail until the end of the block."""
    with PostOffice() as office:
        thread = threading.Thread(target=office.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield office
        finally:
            office.shutdown()
            thread.join()
