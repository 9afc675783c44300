"""Deny by default: a view that declares neither a permission nor that it is public is shut.

And who asks: the address that a request comes from.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.generic import RedirectView


def declares_who_may_enter(view: Callable[..., HttpResponse], namespaces: list[str]) -> bool:
    """Whether the view is public on purpose, names a permission, or is one of Django admin's own.

    API views are public to this check and guarded by their scopes (config.rest.HasScope); admin's
    own views ask for staff and the model's permission.
    """
    if not getattr(view, "login_required", True):
        return True
    view_class = getattr(view, "view_class", None)
    if view_class in (None, RedirectView):
        return "admin" in namespaces
    return issubclass(view_class, PermissionRequiredMixin)


class LoginRequired(LoginRequiredMiddleware):
    """Middleware: whoever asks for a view that is not public must be signed in.

    Django's own asks who it is before it looks whether the view is public, and so every public
    answer would differ by cookie: caches on the way could not share it.
    """

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: tuple, kwargs: dict
    ) -> HttpResponseBase | None:
        """Send strangers to sign in before the view runs."""
        if not getattr(view, "login_required", True):
            return None
        return super().process_view(request, view, args, kwargs)


class DenyByDefault:
    """Middleware that shuts every view which forgot to say who may enter."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple, kwargs: dict
    ) -> None:
        """Refuse before the view runs."""
        match = request.resolver_match
        if not declares_who_may_enter(view, match.namespaces if match else []):
            raise PermissionDenied


def client_address(request: HttpRequest) -> str:
    """The address that a request comes from, as far as our own proxies saw it.

    Each of them adds to X-Forwarded-For the address that it was asked by; what stands before
    that, anybody may have written.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    if 0 < settings.PROXIES <= len(hops):
        return hops[-settings.PROXIES]
    return request.META.get("REMOTE_ADDR", "")
