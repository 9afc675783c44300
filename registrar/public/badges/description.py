"""The service description document: an OpenAPI 3.0 object, as Open Badges 3.0 profiles it."""

from typing import Any, Final

from django.conf import settings

from issuer.models import Institution
from registrar.public.badges.standards import MAX_NUMBER, Standard

_ERRORS: Final = {
    "400": "Something in the request cannot be taken",
    "401": "There is no token, or it holds no more",
    "403": "The token lacks a scope, or is not a learner's",
    "405": "The address does not offer the method",
    "411": "The body comes in chunks, without a Content-Length",
    "413": "The body is too large",
    "415": "The body is of a media type that is not read here",
    "429": "Too much was brought; Retry-After says when to go on",
    "500": "Our fault",
}


def of(standard: Standard) -> dict[str, Any]:
    """The document of one standard."""
    institution = Institution.objects.first()
    name = institution.name if institution else "Credential service"
    home = institution.url if institution else settings.BASE_URL
    info = {
        "title": name,
        "version": standard.path.rpartition("/")[2],
        "description": f"{standard.title} of {name}.",
        "termsOfService": settings.TERMS_URL or home,
        "x-imssf-privacyPolicyUrl": settings.PRIVACY_URL or home,
    }
    if institution and institution.logo:
        info["x-imssf-image"] = institution.logo_url
    return {
        "openapi": "3.0.1",
        "info": info,
        "servers": [{"url": f"{settings.BASE_URL}{standard.path}"}],
        "paths": _paths(standard),
        "components": {"securitySchemes": {"OAuth2ACG": _security(standard, info)}},
    }


def _security(standard: Standard, info: dict[str, Any]) -> dict[str, Any]:
    url = f"{settings.BASE_URL}/oauth"
    offered = settings.LEARNER_SCOPES.items()
    scopes = {
        scope: said
        for scope, said in offered
        if scope.startswith(standard.scope) or ":" not in scope
    }
    flow = {
        "tokenUrl": f"{url}/token",
        "authorizationUrl": f"{url}/authorize",
        "refreshUrl": f"{url}/token",
        "x-imssf-revocationUrl": f"{url}/revoke",
        "scopes": scopes,
    }
    return {
        "type": "oauth2",
        "description": "OAuth 2.0 authorization code grant with PKCE (S256)",
        "x-imssf-name": info["title"],
        "x-imssf-registrationUrl": f"{url}/register",
        "x-imssf-privacyPolicyUrl": info["x-imssf-privacyPolicyUrl"],
        "x-imssf-termsOfServiceUrl": info["termsOfService"],
        "flows": {"authorizationCode": flow},
    }


def _paths(standard: Standard) -> dict[str, Any]:
    document = _schema(standard, standard.document)
    kept = {"application/json": document, "application/vc+ld+json": document}
    kept["text/plain"] = {"schema": {"type": "string"}}
    listed = "getopenbadgecredentialsresponse"
    if standard.document == "clrcredential":
        listed = "getclrcredentialsresponse"
    profile = {"application/json": _schema(standard, "profile")}
    return {
        "/discovery": {
            "get": {
                "operationId": "getServiceDescription",
                "responses": {"200": {"description": "This document"}},
            }
        },
        "/credentials": {
            "get": _operation(
                standard,
                "getCredentials",
                "credential.readonly",
                {"200": {"application/json": _schema(standard, listed)}},
                parameters=_PARAMETERS,
            ),
            "post": _operation(
                standard,
                "upsertCredential",
                "credential.upsert",
                {"200": kept, "201": kept, "304": {}},
                body=kept,
            ),
        },
        "/profile": {
            "get": _operation(standard, "getProfile", "profile.readonly", {"200": profile}),
            "put": _operation(
                standard, "putProfile", "profile.update", {"200": profile, "304": {}}, body=profile
            ),
        },
    }


_BOUNDED: Final = {"type": "integer", "maximum": MAX_NUMBER}
_PARAMETERS: Final = [
    {"in": "query", "name": "limit", "schema": {**_BOUNDED, "minimum": 1}},
    {"in": "query", "name": "offset", "schema": {**_BOUNDED, "minimum": 0}},
    {"in": "query", "name": "since", "schema": {"type": "string", "format": "date-time"}},
]
_DONE: Final = {"200": "Done", "201": "Kept", "304": "Nothing was changed"}


def _operation(
    standard: Standard,
    name: str,
    scope: str,
    answers: dict[str, dict[str, Any]],
    *,
    body: dict[str, Any] | None = None,
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for status, content in answers.items():
        told[status] = {"description": _DONE[status]} | ({"content": content} if content else {})
    status_info = {"application/json": _schema(standard, "imsx_statusinfo")}
    for status, said in _ERRORS.items():
        told[status] = {"description": said, "content": status_info}
    operation = {
        "operationId": name,
        "security": [{"OAuth2ACG": standard.scopes(scope)}],
        "responses": told,
    }
    if parameters:
        operation["parameters"] = parameters
    if body:
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _schema(standard: Standard, name: str) -> dict[str, Any]:
    return {"schema": {"$ref": f"{standard.schemas}{name}_schema.json"}}
