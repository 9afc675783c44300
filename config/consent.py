"""A learner is asked whether an application may reach their credentials (RFC 6749, section 4.1).

Only with PKCE by S256, only for an application that is registered, and asked each time.
"""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.http import OAuth2ResponseRedirect
from oauth2_provider.models import Application
from oauth2_provider.views.mixins import OAuthLibMixin
from oauthlib.common import add_params_to_uri
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from config import learner_sign_in

S256 = "S256"
# The SHA-256 of the verifier in base64url, without padding (RFC 7636, section 4.2).
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
# So long a nonce is kept.
_LONGEST_NONCE = 255
Asked = tuple[list[str], dict[str, Any]]


@method_decorator(login_not_required, name="dispatch")
class Consent(OAuthLibMixin, View):
    """The page on which a learner says yes or no. What is asked stands in its address."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show who asks for what."""
        try:
            scopes, credentials = self._asked(request)
        except OAuthToolkitError as error:
            return self._refused(error)
        account = learner_sign_in.current(request)
        if account is None:
            return learner_sign_in.ask_to_sign_in(request.get_full_path())
        app = Application.objects.select_related("described").get(
            client_id=credentials["client_id"]
        )
        page = {
            "account": account,
            "app": app,
            "host": urlsplit(credentials["redirect_uri"]).netloc,
            "wishes": list(dict.fromkeys(settings.LEARNER_SCOPES[each] for each in scopes)),
        }
        response = learner_sign_in.private(render(request, "registrar/learner/consent.html", page))
        # The answer to the form leads on to the application, which browsers count as its action.
        response._csp_update = {"form-action": [_origin(credentials["redirect_uri"])]}  # type: ignore[attr-defined]
        return response

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send the learner back with a code, or with their no."""
        try:
            scopes, credentials = self._asked(request)
            account = learner_sign_in.current(request)
            if account is None:
                return learner_sign_in.ask_to_sign_in(request.get_full_path())
            request.user = account.user
            url, _, _, _ = self.create_authorization_response(
                request=request,
                scopes=" ".join(scopes),
                credentials=_kept(credentials),
                allow=request.POST.get("answer") == "yes",
            )
        except OAuthToolkitError as error:
            return self._refused(error)
        return learner_sign_in.private(OAuth2ResponseRedirect(url, ["https"]))

    def _asked(self, request: HttpRequest) -> Asked:
        """What is asked for, if it may be asked; raises OAuthToolkitError."""
        scopes, credentials = self.validate_authorization_request(request)
        if wrong := _wrong(credentials):
            error = InvalidRequestError(description=wrong, state=credentials.get("state"))
            raise OAuthToolkitError(error=error, redirect_uri=credentials["redirect_uri"])
        return scopes, credentials

    def _refused(self, error: OAuthToolkitError) -> HttpResponse:
        """Tell the application; the learner where it is unknown or gave another address."""
        leads_back, told = self.error_response(error)
        if leads_back:
            # Who answers, also where it is no (RFC 9207, section 2).
            url = add_params_to_uri(told["url"], [("iss", settings.BASE_URL)])
            return learner_sign_in.private(OAuth2ResponseRedirect(url, ["https"]))
        page = {"reason": told["error"].description or told["error"].error}
        status = HTTPStatus.BAD_REQUEST
        return render(self.request, "registrar/learner/refused.html", page, status=status)


def _wrong(credentials: dict[str, Any]) -> str:
    """What is asked as it cannot be kept with a code; blank for nothing."""
    if credentials.get("code_challenge_method") != S256:
        return "code_challenge_method is S256."
    if not _CHALLENGE.fullmatch(credentials.get("code_challenge") or ""):
        return "code_challenge is the SHA-256 of the verifier, 43 characters of base64url."
    nonce = credentials["request"].nonce or ""
    if len(nonce) > _LONGEST_NONCE or "\0" in nonce:
        return f"nonce has at most {_LONGEST_NONCE} characters."
    return ""


def _kept(credentials: dict[str, Any]) -> dict[str, Any]:
    """Of what is asked what the code is made of."""
    names = ("client_id", "redirect_uri", "response_type", "state", "code_challenge")
    kept = {name: credentials[name] for name in names if credentials.get(name)}
    return kept | {"code_challenge_method": S256}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
