"""How the operations of the VC API describe themselves: what they take, and what they answer."""

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers

from issuer.vc_api.messages import PROBLEM

_CONTEXT = {
    "type": "array",
    "items": {"type": ["string", "object"]},
    "description": "First https://www.w3.org/ns/credentials/v2",
}
# Any JSON, without the numbers that readers of JSON see differently (RFC 7493, section 2.2).
JSON_VALUE = {"$ref": "#/components/schemas/JsonValue"}
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


@extend_schema_field(
    {
        "type": "object",
        "description": "A credential with its proof, or an EnvelopedVerifiableCredential. Whatever "
        "else it is, the answer says so",
        "additionalProperties": JSON_VALUE,
    }
)
class ShownField(serializers.JSONField):
    """What somebody shows as a credential."""


@extend_schema_field(
    {
        "type": "object",
        "description": "A presentation with its proof, or an EnvelopedVerifiablePresentation",
        "properties": {
            "type": _TYPE
            | {
                "pattern": "^(Enveloped)?VerifiablePresentation$",
                "contains": {"enum": ["VerifiablePresentation", "EnvelopedVerifiablePresentation"]},
            }
        },
        "required": ["type"],
        "additionalProperties": JSON_VALUE,
    }
)
class PresentationField(serializers.JSONField):
    """What somebody shows as a presentation."""


@extend_schema_field({"type": ["object", "string", "number", "boolean", "array", "null"]})
class StatedField(serializers.JSONField):
    """What stands in a document, whatever it is."""


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


class VerifyOptionsSerializer(serializers.Serializer):
    """What the answer to a verification holds."""

    returnResults = serializers.BooleanField(required=False, default=True)
    returnProblemDetails = serializers.BooleanField(required=False, default=True)


class VerifyCredentialOptionsSerializer(VerifyOptionsSerializer):
    """Options of verifying a credential."""

    returnCredential = serializers.BooleanField(required=False, default=False)


class VerifyCredentialRequestSerializer(serializers.Serializer):
    """A credential to verify."""

    verifiableCredential = ShownField()
    options = VerifyCredentialOptionsSerializer(required=False)


@extend_schema_field({"type": "string", "contentMediaType": "text/plain"})
class PlainField(serializers.CharField):
    """Any text at all: it is only compared."""


class VerifyPresentationOptionsSerializer(VerifyOptionsSerializer):
    """Options of verifying a presentation."""

    challenge = PlainField(
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Which was sent to the holder; without it an old one passes again",
    )
    domain = PlainField(
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="For whom it must have been made",
    )
    returnPresentation = serializers.BooleanField(required=False, default=False)


class VerifyPresentationRequestSerializer(serializers.Serializer):
    """A presentation to verify."""

    verifiablePresentation = PresentationField()
    options = VerifyPresentationOptionsSerializer(required=False)


class DeriveOptionsSerializer(serializers.Serializer):
    """Options of deriving."""

    selectivePointers = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="JSON Pointers to what is shown"
    )


class DeriveRequestSerializer(serializers.Serializer):
    """A credential with a base proof, of which a part shall be shown."""

    verifiableCredential = VerifiableCredentialField()
    options = DeriveOptionsSerializer(required=False)


class StatusEntrySerializer(serializers.Serializer):
    """Which entry is meant; each member must be that of the credential's own."""

    type = serializers.CharField(help_text="BitstringStatusListEntry")
    statusPurpose = serializers.CharField(help_text="revocation or suspension")
    id = serializers.CharField(required=False)
    statusListIndex = serializers.CharField(required=False)
    statusListCredential = serializers.CharField(required=False)


class StatusRequestSerializer(serializers.Serializer):
    """A change of status."""

    credentialId = serializers.CharField(help_text="Its `id`, or the credentialId given for it")
    credentialStatus = StatusEntrySerializer()
    status = serializers.BooleanField(
        help_text="True revokes, for good, or suspends; false reinstates"
    )


class StatusChangedSerializer(serializers.Serializer):
    """The status as it is now."""

    credentialId = serializers.CharField()
    status = serializers.BooleanField()


class NamedCheckSerializer(serializers.Serializer):
    """One thing that was looked at."""

    id = serializers.CharField()
    outcome = serializers.CharField(help_text="passed, failed or could_not_check")
    detail = serializers.CharField(help_text="Why, for people")
    pointer = serializers.CharField(
        help_text="JSON Pointer to what was looked at; blank for the whole", allow_blank=True
    )


class JudgedSerializer(serializers.Serializer):
    """A member of the document, and whether it holds."""

    verified = serializers.BooleanField()
    input = StatedField()


class JudgedStatusSerializer(JudgedSerializer):
    """A status entry, what its list states, and whether the credential holds by it."""

    value = serializers.IntegerField(
        help_text="What the list states; left out where that could not be read", required=False
    )


class ResultsSerializer(serializers.Serializer):
    """What was looked at, and how it ended."""

    checks = NamedCheckSerializer(many=True)
    remarks = serializers.ListField(child=serializers.CharField())
    proof = JudgedSerializer(many=True, required=False)
    validFrom = JudgedSerializer(required=False)
    validUntil = JudgedSerializer(required=False)
    credentialStatus = JudgedStatusSerializer(many=True, required=False)
    credentialSchema = JudgedSerializer(many=True, required=False)


class VcProblemDetailSerializer(serializers.Serializer):
    """One of the problems of a request or of a document."""

    type = serializers.CharField(help_text="Kind of problem, a URL")
    title = serializers.CharField()
    detail = serializers.CharField(help_text="What is wrong, for people")
    pointer = serializers.CharField(
        help_text="JSON Pointer into the document", required=False, allow_blank=True
    )


class VerificationSerializer(serializers.Serializer):
    """What a verification has found; also of what is invalid."""

    verified = serializers.BooleanField(help_text="True only if all was checked and has passed")
    problemDetails = VcProblemDetailSerializer(many=True, required=False)
    results = ResultsSerializer(required=False)
    credential = StatedField(required=False)
    presentation = StatedField(required=False)


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


_NOT_UNDERSTOOD = {
    **_problem(
        400, "Malformed, with an unknown member or option, or refused for what the errors list."
    ),
    **_problem(413, "The body is too large."),
    **_problem(415, "The body is not sent as application/json."),
}

issue = extend_schema(
    operation_id="vc_api_issue",
    summary="Issue a credential that the caller composed",
    description=(
        "Adds the issuer, a status entry and the proof. The same request again, with an `id`, a "
        "`credentialId` or an `Idempotency-Key`, gives the same credential; without any, each call "
        "issues anew. A dry run answers without status entry and proof."
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

_FOUND = {(200, "application/json"): OpenApiResponse(VerificationSerializer, "What was found")}

verify_credential = extend_schema(
    operation_id="vc_api_verify_credential",
    summary="Verify a credential of anybody's",
    description=(
        "Answers 200 also for what is invalid. What cannot be checked, because somebody does not "
        "answer, is not verified. Nothing that is sent is kept."
    ),
    request=VerifyCredentialRequestSerializer,
    responses=_FOUND | _NOT_UNDERSTOOD,
)
verify_presentation = extend_schema(
    operation_id="vc_api_verify_presentation",
    summary="Verify a presentation and all that it presents",
    description="As for credentials; it is verified only if everything in it is.",
    request=VerifyPresentationRequestSerializer,
    responses=_FOUND | _NOT_UNDERSTOOD,
)
derive = extend_schema(
    operation_id="vc_api_derive",
    summary="Show a part of a credential with an ecdsa-sd-2023 base proof",
    description="Needs no key of ours, and keeps nothing.",
    request=DeriveRequestSerializer,
    responses={
        (201, "application/json"): OpenApiResponse(VerifiableCredentialSerializer, "Derived"),
        **_NOT_UNDERSTOOD,
    },
)
status = extend_schema(
    operation_id="vc_api_status",
    summary="Revoke, suspend or reinstate a credential that was issued here",
    description=(
        "Its entry says whether it can be revoked, which is for good, or suspended. To set what is "
        "set already changes nothing."
    ),
    request=StatusRequestSerializer,
    responses={
        (200, "application/json"): OpenApiResponse(StatusChangedSerializer, "Changed"),
        **_NOT_UNDERSTOOD,
        **_problem(404, "No credential with this id was issued here."),
        **_problem(409, "It was withdrawn for good, so that nothing can be lifted."),
    },
)
