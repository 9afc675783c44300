"""How the API describes itself: every operation with its scopes and every answer it can give."""

from typing import Any, Literal

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiFilterExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from config import dry_runs, lists, problems, rest, writes
from registrar.api import tries


class ErrorSerializer(serializers.Serializer):
    """One of several errors of a request."""

    pointer = serializers.CharField(help_text="JSON Pointer to what is wrong", allow_blank=True)
    code = serializers.CharField(help_text="Stable word for the kind of error")
    reason = serializers.CharField(help_text="What is wrong, for people")
    remedy = serializers.CharField(
        required=False, help_text="What to do about it, where something is missing"
    )


class ProblemSerializer(serializers.Serializer):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField(help_text="The status in words")
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable word for the kind of problem")
    detail = serializers.CharField(help_text="What went wrong and what to do, for people")
    errors = ErrorSerializer(many=True, required=False)  # type: ignore[assignment]


Direction = Literal["request", "response"]

# Status, and when an operation answers with it.
ALWAYS = {
    400: "The request is not well-formed: a cursor, a limit, or a token in its address.",
    405: "The address does not offer the method that was used.",
    406: "None of the media types that the client accepts is offered.",
}
BEHIND_A_TOKEN = {
    401: "There is no token (`not_authenticated`), or the one that was sent has run out, was taken "
    "back, or is none (`invalid_token`): ask for another.",
    403: "The token lacks a scope (`insufficient_scope`); `WWW-Authenticate` names those needed.",
}
OF_THE_API = {
    429: "The client asks too often: `Retry-After` says for how many seconds it should wait."
}
OF_A_BODY = {
    413: "The body is too large.",
    415: "The body is not of a media type that is read here; `detail` names those that are.",
}
OF_A_WRITE = {
    409: "A request with this Idempotency-Key is still being worked on, or what there is does not "
    "allow it.",
    422: "Another request was sent with this Idempotency-Key, or the body contradicts itself.",
}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": writes.KEY,
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": writes.KEY_LENGTH,
        "pattern": "^[!-~]+$",
    },
    "description": "The same request with the same key is carried out once: for a day it gets "
    "the same answer again, with the header `Idempotency-Replayed`. So is a dry run; it leaves the "
    "key free for the write itself and for other tries",
}
DRY_RUN = {
    "in": "query",
    "name": writes.DRY_RUN,
    "schema": {"type": "boolean", "default": False},
    "description": "What is wrong is answered as by the write, and nothing changes; each answer "
    f"has the header `{tries.HEADER}: {tries.SAID}`. What is right is answered 200 in place of "
    "201, without `Location`, and with null for each `id` or secret that the write would draw. "
    "Rows that are too many to wait for are tried by a job (202)",
}
OF_A_LENGTH = {411: "The body comes in chunks, without a Content-Length."}
TOO_LONG = {
    "description": "The address is too long; the web server itself says so, in HTML.",
    "content": {"text/html": {"schema": {"type": "string"}}},
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "The ETag of an earlier answer: if there is nothing new, 304 comes without body",
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "schema": {"type": "string"},
    "example": "*",
    "description": "The ETag that was read, with its quotes: if it has changed since, 412 comes "
    "and nothing changes. `*` is any version",
}
OF_A_CHANGE = {412: "It has changed since the client read it, as `If-Match` says."}
OF_ONE_THING = {404: "There is nothing with this id."}


class Generator(SchemaGenerator):
    """Describes the API once a process: for everybody alike, and in a third of a second."""

    _described: dict[str, Any] = {}

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        """The whole description; whoever asks for another version gets it made for them."""
        if self.api_version or not public:
            return super().get_schema(request, public)
        if not self._described:
            Generator._described = super().get_schema(request, public)
        return self._described


class Operation(AutoSchema):
    """One operation as it is described."""

    def get_description(self) -> str:  # type: ignore[override]
        """A list is described by its view, one thing by what it is."""
        serializer = self._get_serializer()
        if self._is_list_view(serializer) or not serializer:
            return super().get_description()
        return (serializer.__doc__ or "").strip()

    def get_serializer_name(self, serializer: Any, direction: Direction) -> str:
        """What is sent is called so once: drf-spectacular adds `Request` itself."""
        name = super().get_serializer_name(serializer, direction)
        return name.replace("RequestSerializer", "Serializer") if direction == "request" else name

    def _map_serializer_field(self, field: Any, direction: Direction, *args: Any) -> Any:
        """Of a choice that may be blank where it is kept, blank is an answer, too."""
        if direction == "response" and isinstance(field, serializers.ChoiceField):
            field.allow_blank = field.allow_blank or _is_kept_blank(field)
        return super()._map_serializer_field(field, direction, *args)

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        """What the view answers, and each problem it can answer with instead.

        The public hook before this one is not asked where a view uses `extend_schema`.
        """
        bodies = super()._get_response_bodies(direction)
        for status, description in self._problems().items():
            told = OpenApiResponse(ProblemSerializer, description)
            body = self._get_response_for_code(told, str(status), [problems.MEDIA_TYPE], direction)
            bodies.setdefault(str(status), body)
        bodies["414"] = TOO_LONG
        if self.method == "GET" and self.path.startswith(writes.API):
            bodies["304"] = {"description": "There is nothing new for who has this ETag."}
        return dict(sorted(bodies.items()))

    def _get_parameters(self) -> list[dict[str, Any]]:
        """What the view takes, and what every write takes."""
        if not self._is_write():
            return [*super()._get_parameters(), *self._conditions(), *self._choice()]
        ours = [*([IDEMPOTENCY_KEY] if writes.has_effect(self.view) else []), DRY_RUN]
        names = {each["name"] for each in ours}
        others = [each for each in super()._get_parameters() if each["name"] not in names]
        conditional = [IF_MATCH] if self._is_change() else []
        return [*others, *ours, *conditional]

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        """What an address holds; a view whose rows are known elsewhere says what its ids are."""
        found = super()._resolve_path_parameters(variables)
        known: dict[str, Any] = getattr(self.view, "ids", {})
        return [each | known if each["name"] == lists.ID else each for each in found]

    def _conditions(self) -> list[dict[str, Any]]:
        """How whoever has an answer already asks for another."""
        return [IF_NONE_MATCH] if self.path.startswith(writes.API) else []

    def _choice(self) -> list[dict[str, Any]]:
        """How members are chosen; `id` is always among them."""
        members = lists.members_of(self.view)
        if not members:
            return []
        names = {"type": "array", "minItems": 1, "items": {"type": "string", "enum": members}}
        return [
            {
                "in": "query",
                "name": lists.FIELDS,
                "schema": names,
                "style": "form",
                "explode": False,
                "description": "Only these members, and `id`; all where nothing is said",
            }
        ]

    def _is_write(self) -> bool:
        return writes.is_write(self.method, self.path)

    def _is_change(self) -> bool:
        return self.method == "PATCH" and self.path.startswith(writes.API)

    def _problems(self) -> dict[int, str]:
        possible = dict(ALWAYS)
        if self.path.startswith(writes.API):
            possible |= OF_THE_API
        if self.method in writes.METHODS:
            possible |= OF_A_LENGTH
        if self._is_write():
            possible |= OF_A_BODY
            if writes.has_effect(self.view):
                possible |= OF_A_WRITE
        if self._is_change():
            possible |= OF_A_CHANGE
        if not any(isinstance(each, AllowAny) for each in self.view.get_permissions()):
            possible |= BEHIND_A_TOKEN
        if "{" in self.path:
            possible |= OF_ONE_THING
        return possible


def _bounded(auto_schema: AutoSchema, field: serializers.Field) -> dict[str, Any]:
    """What a parameter may be, with its bounds."""
    schema: dict[str, Any] = dict(auto_schema._map_serializer_field(field, "request"))
    schema.pop("description", None)
    if "$ref" not in schema:
        auto_schema._insert_field_validators(field, schema)
    if isinstance(field, serializers.SlugField):
        schema |= {"pattern": "^[-a-zA-Z0-9_]+$"}
    return schema


def _is_kept_blank(field: serializers.Field) -> bool:
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    kept = {each.name: each for each in model._meta.get_fields()} if model else {}
    return bool(getattr(kept.get(str(field.source)), "blank", False))


class FilterParameters(OpenApiFilterExtension):
    """What a list can be narrowed by."""

    target_class = "config.lists.Narrowed"

    def get_schema_operation_parameters(
        self, auto_schema: AutoSchema, *args: Any, **kwargs: Any
    ) -> list[dict[str, Any]]:
        """A parameter for each of its fields."""
        return [
            {
                "in": "query",
                "name": name,
                "schema": _bounded(auto_schema, field),
                "description": str(field.help_text or "Only what is so"),
            }
            for name, field in lists.filters_of(auto_schema.view).items()
        ]


def may_be_left_out(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Of rows whose members are chosen, only `id` is there for certain."""
    components = result["components"]["schemas"]
    for item in result["paths"].values():
        if "get" not in item:
            continue
        names = {each["name"] for each in item["get"].get("parameters", ())}
        if lists.FIELDS in names:
            said = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            component = components[said["$ref"].rpartition("/")[2]]
            if "results" in component["properties"]:
                row = component["properties"]["results"]["items"]["$ref"]
                component = components[row.rpartition("/")[2]]
            component["required"] = [lists.ID]
    return result


def tried(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Where a write makes something, a dry run answers without it."""
    components = result["components"]["schemas"]
    for methods in result["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            names = {each["name"] for each in operation.get("parameters", ())}
            if "201" not in answers or writes.DRY_RUN not in names:
                continue
            content = {
                media_type: {"schema": _tried(said["schema"], components)}
                for media_type, said in answers["201"]["content"].items()
            }
            answers.setdefault("200", {"description": "To a dry run.", "content": content})
            operation["responses"] = dict(sorted(answers.items()))
    return result


def _tried(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """The same with null for what is drawn; itself where nothing is."""
    if "items" in schema:
        return {**schema, "items": _tried(schema["items"], components)}
    name = schema.get("$ref", "").rpartition("/")[2]
    before = components.get(name, {}).get("properties", {})
    after = {member: _tried(said, components) for member, said in before.items()}
    for member in (*dry_runs.IDS, *([dry_runs.PUBLIC_KEY] if dry_runs.SECRET in before else [])):
        if isinstance(said := before.get(member), dict) and isinstance(said.get("type"), str):
            after[member] = said | {"type": [said["type"], "null"]}
    if after == before:
        return schema
    components[f"{name}DryRun"] = components[name] | {"properties": after}
    return {"$ref": f"#/components/schemas/{name}DryRun"}


class TokenScheme(OpenApiAuthenticationExtension):
    """Where tokens come from, and which scopes a view asks for."""

    target_class = "config.rest.BearerToken"
    name = "oauth2"

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]]:
        """The scopes that the token needs, all of them."""
        return {self.name: rest.scopes_of(auto_schema.view, auto_schema.method)}

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """OAuth 2 client credentials."""
        scopes = settings.ALL_SCOPES
        flow = {"tokenUrl": "/oauth/token", "scopes": scopes}
        how = (
            "A client proves who it is by HTTP Basic with its secret, or signs (`private_key_jwt`, "
            "RFC 7523). `/.well-known/oauth-authorization-server` says so too (RFC 8414)."
        )
        return {"type": "oauth2", "description": how, "flows": {"clientCredentials": flow}}
