"""Asks a server of 1EdTech's services for its collections page by page, under OAuth 2."""

import base64
import json
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from issuer import fetch
from issuer.vc.errors import Unreachable
from registrar.errors import NotServed, SourceRefuses, SourceSilent
from registrar.readers.errors import Unreadable

MAX_BYTES: Final = 64 << 20
MAX_SECONDS: Final = 30
# Seconds before a request that got no answer is made again.
PAUSES: tuple[float, ...] = (2,)
# Rows may move up while one turns the pages; so many are read again, and counted once.
OVERLAP: Final = 20

_LINK = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?([a-z]+)"?')
_TRANSIENT: Final = {408, 425, 429, 500, 502, 503, 504}
_NOT_THERE: Final = {403, 404, 405, 410, 501}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is spoken: for which scopes one asks, where a collection is, how an answer is read.

    Of several sets of scopes the first is asked for that the server knows.
    """

    scopes: tuple[str, ...]
    place: Callable[[str, str], str]
    read_page: Callable[[bytes, str], list[Any]]


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is, and how one is let in. `trusted` are the origins that may be private."""

    dialect: Dialect
    address: str
    token_address: str
    client_id: str
    secret: str = field(repr=False)
    scopes: str = ""
    trusted: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some objects of a collection; how many there are, if that is said; where to go on, if."""

    things: list[Any]
    total: int | None
    next_offset: int | None


class Conversation:
    """Questions to one server under one token, which is asked for anew where it has run out.

    Each raises SourceSilent for what may go better later, and SourceRefuses for what won't.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._token = ""

    def page(
        self, collection: str, *, offset: int, limit: int, since: datetime | None = None
    ) -> Page:
        """The page that begins at the offset, in the order of the sourcedIds.

        With `since` only what was changed after it. Raises NotServed when the server does not
        have the collection.
        """
        asked = {"limit": limit, "offset": offset, "sort": "sourcedId", "orderBy": "asc"}
        query = urlencode(asked)
        if since is not None:
            moment = f"{since:%Y-%m-%dT%H:%M:%S}.{since.microsecond // 1000:03d}Z"
            query += "&filter=" + quote(f"dateLastModified>'{moment}'", safe="")
        place = self._server.dialect.place(self._server.address.rstrip("/"), collection)
        answer = self._get(f"{place}?{query}", collection)
        try:
            things = self._server.dialect.read_page(answer.content, collection)
        except Unreadable as error:
            raise SourceRefuses(f"{error.reason} {error.fix}") from None
        return _page(collection, answer.headers, things, offset)

    def sign_in(self) -> str:
        """Get a token; which scopes it was given for, as far as the server says so."""
        own = self._server.scopes
        scopes = [own] if own else list(self._server.dialect.scopes)
        for number, scope in enumerate(scopes, start=1):
            answer = self._ask_for_token(scope)
            said = _json_object(answer.content)
            if answer.status == HTTPStatus.OK and _is_token(said.get("access_token")):
                self._token = said["access_token"]
                return str(said.get("scope") or scope)
            if said.get("error") == "invalid_scope" and number < len(scopes):
                continue
            raise SourceRefuses(_refusal(answer.status, said))
        raise SourceRefuses

    def _ask_for_token(self, scope: str) -> fetch.Answer:
        """Ask with the id and secret as they are; then as RFC 6749, 2.3.1, has them written."""
        plain = f"{self._server.client_id}:{self._server.secret}"
        encoded = f"{quote(self._server.client_id, '')}:{quote(self._server.secret, '')}"
        form = urlencode({"grant_type": "client_credentials", "scope": scope}).encode()
        for pair in dict.fromkeys((plain, encoded)):
            headers = {
                "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            }
            answer = self._ask(self._server.token_address, headers, method="POST", content=form)
            if answer.status != HTTPStatus.UNAUTHORIZED:
                break
        return answer

    def _get(self, url: str, collection: str) -> fetch.Answer:
        is_fresh = not self._token
        if is_fresh:
            self.sign_in()
        answer = self._ask(url, self._headers())
        if answer.status == HTTPStatus.UNAUTHORIZED and not is_fresh:
            self.sign_in()
            answer = self._ask(url, self._headers())
        if answer.status == HTTPStatus.OK:
            return answer
        if answer.status in _NOT_THERE:
            raise NotServed(f"{collection}: the server does not give them ({answer.status}).")
        refusal = _refusal(answer.status, _json_object(answer.content))
        raise SourceRefuses(f"{collection}: {refusal}")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}

    def _ask(
        self, url: str, headers: Mapping[str, str], *, method: str = "GET", content: bytes = b""
    ) -> fetch.Answer:
        """Ask, and once more where it may go better then."""
        why = ""
        for pause in (0.0, *PAUSES):
            time.sleep(pause)
            try:
                answer = fetch.ask(
                    url,
                    method=method,
                    headers=headers,
                    content=content,
                    max_bytes=MAX_BYTES,
                    max_seconds=MAX_SECONDS,
                    trusted=self._server.trusted,
                )
            except Unreachable as error:
                why = str(error)
                continue
            if answer.status not in _TRANSIENT:
                return answer
            why = f"{urlsplit(url).path} was answered with {answer.status}."
        raise SourceSilent(why)


def _page(collection: str, headers: Mapping[str, str], things: list[Any], offset: int) -> Page:
    total = _number(headers.get("x-total-count", ""))
    links = {rel: url for url, rel in _LINK.findall(headers.get("link", ""))}
    end = offset + len(things)
    following: int | None = end
    if not things or (total is not None and end >= total):
        following = None
    elif total is None and links and "next" not in links:
        following = None
    elif "next" in links:
        # The link is not followed: it may lead anywhere. Its offset is what it says.
        stated = _number("".join(parse_qs(urlsplit(links["next"]).query).get("offset", [])))
        following = end if stated is None else min(stated, end)
        if following <= offset:
            raise SourceRefuses(f"{collection}: the next page is said to lie before this one.")
    if not things and total is not None and end < total:
        raise SourceSilent(f"{collection}: {total:,} are said to be there, {end:,} were given.")
    if following is not None:
        following = max(following - min(OVERLAP, len(things) // 2), offset + 1)
    return Page(things, total, following)


def _refusal(status: int, said: Mapping[str, Any]) -> str:
    """What the server says of itself; never what it was asked with."""
    words = [said.get(name) for name in ("error", "error_description", "imsx_description")]
    told = ": ".join(word for word in words if isinstance(word, str) and word.isprintable())
    return f"The server refuses ({status}){': ' + told[:200] if told else '.'}"


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_token(said: object) -> bool:
    """Whether it can stand in a header."""
    return isinstance(said, str) and said.isascii() and said.isprintable() and said != ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
