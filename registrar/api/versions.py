"""Which version of a thing a client means: entity tags (RFC 9110, sections 8.8.3 and 13.1)."""

import hashlib
import re
from typing import Any, Final

from django.utils.http import parse_etags
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

ETAG: Final = "ETag"
IF_MATCH: Final = "If-Match"
# At the end of the tag of a compressed answer, which has other bytes and so another tag.
COMPRESSED: Final = ".gz"

_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS: Final = re.compile(rf"[ \t]*\*[ \t]*|[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
_ONLY_WEAK: Final = (
    f"A weak ETag (W/) matches nothing in {IF_MATCH} (RFC 9110, section 8.8.3.2). Send the strong "
    "one of the thing itself; who compresses on the way may have made it weak."
)


class ChangedMeanwhile(APIException):
    """The client has seen another version."""

    status_code = 412
    default_code = "changed_meanwhile"
    default_detail = (
        f"It has changed since you read it: its ETag is none of those in {IF_MATCH}. Read it "
        "again, and send your change again if it is still meant."
    )


class BadIfMatch(APIException):
    """The header names no version at all: RFC 9110, section 13.1.1."""

    status_code = 400
    default_code = "bad_if_match"
    default_detail = (
        f"{IF_MATCH} holds no entity tag. Send the ETag as it was read, with its quotes, such as "
        '"5f3c"; several with commas between; or *, for any version.'
    )


def tag_of(data: Any, *, is_weak: bool = False) -> str:
    """The entity tag of what is answered; weak where parts that do not count were left out."""
    digest = hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]
    return f'W/"{digest}"' if is_weak else f'"{digest}"'


def named_in(header: str) -> set[str]:
    """The tags in a header, those of compressed answers as those of plain ones; `*` is any."""
    return {tag.replace(f'{COMPRESSED}"', '"') for tag in parse_etags(header)}


def demand_match(request: Request, current: Any) -> None:
    """Raise ChangedMeanwhile unless the client names the version that there is, or none.

    Raises BadIfMatch for a header in which no version is named as it has to be.
    """
    said = request.headers.get(IF_MATCH)
    if said is None:
        return
    if not _TAGS.fullmatch(said):
        raise BadIfMatch
    if not {"*", tag_of(current)} & (named := named_in(said)):
        raise ChangedMeanwhile(_ONLY_WEAK if named and all(map(_is_weak, named)) else None)


def _is_weak(tag: str) -> bool:
    return tag.startswith("W/")
