"""Which version of a thing a client means: entity tags (RFC 9110, sections 8.8.3 and 13.1)."""

import hashlib
from typing import Any, Final

from django.utils.http import parse_etags
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

ETAG: Final = "ETag"
IF_MATCH: Final = "If-Match"
# At the end of the tag of a compressed answer, which has other bytes and so another tag.
COMPRESSED: Final = ".gz"


class ChangedMeanwhile(APIException):
    """The client has seen another version."""

    status_code = 412
    default_code = "changed_meanwhile"
    default_detail = (
        f"It has changed since you read it: its ETag is none of those in {IF_MATCH}. Read it "
        "again, and send your change again if it is still meant."
    )


def tag_of(data: Any, *, is_weak: bool = False) -> str:
    """The entity tag of what is answered; weak where parts that do not count were left out."""
    digest = hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]
    return f'W/"{digest}"' if is_weak else f'"{digest}"'


def named_in(header: str) -> set[str]:
    """The tags in a header, those of compressed answers as those of plain ones; `*` is any."""
    return {tag.replace(f'{COMPRESSED}"', '"') for tag in parse_etags(header)}


def demand_match(request: Request, current: Any) -> None:
    """Raise ChangedMeanwhile unless the client names the version that there is, or none."""
    said = request.headers.get(IF_MATCH)
    if said is not None and not {"*", tag_of(current)} & named_in(said):
        raise ChangedMeanwhile
