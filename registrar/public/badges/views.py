"""The operations: discovery, credentials, profile. What goes wrong is an imsx_StatusInfo."""

import re
from datetime import datetime
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issuer.errors import Refusal
from issuer.vc import timestamps
from issuer.vc.errors import VcError
from issuer.vc.json_text import parse_json, write_json
from registrar.errors import TooManyAttempts
from registrar.models import LearnerAccount
from registrar.public.badges import description
from registrar.public.badges.standards import MAX_NUMBER, Standard
from registrar.services.learners import held_credentials, learner_profiles
from registrar.services.learners.held_credentials import Became
from skills.public.case.failures import Failure

USUAL_LIMIT = 50
# More than that may be asked for (Open Badges 3.0 sets no bound), and so much is given.
MAX_LIMIT = 100
MAX_PROFILE = 64 * 1024
TOKEN = "text/plain"  # noqa: S105 (no password)
JSON = ("application/json", "application/vc+ld+json", "application/ld+json", "application/vc")

_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", re.ASCII)
_STATUS = {Became.CREATED: 201, Became.REPLACED: 200}


class Anything(BaseContentNegotiation):
    """There is one form of each answer, whatever a client says to prefer."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """None is used: bodies are read by the views, within bounds."""
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        """The first."""
        return renderers[0], renderers[0].media_type


class LearnerView(APIView):
    """A view for who has a learner's token; `scopes` and `write_scopes` say which."""

    http_method_names = ("get", "head", "post", "put")
    content_negotiation_class = Anything
    # It describes itself, at its own address.
    schema = None
    standard: ClassVar[Standard]
    scopes: ClassVar[list[str]]
    write_scopes: ClassVar[list[str]]

    @property
    def account(self) -> LearnerAccount:
        """Whose token it is. Systems with a token of their own have no business here."""
        held = LearnerAccount.objects.select_related("learner").filter(
            user=cast(Any, self.request.user)
        )
        account = held.first() if self.request.user else None
        if account is None:
            raise exceptions.PermissionDenied("The token is not a learner's.")
        return account

    def handle_exception(self, exc: Exception) -> Response:
        """Every error as an imsx_StatusInfo."""
        failure = _failure(exc)
        if failure is None:
            return super().handle_exception(exc)
        answer = failure.answer()
        if isinstance(exc, TooManyAttempts):
            answer["Retry-After"] = str(exc.seconds)
        if failure.status in (401, 403):
            answer["WWW-Authenticate"] = self._challenge(failure.status)
        return cast(Response, answer)

    def _challenge(self, status: int) -> str:
        """What a token lacks (RFC 6750, section 3)."""
        said = [f'realm="{settings.BASE_URL}"']
        if status == 403:
            needed = self.scopes if self.request.method in SAFE_METHODS else self.write_scopes
            said += ['error="insufficient_scope"', f'scope="{" ".join(needed)}"']
        elif "Authorization" in self.request.headers:
            said.append('error="invalid_token"')
        return f"Bearer {', '.join(said)}"

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """What is a learner's is kept by nobody on the way."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer


class Credentials(LearnerView):
    """What the learner holds here."""

    def get(self, request: Request) -> HttpResponse:
        """A page of it, what came first first."""
        limit = min(_number(request, "limit", USUAL_LIMIT, 1), MAX_LIMIT)
        offset = _number(request, "offset", 0, 0)
        since = _once(request, "since")
        try:
            after = _moment(since) if since is not None else None
        except VcError as error:
            raise Failure(400, "invalid_query_parameter", f"since: {error}") from None
        page = held_credentials.page(
            self.account.learner, self.standard.kind, since=after, limit=limit, offset=offset
        )
        # The documents as they were signed: written anew they could differ in their numbers.
        tokens = write_json(page.tokens)
        body = f'{{"credential":[{",".join(page.documents)}],"compactJwsString":{tokens}}}'
        answer = HttpResponse(body, content_type="application/json")
        answer["X-Total-Count"] = str(page.total)
        answer["Link"] = _links(self.standard, page.total, limit, offset, since)
        return answer

    def post(self, request: Request) -> HttpResponse:
        """Keep a credential for the learner."""
        media_type = request.content_type.partition(";")[0].strip().lower()
        if media_type not in (TOKEN, *JSON):
            raise Failure(415, "not_acceptable", f"Send one of {', '.join((TOKEN, *JSON))}.")
        content = _body(request, held_credentials.MAX_BYTES)
        text, became = held_credentials.bring(
            self.account.learner,
            content,
            kind=self.standard.kind,
            is_token=media_type == TOKEN,
            by=cast(Any, request.auth).application,
        )
        if became is Became.UNCHANGED:
            return HttpResponseNotModified()
        return HttpResponse(text, content_type=media_type, status=_STATUS[became])


class Profile(LearnerView):
    """Who the learner is."""

    def get(self, request: Request) -> HttpResponse:
        """What the record says and what they added."""
        return JsonResponse(learner_profiles.profile(self.account))

    def put(self, request: Request) -> HttpResponse:
        """Change what they added."""
        try:
            said = parse_json(_body(request, MAX_PROFILE))
        except VcError as error:
            raise Failure(400, "invalid_data", str(error)) from None
        account = self.account
        if not learner_profiles.update(account, said):
            return HttpResponseNotModified()
        account.refresh_from_db()
        return JsonResponse(learner_profiles.profile(account))


def credentials_of(standard: Standard) -> type[Credentials]:
    """The credentials of one standard, with its scopes."""
    members = {
        "standard": standard,
        "scopes": standard.scopes("credential.readonly"),
        "write_scopes": standard.scopes("credential.upsert"),
    }
    return type("Credentials", (Credentials,), members)


def profile_of(standard: Standard) -> type[Profile]:
    """The profile by one standard, with its scopes."""
    members = {
        "standard": standard,
        "scopes": standard.scopes("profile.readonly"),
        "write_scopes": standard.scopes("profile.update"),
    }
    return type("Profile", (Profile,), members)


@csrf_exempt
@login_not_required
@require_safe
def discovery(request: HttpRequest, standard: Standard) -> HttpResponse:
    """What this service offers, and how an application comes to use it."""
    answer = JsonResponse(description.of(standard))
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


@csrf_exempt
@login_not_required
def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """There is no such operation."""
    return Failure(404, "not_found", "There is no such address; see discovery.").answer()


def _once(request: Request, name: str) -> str | None:
    """What a parameter says; None without it."""
    said = request.query_params.getlist(name)
    if len(said) > 1:
        raise Failure(400, "invalid_query_parameter", f"Give {name} once.")
    return said[0] if said else None


def _number(request: Request, name: str, usual: int, least: int) -> int:
    text = _once(request, name)
    if text is None:
        return usual
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_NUMBER))
    if not (is_number and least <= int(text) <= MAX_NUMBER):
        reason = f"{name} is a number from {least} to {MAX_NUMBER}."
        raise Failure(400, "invalid_query_parameter", reason)
    return int(text)


def _moment(text: str) -> datetime:
    """A date-time; without a zone, as the standard writes it too, in UTC."""
    text = text.replace(" ", "+")  # what a + becomes in an address if nobody takes care
    return timestamps.read(f"{text}Z" if _WITHOUT_ZONE.fullmatch(text) else text)


def _links(standard: Standard, total: int, limit: int, offset: int, since: str | None) -> str:
    """First and last always, next and prev where there are some."""
    last = max(0, (total - 1) // limit * limit)
    places = {"first": 0, "last": last}
    if offset + limit < total:
        places["next"] = offset + limit
    if offset > 0:
        places["prev"] = max(0, min(offset - limit, last))
    written = []
    for name, place in places.items():
        asked = {"limit": limit, "offset": place} | ({"since": since} if since else {})
        url = f"{settings.BASE_URL}{standard.path}/credentials?{urlencode(asked)}"
        written.append(f'<{url}>; rel="{name}"')
    return ", ".join(written)


def _body(request: Request, most: int) -> bytes:
    content: bytes = request._request.read(most + 1)
    if len(content) > most:
        raise Failure(413, "invalid_data", f"The body has more than {most:,} bytes.")
    return content


def _failure(error: Exception) -> Failure | None:
    if isinstance(error, Failure):
        return error
    if isinstance(error, TooManyAttempts):
        reason = f"Too much was brought for this learner. Wait {error.seconds} seconds."
        return Failure(429, "server_busy", reason)
    if isinstance(error, Refusal):
        return Failure(400, "invalid_data", str(error))
    if isinstance(error, Http404):
        return Failure(404, "not_found", "There is nothing with this id.")
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return Failure(401, "unauthorizedrequest", "There is no token, or it holds no more.")
    if isinstance(error, exceptions.PermissionDenied | PermissionDenied):
        return Failure(403, "forbidden", str(error) or "The token does not reach this.")
    if isinstance(error, exceptions.MethodNotAllowed):
        return Failure(405, "not_allowed", str(error.detail))
    if isinstance(error, exceptions.APIException):
        return Failure(error.status_code, "invalid_data", str(error.detail))
    return None
