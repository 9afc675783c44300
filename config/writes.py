"""Every write of the REST API: tried first with `dry_run`, sent again with `Idempotency-Key`."""

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from oauth2_provider.oauth2_backends import get_oauthlib_core
from rest_framework.serializers import BooleanField

from config import dry_runs, problems
from config.rest import API as SYSTEMS
from config.rest import scopes_of
from registrar.api import tries
from registrar.models import KeptAnswer
from registrar.services.college import kept_answers
from registrar.services.college.kept_answers import Asked

API: Final = "/api/v1/"
METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
KEY: Final = "Idempotency-Key"
KEY_LENGTH: Final = 255
DRY_RUN: Final = "dry_run"

_KEY = re.compile(rf"[\x21-\x7e]{{1,{KEY_LENGTH}}}")
# What says nothing of the write itself: the same request may do better with another token, later.
_NOT_KEPT = frozenset({401, 403, 429})
_HEADERS = ("Content-Type", "Location", "ETag")
_PART = 1 << 16
_IN_MEMORY = 1 << 20


class Writes:
    """Middleware around each write: whatever the address, a dry run and a key mean the same.

    A write with a key, its answer, and the lock on the key live in one transaction: after a crash
    there is neither effect nor answer nor lock, and the same request starts afresh.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_write(request.method, request.path):
            return self.get_response(request)
        response = self._answered(request)
        if request.GET.getlist(DRY_RUN) == ["true"] or tries.is_marked(request):
            response[tries.HEADER] = tries.SAID
        return response

    def _answered(self, request: HttpRequest) -> HttpResponse:
        request.encoding = "utf-8"  # of the address, whatever the body says of itself
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if request.path.startswith(API):  # files come here, too
            most = settings.UPLOAD_MAX_BYTES
        if int(request.META.get("CONTENT_LENGTH") or 0) > most:
            return problems.answer(413, "too_large", f"The body has more than {most:,} bytes.")
        said = request.GET.getlist(DRY_RUN)
        if said not in ([], ["true"], ["false"]):
            return problems.answer(400, "bad_dry_run", "`dry_run` is true or false, once.")
        key = request.headers.get(KEY)
        if key is not None and not _KEY.fullmatch(key):
            return problems.answer(
                400,
                "bad_idempotency_key",
                f"The {KEY} must have 1 to {KEY_LENGTH} visible ASCII characters. A random UUID "
                "for each write is a good one.",
            )
        is_dry = said == ["true"]
        view = None if key is None else _view(request)
        client = None if view is None else _client(request, view)
        if key is None or client is None or not has_effect(view):
            return self._tried(request) if is_dry else self.get_response(request)
        if getattr(view, "commits_itself", False) and not is_dry:
            return self._once_apart(request, client, key)
        return self._once(request, client, key, is_dry=is_dry)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        """Refuse parameters that a write does not know, or that are given twice.

        Who misspells `dry_run` means to try.
        """
        if not is_write(request.method, request.path) or not _is_offered(request, view):
            return None
        known = [DRY_RUN, *getattr(getattr(view, "cls", None), "write_parameters", ())]
        if unknown := sorted(set(request.GET) - set(known)):
            return problems.answer(
                400,
                "unknown_parameter",
                f"This address takes {', '.join(f'`{name}`' for name in known)} only, "
                f"not {', '.join(f'`{name[:64]}`' for name in unknown[:10])}.",
            )
        if twice := [name for name, said in request.GET.lists() if len(said) > 1]:
            return problems.answer(400, "unknown_parameter", f"Give `{twice[0]}` once.")
        return None

    def _tried(self, request: HttpRequest) -> HttpResponse:
        """Do it, with all that the database has to say to it, and take it all back."""
        with transaction.atomic():
            response = self.get_response(request)
            if getattr(response, "is_kept_when_dry", False):
                return response
            if response.status_code < 400:
                connection.check_constraints()
            transaction.set_rollback(True)
        if response.status_code < 400:
            dry_runs.say(response)
        return response

    def _once(self, request: HttpRequest, client: int, key: str, *, is_dry: bool) -> HttpResponse:
        """A try with a key is done once, too; it leaves the key free for the write itself."""
        with _copy() as copy, transaction.atomic():
            digest = _digest(request, copy)
            asked = Asked(client, key, is_dry=is_dry or _says_dry(request))
            if asked.is_dry:
                tries.mark(request)
            is_held = kept_answers.hold(asked)
            # To try something else does no harm, whatever is or was tried under this key.
            if not is_held and not asked.is_dry:
                return _in_progress()
            kept = kept_answers.find(asked) if is_held else None
            if kept is not None and not (asked.is_dry and kept.digest != digest):
                return _again(kept, digest)
            response = self._tried(request) if is_dry else self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            elif is_held:
                _keep(asked, digest, response)
        return response

    def _once_apart(self, request: HttpRequest, client: int, key: str) -> HttpResponse:
        """Where the view waits for others, who see what is committed only.

        The view itself does what has one key once; here its answer is kept.
        """
        with _copy() as copy:
            digest = _digest(request, copy)
            asked = Asked(client, key)
            with transaction.atomic():
                if not kept_answers.hold(asked):
                    return _in_progress()
                kept = kept_answers.find(asked)
            if kept is not None:
                return _again(kept, digest)
            response = self.get_response(request)
        with transaction.atomic():
            if response.status_code < 500 and kept_answers.hold(asked):
                _keep(asked, digest, response)
        return response


def is_write(method: str | None, path: str) -> bool:
    """Whether a system asks for a change, or at least by a method that may bring one."""
    return method in METHODS and path.startswith((API, *SYSTEMS[1:]))


def has_effect(view: object) -> bool:
    """Whether its writes change anything; what only computes an answer does it anew each time."""
    return not getattr(view, "is_without_effect", False)


def _keep(asked: Asked, digest: str, response: HttpResponse) -> None:
    if response.status_code in _NOT_KEPT or response.streaming:
        return
    # What is told this once only is not given again, and stored nowhere; a try has told nothing.
    said = response.content if asked.is_dry else getattr(response, "kept_content", response.content)
    kept_answers.keep(
        asked,
        digest=digest,
        status=response.status_code,
        headers={name: response[name] for name in _HEADERS if name in response},
        body=said,
    )


def _is_offered(request: HttpRequest, view: Any) -> bool:
    """Whether the address takes this method at all."""
    method = (request.method or "").lower()
    actions = getattr(view, "actions", None)
    if actions is not None:
        return method in actions
    return hasattr(getattr(view, "cls", None), method)


def _view(request: HttpRequest) -> object | None:
    """The class of the view that will answer; None where there is none that takes the method."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return None
    return getattr(view, "cls", None) if _is_offered(request, view) else None


def _client(request: HttpRequest, view: object) -> int | None:
    """The client whose token it is; None where there is none that may, as the view will say."""
    if "Authorization" not in request.headers:
        return None
    # Asked before an answer is given again: a token without the scope may not read it either.
    scopes = scopes_of(view, request.method)
    valid, found = get_oauthlib_core().verify_request(request, scopes=scopes)
    return found.access_token.application_id if valid else None


def _says_dry(request: HttpRequest) -> bool:
    """Whether a form with a file is a try, which its view knows by itself."""
    if request.content_type != "multipart/form-data":
        return False
    return request.POST.get(DRY_RUN, "") in BooleanField.TRUE_VALUES


def _in_progress() -> HttpResponse:
    response = problems.answer(
        409,
        "in_progress",
        f"A request with this {KEY} is still being worked on. Send it again in a moment.",
    )
    response["Retry-After"] = "1"
    return response


def _again(kept: KeptAnswer, digest: str) -> HttpResponse:
    if kept.digest != digest:
        return problems.answer(
            422,
            "idempotency_key_reused",
            f"Another request was sent with this {KEY} within the last day. Give each write a key "
            "of its own.",
        )
    response = HttpResponse(bytes(kept.body), status=kept.status, headers=kept.headers)
    response["Idempotency-Replayed"] = "true"
    return response


def _copy() -> Any:
    return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=settings.UPLOAD_DIR)


def _digest(request: HttpRequest, copy: Any) -> str:
    """Stands for what is asked: method, address and body; of a form its fields and files."""
    digest = hashlib.sha256()
    media_type = request.content_type or ""
    for said in (request.method, request.get_full_path(), media_type):
        digest.update(f"{said}\0".encode())
    is_form = request.method == "POST" and media_type == "multipart/form-data"
    for part in _form(request) if is_form else _body(request, copy):
        digest.update(part)
    return digest.hexdigest()


def _form(request: HttpRequest) -> Iterator[bytes]:
    """A form's parts are separated by a line that each client draws anew."""
    for name, texts in sorted(request.POST.lists()):
        yield repr((name, texts)).encode()
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            yield repr((name, file.name, file.size)).encode()
            yield from file.chunks()
            file.seek(0)


def _body(request: Any, copy: Any) -> Iterator[bytes]:
    """The body, which the view then reads from the copy."""
    while part := request.read(_PART):
        copy.write(part)
        yield part
    copy.seek(0)
    request._stream, request._read_started = copy, False
