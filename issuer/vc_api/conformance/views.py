"""What public test suites call: the instances, and what each of them does."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from issuer.services import clock
from issuer.vc import status_list
from issuer.vc.data_integrity import base_proofs
from issuer.vc.errors import Unreachable, VcError
from issuer.vc.verification import verify as verifier
from issuer.vc_api import messages
from issuer.vc_api.conformance import issuing, verifying
from issuer.vc_api.conformance.instances import Instance, every, find

_LIST = "list"
_LIST_VALIDITY = timedelta(days=1)


def _door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that anybody may call while the profile is on; refusals become answers."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if not settings.CONFORMANCE:
            raise Http404
        try:
            return view(request, *args, **named)
        except messages.Refused as refused:
            return messages.refusal(refused)
        except VcError as error:
            return messages.refusal(
                messages.Refused(messages.problem("MALFORMED_VALUE_ERROR", str(error)))
            )

    return csrf_exempt(login_not_required(guarded))


def _instance(suite: str) -> Instance:
    found = find(suite)
    if found is None:
        raise Http404
    return found


@_door
@require_GET
def instances(request: HttpRequest) -> HttpResponse:
    """The issuers that there are, with the addresses to call."""
    return JsonResponse({"instances": [_described(request, each) for each in every()]})


def _described(request: HttpRequest, instance: Instance) -> dict[str, str]:
    base = request.build_absolute_uri(f"/conformance/{instance.suite}/credentials/")
    described = {
        "suite": instance.suite,
        "issuer": instance.issuer,
        "issue": f"{base}issue",
        "verify": f"{base}verify",
        "verifyPresentation": request.build_absolute_uri("/conformance/presentations/verify"),
    }
    if instance.is_selective:
        described["derive"] = f"{base}derive"
    return described


@_door
@require_POST
def issue(request: HttpRequest, suite: str) -> HttpResponse:
    """Issue what the caller composed, in the name of the instance."""
    instance = _instance(suite)
    message = messages.read(request, members=("credential",), options=None)
    document = issuing.in_the_name_of(message.document("credential"), instance.issuer)
    if instance.states_status:
        document = {**document, "credentialStatus": _status_entry(request, instance)}
    secured = issuing.secure(
        document,
        instance,
        created=clock.now(),
        mandatory_pointers=message.texts("mandatoryPointers"),
    )
    return JsonResponse({"verifiableCredential": secured}, status=201)


@_door
@require_POST
def verify(request: HttpRequest, suite: str) -> HttpResponse:
    """Check any credential; one that is not found valid is refused."""
    _instance(suite)
    message = messages.read(request, members=("verifiableCredential",), options=None)
    report = verifying.credential(
        message.document("verifiableCredential"),
        _sources(request),
        purpose=message.text("expectedProofPurpose"),
        challenge=message.text("challenge"),
        domain=message.text("domain"),
    )
    return verifying.answer_or_refuse(verifying.only(report, message.texts("checks")))


@_door
@require_POST
def derive(request: HttpRequest, suite: str) -> HttpResponse:
    """Derive a credential that shows only what is mandatory and what was selected."""
    if not _instance(suite).is_selective:
        raise Http404
    message = messages.read(request, members=("verifiableCredential",), options=None)
    derived = base_proofs.derive(
        message.document("verifiableCredential"),
        selective_pointers=message.texts("selectivePointers"),
    )
    return JsonResponse({"verifiableCredential": derived}, status=201)


@_door
@require_POST
def verify_presentation(request: HttpRequest) -> HttpResponse:
    """Check a presentation and every credential in it."""
    message = messages.read(request, members=("verifiablePresentation",), options=None)
    report = verifying.presentation(
        message.document("verifiablePresentation"),
        _sources(request),
        challenge=message.text("challenge"),
        domain=message.text("domain"),
    )
    return verifying.answer_or_refuse(verifying.only(report, message.texts("checks")))


@_door
@require_GET
def status(request: HttpRequest, suite: str) -> HttpResponse:
    """The status list of an instance: nothing in it is ever set.

    It is sent as plain JSON: the tests' clients read no other media type.
    """
    instance = _instance(suite)
    if not instance.states_status:
        raise Http404
    return JsonResponse(_status_list(request, instance))


def _sources(request: HttpRequest) -> verifying.Sources:
    """Lists of the instances are at hand; nobody else is asked."""

    def fetch_status_list(url: str) -> dict[str, Any]:
        for instance in every():
            if instance.states_status and url == _status_url(request, instance):
                return _status_list(request, instance)
        raise Unreachable(f"{url} is not fetched here.")

    def nobody(name: str) -> Any:
        raise Unreachable(f"{name} is not looked up here.")

    return verifying.Sources(
        resolve_did=nobody,
        fetch_status_list=fetch_status_list,
        fetch_status_token=nobody,
        now=clock.now(),
        policy=verifier.CONFORMANCE,
    )


def _status_url(request: HttpRequest, instance: Instance) -> str:
    return request.build_absolute_uri(f"/conformance/{instance.suite}/status/{_LIST}")


def _status_entry(request: HttpRequest, instance: Instance) -> dict[str, Any]:
    return status_list.entry(
        list_url=_status_url(request, instance),
        index=secrets.randbelow(status_list.MIN_SIZE),
        purpose=status_list.REVOCATION,
    )


def _status_list(request: HttpRequest, instance: Instance) -> dict[str, Any]:
    now = clock.now().replace(microsecond=0)
    document = status_list.status_list_credential(
        url=_status_url(request, instance),
        issuer=instance.issuer,
        purpose=status_list.REVOCATION,
        encoded_list=status_list.encode(status_list.new_bits()),
        valid_from=now - timedelta(minutes=1),
        valid_until=now + _LIST_VALIDITY,
    )
    return issuing.secure(document, instance, created=now)
