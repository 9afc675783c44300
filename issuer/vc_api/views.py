"""The VC API (VCALM 1.0) for systems that compose their own credentials.

Each view asks for the scope that an operator granted to the system. The institution's issuer is
the only instance there is, and it secures with eddsa-rdfc-2022.
"""

from __future__ import annotations

import json
import time
import uuid
from contextlib import suppress
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.mediatypes import media_type_matches
from rest_framework.views import APIView

from issuer import tasks
from issuer.errors import (
    IdTaken,
    NeverIssued,
    NoActiveKey,
    NotIssued,
    NotSetUp,
    NotSuspended,
    WithdrawnForGood,
)
from issuer.models import Credential, StatusList
from issuer.services import composed, credentials, status, verification
from issuer.services.clients import Client
from issuer.vc.data_integrity import base_proofs
from issuer.vc.errors import LintFailed, VcError
from issuer.vc.verification.inspection import Occasion
from issuer.vc.verification.shown import Thing
from issuer.vc_api import findings, messages, shapes, status_requests
from issuer.vc_api.status_requests import StatusRequest

# VCALM has no place for a reason; who asked stands beside it.
REASON = "Asked for through the VC API."

# How long a caller waits for the signer, and when one who waited in vain shall ask again.
PATIENCE_SECONDS = 10
RETRY_AFTER_SECONDS = 15
_LOOK_EVERY_SECONDS = 0.05

# Tells the ids that we make of keys from those of others.
_KEYS = uuid.UUID("7c9d1f0e-53f1-4b0e-9a3e-5b8a2f4d6c11")

# Without these no verifier takes a credential (VC Data Model 2.0, section 4).
REQUIRED = ("@context", "type", "issuer", "credentialSubject")


class Json(BaseParser):
    """Takes JSON and nothing else, and leaves it to `messages.read`, which reads more strictly."""

    media_type = "application/json"

    def parse(self, stream: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Read nothing: even who asks is told before the body is looked at."""
        return {}


class VcApiView(APIView):
    """A view that answers what it refuses with a problem, and takes JSON only."""

    parser_classes = (Json,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse another media type: a form is read before we are asked, and its body is gone."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and not media_type_matches(
            Json.media_type, request.content_type
        ):
            raise UnsupportedMediaType(request.content_type)

    def handle_exception(self, exc: Exception) -> Response:
        """What is refused by us is a problem of the VC API; all else is one of any API."""
        refused = _as_refused(exc)
        if refused is None:
            return super().handle_exception(exc)
        # The REST framework passes on any response of Django's.
        return cast(Response, messages.problem_answer(refused))


class Issue(VcApiView):
    """Issue what the caller composed."""

    scopes = ["vc.issue"]
    # The signer sees what is committed only.
    commits_itself = True

    @shapes.issue
    def post(self, request: Request) -> Response:
        """Freeze, let the signer sign, and wait for it; in a dry run nobody signs."""
        message = messages.read(
            request, members=("credential",), options=("credentialId", "mandatoryPointers")
        )
        if "mandatoryPointers" in message.options:
            said = "mandatoryPointers are for ecdsa-sd-2023; here eddsa-rdfc-2022 is signed."
            raise messages.Refused(messages.unknown_option("mandatoryPointers", said))
        document = {"issuer": settings.ISSUER_DID, **message.document("credential")}
        client = Client.of(request.auth)
        reference = message.text("credentialId") or ""
        if "id" not in document and not reference:
            reference = _of_key(request.headers.get("Idempotency-Key"), client)
        credential = composed.request(document, by=client, reference=reference)
        is_dry = request.query_params.get("dry_run") == "true"
        told = _unsigned(credential) if is_dry else _signed(credential)
        # VCALM names no address; the record of it is read in the REST API.
        where = {"Location": f"/api/v1/credentials/{credential.pk}"}
        return Response({"verifiableCredential": told}, status=201, headers=where)


class VerifyCredential(VcApiView):
    """Verify a credential of anybody's."""

    scopes = ["vc.verify"]
    is_without_effect = True

    @shapes.verify_credential
    def post(self, request: Request) -> Response:
        """Verify, and answer 200 whatever was found."""
        message = messages.read(
            request,
            members=("verifiableCredential",),
            options=(*findings.OPTIONS, "returnCredential"),
        )
        document = message.document("verifiableCredential")
        sent = {"credential": document} if message.flag("returnCredential") else {}
        inspected = verification.verify(document)
        if inspected.thing is Thing.PRESENTATION:
            raise _not_a("credential")
        return Response(findings.answer(inspected, message, sent=sent))


class VerifyPresentation(VcApiView):
    """Verify a presentation and all that it presents."""

    scopes = ["vc.verify"]
    is_without_effect = True

    @shapes.verify_presentation
    def post(self, request: Request) -> Response:
        """Verify, and answer 200 whatever was found."""
        message = messages.read(
            request,
            members=("verifiablePresentation",),
            options=(*findings.OPTIONS, "returnPresentation", "challenge", "domain"),
        )
        document = message.document("verifiablePresentation")
        sent = {"presentation": document} if message.flag("returnPresentation") else {}
        occasion = Occasion(message.text("challenge"), message.text("domain"))
        inspected = verification.verify(document, occasion=occasion)
        if inspected.thing not in (Thing.PRESENTATION, Thing.NOTHING):
            raise _not_a("presentation")
        return Response(findings.answer(inspected, message, sent=sent))


class Derive(VcApiView):
    """Derive what a holder shows of a credential with selective disclosure."""

    scopes = ["vc.verify"]
    is_without_effect = True

    @shapes.derive
    def post(self, request: Request) -> Response:
        """Derive from the base proof; no key of ours is needed, and nothing is kept."""
        message = messages.read(
            request, members=("verifiableCredential",), options=("selectivePointers",)
        )
        derived = base_proofs.derive(
            message.document("verifiableCredential"),
            selective_pointers=message.texts("selectivePointers"),
        )
        _require_whole(derived)
        return Response({"verifiableCredential": derived}, status=201)


class Status(VcApiView):
    """Change the status of a credential that was issued here."""

    scopes = ["vc.status"]

    @shapes.status
    def post(self, request: Request) -> Response:
        """Set the bit, and let the list be published."""
        asked = status_requests.read(request)
        credential = credentials.find(asked.credential_id)
        status_requests.require_entry(credential, asked.entry)
        _set(credential, asked, by=Client.of(request.auth))
        tasks.publish_soon()
        return Response({"credentialId": asked.credential_id, "status": asked.value})


def _set(credential: Credential, asked: StatusRequest, *, by: Client) -> None:
    """Revoke, suspend or reinstate; to set what is set already changes nothing."""
    if asked.entry["statusPurpose"] == StatusList.Purpose.SUSPENSION:
        act = status.suspend if asked.value else status.reinstate
        with suppress(NotSuspended):
            act(credential, reason=REASON, by=by)
    elif asked.value:
        status.revoke(credential, reason=REASON, by=by)
    else:
        raise messages.Refused(messages.plain(400, "A revocation is for good."))


def _require_whole(derived: dict[str, Any]) -> None:
    """Refuse a choice of pointers that leaves out what makes a credential one."""
    missing = [member for member in REQUIRED if member not in derived]
    if missing:
        raise messages.Refused(
            *(
                messages.problem(
                    "MALFORMED_VALUE_ERROR",
                    f"The pointers leave out {member}, which every credential must show: add "
                    f"/{member}, or a pointer to a part of it, to options.selectivePointers.",
                    pointer=f"/{member}",
                )
                for member in missing
            )
        )


def _not_a(name: str) -> messages.Refused:
    said = f"What was sent is not a {name}."
    return messages.Refused(messages.problem("MALFORMED_VALUE_ERROR", said))


def _of_key(key: str | None, client: Client) -> str:
    """How a document without any id is known that came with an Idempotency-Key; else blank."""
    return "" if key is None else uuid.uuid5(_KEYS, f"{client.id}:{key}").urn


def _unsigned(credential: Credential) -> dict[str, Any]:
    """The document as it would be signed, before its status entry and its proof are added."""
    return json.loads(credentials.signed(credential) or credential.document)


def _signed(credential: Credential) -> dict[str, Any]:
    """The signed document; rings for the signer and waits for it a while."""
    end = time.monotonic() + PATIENCE_SECONDS
    body = credentials.signed(credential)
    if body is None:
        transaction.on_commit(lambda: tasks.sign.delay(str(credential.batch_id)), robust=True)
    while body is None:
        if time.monotonic() > end:
            raise messages.Refused(
                messages.plain(503, "The credential is kept and waits for the signer. Ask again."),
                status=503,
                retry_after=RETRY_AFTER_SECONDS,
            )
        time.sleep(_LOOK_EVERY_SECONDS)
        body = credentials.signed(credential)
    return json.loads(body)


def _as_refused(error: Exception) -> messages.Refused | None:
    if isinstance(error, messages.Refused):
        return error
    if isinstance(error, LintFailed):
        return messages.Refused(*messages.of_findings(error.findings))
    if isinstance(error, VcError):
        return messages.Refused(messages.problem("MALFORMED_VALUE_ERROR", str(error)))
    for kind, number in _STATUSES.items():
        if isinstance(error, kind):
            return messages.Refused(messages.plain(number, str(error)), status=number)
    return None


_STATUSES: dict[type[Exception], int] = {
    NotIssued: 404,
    IdTaken: 409,
    WithdrawnForGood: 409,
    NeverIssued: 422,
    NoActiveKey: 503,
    NotSetUp: 503,
}
