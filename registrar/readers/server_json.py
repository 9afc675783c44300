"""What servers of rosters answer, as JSON, whichever standard they speak."""

import json
from typing import Any

from registrar.readers.errors import Unreadable


class Odd(Exception):
    """A member is not of the form that the standard gives it."""


def parse(content: bytes, collection: str) -> Any:
    """What an answer holds, numbers as they were written. Raises Unreadable for what is no JSON."""
    try:
        return json.loads(content, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise Unreadable(
            "not_json", f"{collection}: the answer is no JSON.", "Check the address."
        ) from None
