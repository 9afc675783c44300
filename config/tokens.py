"""Tokens for clients: given, taken back, and where a client reads how to ask (RFC 6749, 8414)."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import View
from django.views.decorators.http import require_safe
from oauth2_provider.views import RevokeTokenView, TokenView

from config.access import client_address
from registrar.errors import TooManyAttempts
from registrar.services import client_keys, token_requests


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
        return response


class Token(Patiently, TokenView):
    """Gives tokens."""

    http_method_names = ["post"]


class Revoke(Patiently, RevokeTokenView):
    """Takes a token back (RFC 7009)."""

    http_method_names = ["post"]


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
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": sorted(settings.ALL_SCOPES),
    }
    return JsonResponse(body, headers={"Access-Control-Allow-Origin": "*"})
