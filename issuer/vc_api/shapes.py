"""How the operations of the VC API describe themselves: what they take, and what they answer."""

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers

from issuer.vc_api.messages import PROBLEM

_CONTEXT = {
    "type": "array",
    "items": {"type": ["string", "object"]},
    "description": "First https://www.w3.org/ns/credentials/v2",
}
_TYPE = {"type": ["string", "array"], "items": {"type": "string"}}


@extend_schema_field(
    {
        "type": "object",
        "description": "An unsigned credential (VC Data Model 2.0)",
        "properties": {
            "@context": _CONTEXT,
            "id": {"type": "string", "format": "uri"},
            "type": _TYPE,
            "issuer": {
                "type": ["string", "object"],
                "description": "The institution's DID, or an object with it; else it is added",
                "properties": {"id": {"type": "string"}},
                "required": ["id"],
            },
            "credentialSubject": {"type": ["object", "array"]},
        },
        "required": ["@context", "type", "credentialSubject"],
    }
)
class CredentialField(serializers.JSONField):
    """A credential to be signed."""


@extend_schema_field(
    {
        "type": "object",
        "description": "A credential with its proof, or an EnvelopedVerifiableCredential",
        "properties": {"@context": _CONTEXT, "type": _TYPE},
        "required": ["@context", "type"],
    }
)
class VerifiableCredentialField(serializers.JSONField):
    """A credential that was signed."""


class IssueOptionsSerializer(serializers.Serializer):
    """Options of issuing."""

    credentialId = serializers.CharField(
        help_text="Under which to refer to a credential without `id`", required=False
    )


class IssueRequestSerializer(serializers.Serializer):
    """A credential to issue."""

    credential = CredentialField()
    options = IssueOptionsSerializer(required=False)


class VerifiableCredentialSerializer(serializers.Serializer):
    """A credential as it was signed."""

    verifiableCredential = VerifiableCredentialField()


class VcProblemDetailSerializer(serializers.Serializer):
    """One of the problems of a request or of a document."""

    type = serializers.CharField(help_text="Kind of problem, a URL")
    title = serializers.CharField()
    detail = serializers.CharField(help_text="What is wrong, for people")
    pointer = serializers.CharField(
        help_text="JSON Pointer into the document", required=False, allow_blank=True
    )


class VcProblemSerializer(serializers.Serializer):
    """What went wrong (RFC 9457), with everything that is wrong at once."""

    type = serializers.CharField(help_text="Kind of the first problem, a URL")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable word for the kind of problem")
    detail = serializers.CharField(help_text="What went wrong and what to do, for people")
    errors = VcProblemDetailSerializer(many=True, required=False)  # type: ignore[assignment]


def _problem(status: int, when: str) -> dict[tuple[int, str], OpenApiResponse]:
    return {(status, PROBLEM): OpenApiResponse(VcProblemSerializer, when)}


_NOT_UNDERSTOOD = _problem(
    400, "Malformed, with an unknown member or option, or refused for what the errors list."
) | _problem(415, "The body is not sent as application/json.")

issue = extend_schema(
    operation_id="vc_api_issue",
    summary="Issue a credential that the caller composed",
    description=(
        "Adds the issuer, a status entry and the proof. The same request again, with an `id` or a "
        "`credentialId`, gives the same credential; without either, each call issues anew."
    ),
    request=IssueRequestSerializer,
    responses={
        (201, "application/json"): OpenApiResponse(VerifiableCredentialSerializer, "Issued"),
        **_NOT_UNDERSTOOD,
        **_problem(409, "Another credential bears this id."),
        **_problem(422, "Our own verifier refused what was signed; it will never be issued."),
        **_problem(503, "Nothing is lost, but the signer is away: ask again after a while."),
    },
)
