"""Tokens for clients: given and taken back, and how a client gets to ask.

RFC 6749, 7591, 8414 and 9728.
"""

import json
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from oauth2_provider.views import RevokeTokenView, TokenView

from config import consent
from config.access import client_address
from issuer.vc.errors import VcError
from issuer.vc.json_text import parse_json
from registrar.errors import TooManyAttempts, UnsoundApp
from registrar.services.college import client_keys, token_requests
from registrar.services.learners import learner_apps

_MAX_METADATA = 32 * 1024


class Patiently(View):
    """An endpoint at which clients prove who they are; who fails often has to wait."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask for patience first, then look at the proof, then count what has failed."""
        authorization = request.headers.get("Authorization", "")
        client_id = token_requests.claimed_client(authorization, request.POST)
        address = client_address(request)
        try:
            token_requests.demand_patience(client_id, address=address)
        except TooManyAttempts as error:
            return _too_many(error)
        response = super().post(request, *args, **kwargs)  # type: ignore[misc]
        if _has_failed(response):
            token_requests.fail(client_id, address=address)
        return _explained(response) if response.status_code >= HTTPStatus.BAD_REQUEST else response


class Token(Patiently, TokenView):
    """Gives tokens."""

    http_method_names = ["post"]


class Revoke(Patiently, RevokeTokenView):
    """Takes a token back (RFC 7009)."""

    http_method_names = ["post"]


# What an error means where nothing nearer is known (RFC 6749, section 5.2).
_MEANING = {
    "invalid_client": "No client has this id and this secret, or the secret has ended. Send both "
    "by HTTP Basic, or sign an assertion (private_key_jwt).",
    "invalid_grant": "The code or token has ended, was used before, or is not this client's.",
    "invalid_request": "A parameter is missing, stands twice, or is not as it should be.",
    "unauthorized_client": "This client may not use this grant_type. A system uses "
    "client_credentials.",
    "unsupported_grant_type": "grant_type is client_credentials, authorization_code or "
    "refresh_token, in a form (application/x-www-form-urlencoded).",
}


def _explained(response: HttpResponse) -> HttpResponse:
    """The error with words to it; who has to prove who they are is told how that is done."""
    try:
        said = parse_json(response.content)
    except VcError:
        return response
    if meaning := _MEANING.get(str(said.get("error"))):
        said.setdefault("error_description", meaning)
        response.content = json.dumps(said).encode()
    # What is refused while the token is kept, the library sends without.
    response["Content-Type"] = "application/json"
    response["Cache-Control"] = "no-store"
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Basic realm="token endpoint", charset="UTF-8"'
    return response


def _has_failed(response: HttpResponse) -> bool:
    """Whether a secret, a key, a code or a token was wrong; not where only words were."""
    guessed = b'"invalid_grant"' in response.content or b'"invalid_client"' in response.content
    return response.status_code == HTTPStatus.UNAUTHORIZED or guessed


def _too_many(error: TooManyAttempts) -> HttpResponse:
    body = {
        "error": "temporarily_unavailable",
        "error_description": f"Too many attempts have failed. Wait {error.seconds} seconds.",
    }
    headers = {"Retry-After": str(error.seconds), "Cache-Control": "no-store"}
    return JsonResponse(body, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)


@login_not_required
@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """Where and how clients ask for tokens (RFC 8414)."""
    methods = ["client_secret_basic", "private_key_jwt"]
    algorithms = [*client_keys.ALGORITHMS]
    body = {
        "issuer": settings.BASE_URL,
        "token_endpoint": f"{settings.BASE_URL}/oauth/token",
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint": f"{settings.BASE_URL}/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "authorization_endpoint": f"{settings.BASE_URL}/oauth/authorize",
        "registration_endpoint": f"{settings.BASE_URL}/oauth/register",
        "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": [consent.S256],
        "authorization_response_iss_parameter_supported": True,
        "scopes_supported": sorted(settings.ALL_SCOPES | settings.LEARNER_SCOPES),
    }
    return JsonResponse(body, headers={"Access-Control-Allow-Origin": "*"})


@login_not_required
@require_safe
def resource_metadata(request: HttpRequest) -> HttpResponse:
    """Whose tokens open the API, as a refusal points to it (RFC 9728)."""
    body = {
        "resource": settings.BASE_URL,
        "authorization_servers": [settings.BASE_URL],
        "bearer_methods_supported": ["header"],
        "scopes_supported": sorted(settings.ALL_SCOPES),
        "resource_documentation": f"{settings.BASE_URL}/api/v1/schema",
    }
    return JsonResponse(body, headers={"Access-Control-Allow-Origin": "*"})


@csrf_exempt
@login_not_required
@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """Register an application that learners may let in (RFC 7591)."""
    said = _metadata(request)
    if said is None:
        return _unregistered(f"Send a JSON object of at most {_MAX_METADATA:,} bytes.")
    try:
        registered = learner_apps.register(said, address=client_address(request))
    except TooManyAttempts as error:
        return _too_many(error)
    except UnsoundApp as error:
        return _unregistered(str(error))
    body = registered.metadata | {
        "client_id": registered.application.client_id,
        "client_secret": registered.secret,
        "client_id_issued_at": int(registered.application.created.timestamp()),
        "client_secret_expires_at": 0,
    }
    return JsonResponse(body, status=HTTPStatus.CREATED, headers={"Cache-Control": "no-store"})


def _metadata(request: HttpRequest) -> dict[str, Any] | None:
    content = request.read(_MAX_METADATA + 1)
    if len(content) > _MAX_METADATA:
        return None
    try:
        return parse_json(content)
    except VcError:
        return None


def _unregistered(why: str) -> HttpResponse:
    is_about_redirects = why.startswith("redirect_uris")
    error = "invalid_redirect_uri" if is_about_redirects else "invalid_client_metadata"
    body = {"error": error, "error_description": why}
    headers = {"Cache-Control": "no-store"}
    return JsonResponse(body, status=HTTPStatus.BAD_REQUEST, headers=headers)
