"""Every door says who may enter."""

from collections.abc import Iterator

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny

from config.access import DenyByDefault, declares_who_may_enter
from config.rest import HasScope

# What a stranger may reach. A new line here is a decision, not a formality.
PUBLIC = {
    "",
    ".well-known/did.json",
    "logo.svg",
    "achievements/<uuid:pk>",
    "achievements/<uuid:pk>/image.svg",
    "status/<random:name>",
    "credentials/<random:address>",
    "credentials/<random:address>/download",
    "verify",
    # Which ask for the seal of the link that somebody was sent.
    "confirm/<uuid:pk>/<slug:seal>",
    "mail/stop/<int:pk>/<slug:seal>",
    "progress/<int:pk>/<int:access>/<slug:seal>",
    # Skills and frameworks, to which credentials lead; as files only what is the college's own.
    "skills/<uuid:uuid>",
    "skills/<uuid:uuid>.json",
    "skills/<uuid:uuid>.jsonld",
    "frameworks",
    "frameworks/<uuid:uuid>",
    "frameworks/<uuid:uuid>.<framework_suffix:suffix>",
    # The college's frameworks as a service of CASE, which everybody may read.
    "ims/case/<case_version:version>/CFDocuments",
    "ims/case/<case_version:version>/CFDocuments/<str:identifier>",
    "ims/case/<case_version:version>/CFPackages/<str:identifier>",
    "ims/case/<case_version:version>/CFItems/<str:identifier>",
    "ims/case/<case_version:version>/CFItemAssociations/<str:identifier>",
    "ims/case/<case_version:version>/CFAssociations/<str:identifier>",
    "ims/case/<case_version:version>/CFRubrics/<str:identifier>",
    "ims/case/<case_version:version>/<case_definitions:collection>/<str:identifier>",
    "ims/case/<path:rest>",
    "oauth/token",
    "oauth/revoke",
    # Learners sign in by a link that is mailed to them, and let applications in that registered.
    "oauth/register",
    "oauth/authorize",
    "learner/sign-in",
    "learner/enter/<uuid:pk>/<slug:seal>",
    "learner/access",
    "ims/ob/v3p0/discovery",
    "ims/clr/v2p0/discovery",
    "ims/ob/v3p0/<path:rest>",
    "ims/clr/v2p0/<path:rest>",
    ".well-known/oauth-authorization-server",
    ".well-known/oauth-protected-resource",
    "api/v1/schema",
    "livez",
    "readyz",
    "metrics",  # which asks by itself who wants to know
    # Found only while CONFORMANCE is on, which `check --deploy` refuses.
    "conformance/",
    "conformance/presentations/verify",
    "conformance/<slug:suite>/credentials/issue",
    "conformance/<slug:suite>/credentials/verify",
    "conformance/<slug:suite>/credentials/derive",
    "conformance/<slug:suite>/status/list",
}


def doors(
    resolver: URLResolver | None = None, prefix: str = "", namespaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, object, list[str]]]:
    """Every address with its view and namespaces."""
    for entry in (resolver or get_resolver()).url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield address, entry.callback, list(namespaces)
        else:
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from doors(entry, address, inner)


def test_every_view_declares_a_permission_or_that_it_is_public() -> None:
    shut = [address for address, view, names in doors() if not declares_who_may_enter(view, names)]
    assert not shut


def test_nothing_is_public_that_was_not_meant_to_be() -> None:
    open_doors = set()
    for address, view, namespaces in doors():
        if "admin" in namespaces or getattr(view, "login_required", True):
            continue
        view_class = getattr(view, "cls", None)
        if view_class is not None and AllowAny not in view_class.permission_classes:
            continue
        open_doors.add(address.replace("^", "").replace("$", "").replace("\\Z", ""))
    assert open_doors == PUBLIC


def test_every_api_view_names_its_scopes() -> None:
    for address, view, _ in doors():
        view_class = getattr(view, "cls", None)
        if view_class is None or AllowAny in view_class.permission_classes:
            continue
        assert view_class.permission_classes == [HasScope], address
        assert view_class.scopes, address


def test_a_view_that_says_nothing_is_shut() -> None:
    request = RequestFactory().get("/")
    request.resolver_match = None
    with pytest.raises(PermissionDenied):
        DenyByDefault(HttpResponse).process_view(request, lambda request: HttpResponse(), (), {})
