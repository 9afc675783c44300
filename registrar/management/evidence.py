"""Check the credentials of a job, and write down what others need to check them, too."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import CommandError
from django.db.models import QuerySet

from issuer.models import (
    Credential,
    StatusList,
    StatusListPublication,
    VerifiableCredential,
)
from issuer.services import crew, keys, status, verification
from issuer.vc import status_list as bitstring
from issuer.vc.verification.inspection import Inspection
from issuer.vc.verification.verify import Outcome, Verdict
from registrar.management import demonstration, issuing
from registrar.management.demonstration import Job

DID_FILE = "did.json"
CREDENTIALS_FILE = "credentials.ndjson"
BEFORE_FILE = "status_lists_before.json"
AFTER_FILE = "status_lists_after.json"
SUMMARY_FILE = "summary.json"


@dataclass(frozen=True)
class Verified:
    """How many of a job's credentials are valid, and the ids of those that are revoked."""

    valid: int
    revoked: frozenset[str]


def verify(job: Job, *, report: Callable[[int, int], None]) -> Verified:
    """Verify every credential of the job with our own verifier.

    Raises CommandError for one that is neither valid nor revoked and nothing else.
    """
    documents = demonstration.documents(job)
    total, valid, revoked = documents.count(), 0, set()
    bodies = (document.body.encode() for document in documents.iterator())
    inspected = verification.verify_all(bodies, jobs=crew.cores(), tell=_told)
    for number, found in enumerate(inspected, start=1):
        if not found.wrong:
            valid += 1
        elif found.is_only_revoked:
            revoked.add(found.id)
        else:
            raise CommandError(f"Our own verifier does not accept {found.id}: {found.wrong}")
        report(number, total)
    return Verified(valid, frozenset(revoked))


def revoked_as_published(job: Job) -> frozenset[str]:
    """The ids of the job's credentials of which a published list says that they are not valid."""
    return _set_in(job, lambda found: status.published_bits(_edition(found, None)))


def revoked_in_database(job: Job) -> frozenset[str]:
    """The ids of the job's credentials that somebody has revoked, or suspended until now."""
    return _set_in(job, status.bits)


def _set_in(job: Job, bits_of: Callable[[StatusList], bytes]) -> frozenset[str]:
    found = set()
    for status_list in _lists(job):
        bits = bits_of(status_list)
        forms = VerifiableCredential.objects.filter(
            credential__in=_credentials(job), status_list=status_list
        ).select_related("credential")
        found |= {form.credential.urn for form in forms if bitstring.get(bits, form.status_index)}
    return frozenset(found)


def status_lists(job: Job, *, before: Credential | None = None) -> dict[str, Any]:
    """The job's status lists by address, as they are published.

    With `before`, each as it was published when that credential was not revoked yet.
    """
    return {
        status_list.url: json.loads(_edition(status_list, before).body)
        for status_list in _lists(job)
    }


def write(folder: Path, job: Job, *, revoked: Credential, summary: dict[str, Any]) -> None:
    """Write the signed credentials, the DID document, both editions of the lists, the summary."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / CREDENTIALS_FILE).open("w", encoding="utf-8", newline="\n") as stream:
        for document in demonstration.documents(job).iterator():
            stream.write(document.body + "\n")
    _write_json(folder / DID_FILE, keys.did_document(settings.ISSUER_DID))
    _write_json(folder / BEFORE_FILE, status_lists(job, before=revoked))
    _write_json(folder / AFTER_FILE, status_lists(job))
    # It holds passwords and the secret of a client.
    _write_json(folder / SUMMARY_FILE, summary, mode=0o600)


def _credentials(job: Job) -> QuerySet[Any, Any]:
    return job.awards().order_by().values("credential")


def _lists(job: Job) -> QuerySet[StatusList]:
    lists = StatusList.objects.filter(entries__credential__in=_credentials(job))
    return lists.distinct().defer("permutation").order_by("pk")


class _Told(NamedTuple):
    """What counts of a credential that was verified; nothing is wrong with one that is valid."""

    id: str
    wrong: str
    is_only_revoked: bool


def _told(found: Inspection) -> _Told:
    named = str((found.document or {}).get("id"))
    if found.verdict is Verdict.VALID:
        return _Told(named, "", False)
    wrong = [check.detail for check in found.checks if check.outcome is not Outcome.PASSED]
    return _Told(named, "; ".join(wrong) or found.verdict, _is_only_revoked(found))


def _is_only_revoked(found: Inspection) -> bool:
    failed = [check.id for check in found.checks if check.outcome is not Outcome.PASSED]
    return failed == ["status"] and found.verdict is Verdict.INVALID


def _edition(status_list: StatusList, before: Credential | None) -> StatusListPublication:
    for publication in status_list.publications.order_by("-version"):
        bits = status.published_bits(publication)
        if before is None or not issuing.is_set(before, bits, status_list):
            return publication
    raise CommandError(f"No edition of {status_list} from before the revocation was kept.")


def _write_json(path: Path, content: Any, *, mode: int = 0o666) -> None:
    """Write a file of this mode, also in the place of one that had another."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
