"""Verification: feed vc.verify with the documents that it needs."""

from datetime import datetime
from typing import Any

from django.conf import settings

from issuer import fetch
from issuer.errors import NotSetUp
from issuer.models import StatusList
from issuer.services import clock, keys, status
from issuer.vc import did
from issuer.vc import verify as verifier
from issuer.vc.errors import Unreachable, VcError
from issuer.vc.json_text import parse_json

# An issuer's document and status list, those of a second purpose, and one to spare.
MAX_LINKS = 4


def verify(document: dict[str, Any] | bytes, *, at: datetime | None = None) -> verifier.Report:
    """Check any credential, ours or a stranger's, given as JSON or as the bytes that were sent.

    Our own DID document and status lists come from the database, as they are published;
    strangers' are fetched, at most MAX_LINKS of them. Dates are compared with `at`, or with now.
    Nothing that is sent is kept, and nothing is raised for it: what is wrong stands in the report.
    """
    if isinstance(document, bytes):
        try:
            document = parse_json(document)
        except VcError as error:
            return _unreadable(error)
    sources = _Sources()
    return verifier.verify(
        document,
        resolve_did=sources.resolve_did,
        fetch_status_list=sources.fetch_status_list,
        now=at or clock.now(),
    )


class _Sources:
    """Where one verification gets its documents; counts the links that it follows."""

    def __init__(self) -> None:
        self._links = 0

    def resolve_did(self, name: str) -> dict[str, Any]:
        """The DID document of a did:web."""
        if name == settings.ISSUER_DID:
            try:
                return keys.did_document(name)
            except NotSetUp as error:
                raise Unreachable(str(error)) from None
        return self._follow(did.did_web_url(name))

    def fetch_status_list(self, url: str) -> dict[str, Any]:
        """The status list credential at an address."""
        own = f"{settings.BASE_URL}/status/"
        if not url.startswith(own):
            return self._follow(url)
        found = StatusList.objects.defer("permutation").filter(name=url.removeprefix(own)).first()
        publication = found and status.newest_publication(found)
        if not publication:
            raise Unreachable(f"No status list is published at {url}.")
        return parse_json(publication.body.encode())

    def _follow(self, url: str) -> dict[str, Any]:
        self._links += 1
        if self._links > MAX_LINKS:
            raise Unreachable(f"The credential needs more than {MAX_LINKS} documents of others.")
        return parse_json(fetch.get(url))


def _unreadable(error: VcError) -> verifier.Report:
    failed = verifier.Check("structure", verifier.Outcome.FAILED, str(error))
    skipped = (
        verifier.Check(
            name,
            verifier.Outcome.COULD_NOT_CHECK,
            "Not looked at, as it could not be read.",
        )
        for name in ("issuer", "signature", "dates", "status")
    )
    return verifier.Report((failed, *skipped))
