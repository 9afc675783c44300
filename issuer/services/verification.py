"""Verification: inspect whatever somebody shows, with the documents that it needs."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings

from issuer import fetch
from issuer.errors import NotSetUp
from issuer.models import StatusList
from issuer.services import clock, keys, status
from issuer.vc import did
from issuer.vc.errors import MalformedToken, Unreachable
from issuer.vc.json_text import parse_json
from issuer.vc.verification import inspection
from issuer.vc.verification.inspection import Inspection, Occasion

# Issuers of a record's credentials, and their status lists: each is asked for once.
MAX_LINKS = 12
# After so many seconds no further link is followed; somebody waits for the page.
MAX_SECONDS = 15


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

    Our own DID document and status lists come from the database, as they are published;
    strangers' are fetched, at most MAX_LINKS of them. Dates are compared with `at`, or with now.
    Nothing that is sent is kept, and nothing is raised for it: what is wrong stands in the report.
    """
    sources = _Sources()
    return inspection.inspect(
        shown,
        inspection.Sources(
            resolve_did=sources.resolve_did,
            fetch_status_list=sources.fetch_status_list,
            fetch_status_token=sources.fetch_status_token,
            now=at or clock.now(),
        ),
        person=person,
        occasion=occasion,
    )


def is_ours(inspected: Inspection) -> bool:
    """Tell whether we have signed it ourselves: its issuer is us, and proved to have signed."""
    return inspected.issuer_id == settings.ISSUER_DID and inspected.is_signed


class _Sources:
    """Where one verification gets its documents; asks for each once, and counts the links."""

    def __init__(self) -> None:
        self._answers: dict[str, bytes | Unreachable] = {}
        self._links = 0
        self._until = time.monotonic() + MAX_SECONDS

    def resolve_did(self, name: str) -> dict[str, Any]:
        """The DID document of a did:web."""
        if name == settings.ISSUER_DID:
            try:
                return keys.did_document(name)
            except NotSetUp as error:
                raise Unreachable(str(error)) from None
        return parse_json(self._answer(did.did_web_url(name), self._follow))

    def fetch_status_list(self, url: str) -> dict[str, Any]:
        """The status list credential at an address."""
        return parse_json(self._status_list(url))

    def fetch_status_token(self, url: str) -> str:
        """The token of a Token Status List at an address."""
        try:
            return self._status_list(url).decode("ascii").strip()
        except UnicodeDecodeError:
            raise MalformedToken() from None

    def _status_list(self, url: str) -> bytes:
        is_own = url.startswith(_own_lists())
        return self._answer(url, _published if is_own else self._follow)

    def _answer(self, url: str, ask: Callable[[str], bytes]) -> bytes:
        if url not in self._answers:
            try:
                self._answers[url] = ask(url)
            except Unreachable as error:
                self._answers[url] = error
        answer = self._answers[url]
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    def _follow(self, url: str) -> bytes:
        self._links += 1
        if self._links > MAX_LINKS:
            raise Unreachable(f"It needs more than {MAX_LINKS} documents of others.")
        if time.monotonic() > self._until:
            raise Unreachable(f"{url} was not asked for: others took too long to answer.")
        return fetch.get(url)


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
