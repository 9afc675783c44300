"""Credentials that a system composed by itself: freeze them like the college's own."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from issuer.errors import IdTaken
from issuer.models import Credential
from issuer.models.credentials import COMPOSED_ID_LENGTH, NAMELESS
from issuer.services import batches, credentials, institutions, ledger
from issuer.services.clients import Client
from issuer.services.wordings import Statement
from issuer.vc import credential, reading
from issuer.vc.errors import Finding, LintFailed
from issuer.vc.lint import COMPOSED_ELSEWHERE, lint

_NAME_LENGTH = 200
_SECTION = "VCALM 1.0, Issue Credential"


def request(document: dict[str, Any], *, by: Client, reference: str = "") -> Credential:
    """Freeze what a client composed, in a batch of one that its scope has approved.

    `reference` is the id by which the client refers to a document that bears none. The same
    document under the same id is frozen once: whoever asks again gets the first. Without any id
    it is another credential each time.

    Raises LintFailed with everything for which it must not be signed, IdTaken where the id
    belongs to another document, and NoActiveKey.

    In a sandbox its name says so, and that of the issuer.
    """
    if findings := _findings(document, reference):
        raise LintFailed(findings)
    if institutions.is_sandbox():
        document = _marked(document)
    composed_id = document.get("id", reference)
    if not composed_id:
        return _freeze(document, "", by)
    if frozen := _frozen(composed_id, document):
        return frozen
    try:
        return _freeze(document, composed_id, by)
    except IntegrityError:
        # Somebody else has just frozen a document of this id.
        if frozen := _frozen(composed_id, document):
            return frozen
        raise


def _findings(document: dict[str, Any], reference: str) -> list[Finding]:
    findings = lint(document, issuer_did=settings.ISSUER_DID, profile=COMPOSED_ELSEWHERE)
    if "credentialStatus" in document:
        sentence = "The service adds the status entry; leave credentialStatus out."
        findings.append(Finding("status_given", "/credentialStatus", sentence, _SECTION))
    composed_id = document.get("id", reference)
    if isinstance(composed_id, str) and len(composed_id) > COMPOSED_ID_LENGTH:
        sentence = f"The id is longer than {COMPOSED_ID_LENGTH} characters."
        findings.append(Finding("id_too_long", "/id", sentence, "limit of this service"))
    if reference and not credential.is_uri(reference):
        sentence = "The credentialId is not a URL."
        findings.append(Finding("reference_not_a_url", "", sentence, _SECTION))
    if reference and reference != composed_id:
        sentence = "The credentialId is not the id of the credential; leave it out."
        findings.append(Finding("two_ids", "/id", sentence, _SECTION))
    return findings


def _frozen(composed_id: str, document: dict[str, Any]) -> Credential | None:
    """What was frozen under this id, None if nothing was; raises IdTaken."""
    found = Credential.objects.filter(composed_id=composed_id).first()
    if found is None:
        if Credential.objects.filter(pk=_pk(composed_id)).exists():
            raise IdTaken()
        return None
    if _comparable(json.loads(found.document)) != _comparable(document):
        raise IdTaken()
    return found


@transaction.atomic
def _freeze(document: dict[str, Any], composed_id: str, by: Client) -> Credential:
    name = reading.read(document).name or NAMELESS
    chunk = batches.begin(name[:_NAME_LENGTH], by=by)
    pk = _pk(composed_id)
    statement = Statement(
        credential_id=pk,
        position=0,
        achievement=None,
        document=document,
        composed_id=composed_id,
    )
    credentials.request(chunk, [statement], profile=COMPOSED_ELSEWHERE)
    frozen = Credential.objects.get(pk=pk)
    ledger.append("credential.composed", frozen, by=by, details={"scope": "vc.issue"})
    return frozen


def _marked(document: dict[str, Any]) -> dict[str, Any]:
    issuer = document["issuer"]
    if isinstance(issuer, dict):
        issuer = issuer | {"name": _marked_name(issuer.get("name"))}
    return document | {"name": _marked_name(document.get("name")), "issuer": issuer}


def _marked_name(name: Any) -> Any:
    """A name in any of the forms that the data model has for it."""
    if isinstance(name, list):
        return [_marked_name(each) for each in name]
    if isinstance(name, dict):
        return name | {"@value": institutions.marked(str(name.get("@value", "")))}
    return institutions.marked(name if isinstance(name, str) else NAMELESS)


def _pk(composed_id: str) -> uuid.UUID:
    """The UUID of an id that is a `urn:uuid:`, so that no award can have the same; else random."""
    try:
        return uuid.UUID(composed_id.lower().removeprefix("urn:uuid:"))
    except ValueError:
        return uuid.uuid4()


def _comparable(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True)
