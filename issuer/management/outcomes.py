"""Commands that scripts call: one JSON object at the end, whether they succeed or not."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

# What Python makes of a byte on the command line that is no UTF-8.
_SURROGATE = re.compile("[\ud800-\udfff]")
# What ends a line for many who read one by one, and is no control character to JSON.
_LINE_END = re.compile("[\x85\u2028\u2029]")


class OutcomeCommand(BaseCommand):
    """With `--json` the last line is one JSON object, of the same members also after a failure.

    A failure ends with status 1 and says why on standard error.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="end with the outcome as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry it out, and see that there is an outcome."""
        self.is_told = False
        try:
            try:
                _demand_text(options)
                self.carry_out(**options)
            except OperationalError as error:
                raise CommandError(f"The database does not answer: {error}") from error
        except CommandError as error:
            if options["json"] and not self.is_told:
                self.tell(self.failure(str(error), **options))
            raise

    def carry_out(self, **options: Any) -> None:
        """What the command does; it calls `tell` if JSON is asked for."""
        raise NotImplementedError

    def failure(self, reason: str, **options: Any) -> Mapping[str, Any]:
        """The outcome where nothing else could be told."""
        raise NotImplementedError

    def tell(self, outcome: Mapping[str, Any]) -> None:
        """Print the outcome as one line; of what is no text or ends lines, JSON's own escapes."""
        line = json.dumps(outcome, ensure_ascii=False, default=str)
        line = _LINE_END.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
        self.stdout.write(line.encode("utf-8", "backslashreplace").decode())
        self.is_told = True


def _demand_text(options: Mapping[str, Any]) -> None:
    """Refuse arguments with bytes that are no UTF-8: no row, and no line we print, takes them."""
    for name, given in options.items():
        said = given if isinstance(given, list) else [given]
        if any(isinstance(one, str) and _SURROGATE.search(one) for one in said):
            raise CommandError(f"{name} is not UTF-8. Write it anew, or rename the file.")


def content_of(path: Path) -> bytes:
    """What is in a file; CommandError for one that is missing or cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CommandError(f"There is no file {path}.") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
