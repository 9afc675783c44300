"""Verification: inspect whatever somebody shows, with the documents that it needs."""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings

from issuer import fetch
from issuer.errors import NotSetUp
from issuer.models import Shape, StatusList
from issuer.services import clock, crew, keys, recognition, status
from issuer.services.recognition import LookUp
from issuer.vc import did
from issuer.vc.errors import MalformedToken, Unreachable
from issuer.vc.json_text import parse_json
from issuer.vc.verification import inspection
from issuer.vc.verification.inspection import Inspection, Occasion
from issuer.vc.verification.report import CouldNotCheck, unreadable
from issuer.vc.verification.shown import Thing

# Issuers of a record's credentials, and their status lists: each is asked for once.
MAX_LINKS = 12
# After so many seconds no further link is followed; somebody waits for the page.
MAX_SECONDS = 15
# Bytes of others' documents that are kept for what is verified with them.
MAX_REMEMBERED = 64 * 1024 * 1024

# A document, or why it can't be had.
Answer = bytes | str
Get = Callable[[str], Answer]


def verify(
    shown: dict[str, Any] | bytes,
    *,
    at: datetime | None = None,
    person: str = "",
    occasion: Occasion | None = None,
) -> Inspection:
    """Check what somebody shows, ours or a stranger's: the bytes of a file, or JSON that was read.

    1. what it is: JSON, a token (VC-JWT, vc+jwt, SD-JWT VC), an envelope around one, a
       presentation, or an image (PNG, SVG) that holds one of these; an address is not followed
    2. its own checks: structure, issuer (of a presentation the holder), signature (with challenge
       and domain, where an `occasion` has them), dates, status
    3. the check `schema`, where it names a schema of Open Badges or CLR
    4. the check `recipient`, where a `person` is given: by e-mail address, name, number or id
    5. all of this for each credential in a presentation or record, and for each endorsement at
       any place, of which the check `endorsed` tells whether it is about what it is attached to
    6. the verdict: valid only when every check has passed, also of all that is inside

    What we have issued ourselves is recognised by the shape that made it (`recognition`), and not
    canonicalised; that changes nothing but the time it takes.

    Our own DID document and status lists come from the database, as they are published;
    strangers' are fetched, at most MAX_LINKS of them. Dates are compared with `at`, or with now.
    Nothing that is sent is kept, and nothing is raised for it: what is wrong stands in the report.
    """
    verifier = _Verifier(_Documents().get, recognition.look_up, person, at or clock.now())
    return verifier.verify(shown, occasion)


def _itself(found: Inspection) -> Any:
    return found


def verify_all(
    shown: Iterable[dict[str, Any] | bytes],
    *,
    at: datetime | None = None,
    person: str = "",
    jobs: int = 1,
    tell: Callable[[Inspection], Any] = _itself,
) -> Iterator[Any]:
    """Check many things as `verify` checks one, in so many processes; results come in their order.

    What comes is what `tell` makes of each, in the process that looked at it: to send a whole
    inspection to another takes a fifth as long as to make it.

    Each DID document, status list and shape is looked up once for all of them, by this process.
    Few of the things are held at a time. What ends the process that looks at it could not be
    checked; the others are, nevertheless.
    """
    documents = _Documents()
    now = at or clock.now()

    def teller(get: Get, look_up: LookUp) -> Callable[[dict[str, Any] | bytes], Any]:
        verifier = _Verifier(get, look_up, person, now)
        return lambda thing: tell(verifier.verify(thing))

    if jobs == 1:
        yield from map(teller(documents.get, recognition.look_up), shown)
        return
    yield from crew.in_order(
        shown,
        workshop=lambda ask: teller(_Remembered(ask).get, ask),
        answer=partial(_answer, documents),
        lost=lambda: tell(_lost()),
        jobs=jobs,
    )


def is_ours(inspected: Inspection) -> bool:
    """Tell whether we have signed it ourselves: its issuer is us, and proved to have signed."""
    return inspected.issuer_id == settings.ISSUER_DID and inspected.is_signed


class _Verifier:
    """Verifies one thing after the other, at one moment, with the same documents of others."""

    def __init__(self, get: Get, look_up: LookUp, person: str, now: datetime) -> None:
        self._get = get
        self._recognise = partial(recognition.recognise, look_up=look_up)
        self._person = person
        self._now = now
        self._trusted_lists: dict[str, dict[str, Any]] = {}

    def verify(self, shown: dict[str, Any] | bytes, occasion: Occasion | None = None) -> Inspection:
        sources = _Sources(self._get)
        return inspection.inspect(
            shown,
            inspection.Sources(
                resolve_did=sources.resolve_did,
                fetch_status_list=sources.fetch_status_list,
                fetch_status_token=sources.fetch_status_token,
                now=self._now,
                trusted_lists=self._trusted_lists,
                recognise=self._recognise,
            ),
            person=self._person,
            occasion=occasion,
        )


class _Sources:
    """Where one verification gets its documents; counts the links."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._links: set[str] = set()
        self._until = time.monotonic() + MAX_SECONDS

    def resolve_did(self, name: str) -> dict[str, Any]:
        """The DID document of a did:web."""
        return parse_json(self._found(name))

    def fetch_status_list(self, url: str) -> dict[str, Any]:
        """The status list credential at an address."""
        return parse_json(self._found(url))

    def fetch_status_token(self, url: str) -> str:
        """The token of a Token Status List at an address."""
        try:
            return self._found(url).decode("ascii").strip()
        except UnicodeDecodeError:
            raise MalformedToken() from None

    def _found(self, name: str) -> bytes:
        if not _is_own(name):
            self._count(name)
        answer = self._get(name)
        if isinstance(answer, str):
            raise Unreachable(answer)
        return answer

    def _count(self, name: str) -> None:
        if name in self._links:
            return
        if len(self._links) == MAX_LINKS:
            raise Unreachable(f"It needs more than {MAX_LINKS} documents of others.")
        if time.monotonic() > self._until:
            raise Unreachable(f"{name} was not asked for: others took too long to answer.")
        self._links.add(name)


class _Remembered:
    """Asks for each document once, until there are too many to keep."""

    def __init__(self, ask: Get) -> None:
        self._ask = ask
        self._answers: dict[str, Answer] = {}
        self._size = 0

    def get(self, name: str) -> Answer:
        """The document of that name, a DID or an address; a sentence where it can't be had."""
        found = self._answers.get(name)
        if found is None:
            found = self._ask(name)
            self._size += len(name) + len(found)
            if self._size > MAX_REMEMBERED:
                self._answers.clear()
                self._size = 0
            self._answers[name] = found
        return found


class _Documents(_Remembered):
    """The documents of issuers: ours from the database, strangers' by their links."""

    def __init__(self) -> None:
        super().__init__(_look_up)


def _answer(documents: _Documents, asked: str | uuid.UUID) -> Answer | Shape | None:
    """What a process without the database asks for: a document by name, or a credential's shape."""
    if isinstance(asked, uuid.UUID):
        return recognition.look_up(asked)
    return documents.get(asked)


def _look_up(name: str) -> Answer:
    try:
        if name == settings.ISSUER_DID:
            return json.dumps(keys.did_document(name)).encode()
        if _is_own(name):
            return _published(name)
        return fetch.get(did.did_web_url(name) if name.startswith("did:") else name)
    except (NotSetUp, Unreachable) as error:
        return str(error)


def _is_own(name: str) -> bool:
    return name == settings.ISSUER_DID or name.startswith(_own_lists())


def _own_lists() -> str:
    return f"{settings.BASE_URL}/status/"


def _published(url: str) -> bytes:
    """The newest edition of a status list of ours."""
    name = url.removeprefix(_own_lists())
    found = StatusList.objects.defer("permutation").filter(name=name).first()
    publication = found and status.newest_publication(found)
    if not publication:
        raise Unreachable(f"No status list is published at {url}.")
    return publication.body.encode()


def _lost() -> Inspection:
    fault = CouldNotCheck("The process that looked at it ended before it was done.")
    return Inspection(Thing.NOTHING, (), None, unreadable(fault))
