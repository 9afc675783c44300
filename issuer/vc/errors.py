"""What can be wrong with a document, key or proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class VcError(Exception):
    """Something is wrong with a credential, a proof, a key or an identifier."""

    code: ClassVar[str] = "vc_error"

    def __init__(self, detail: str = "") -> None:
        self.detail = detail or (type(self).__doc__ or "").partition("\n")[0]
        super().__init__(self.detail)


class MalformedJson(VcError):
    """The text is not JSON that every reader understands alike."""

    code = "malformed_json"


class NotUtf8(MalformedJson):
    """The text is not UTF-8."""

    code = "not_utf8"


class RepeatedName(MalformedJson):
    """A name occurs twice in one object."""

    code = "duplicate_key"


class MalformedDocument(VcError):
    """The document does not have the form its specification asks for."""

    code = "malformed_document"


class OutOfBounds(VcError):
    """The document is larger, deeper or more tangled than is accepted."""

    code = "out_of_bounds"


class TooDeep(OutOfBounds):
    """The document is nested too deeply."""

    code = "too_deep"


class ForbiddenValue(VcError):
    """The specification does not allow this value here."""

    code = "forbidden_value"


class UnknownContext(VcError):
    """The document uses a JSON-LD context that is not among the pinned ones."""

    code = "unknown_context"


class ContextChanged(VcError):
    """A pinned context is missing or does not have the digest it was pinned with."""

    code = "context_changed"


class DataLoss(VcError):
    """Something in the document is not carried by its contexts, so it would not be signed."""

    code = "data_loss"


class NotCompacted(DataLoss):
    """A property is not written as the term its contexts define, so readers could miss it."""

    code = "not_compacted"


@dataclass(frozen=True)
class Finding:
    """One reason not to sign: where it is (a JSON Pointer), what it is, and what it rests on."""

    code: str
    pointer: str
    message: str
    section: str


class LintFailed(VcError):
    """The document must not be signed as it is."""

    code = "lint_failed"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{f.pointer or '/'}: {f.message}" for f in self.findings))


class MalformedMultibase(VcError):
    """The text is not multibase of the expected base."""

    code = "malformed_multibase"


class MalformedKey(VcError):
    """The key does not have the form that keys of its kind have."""

    code = "malformed_key"


class WeakKey(MalformedKey):
    """The public key is one under which a signature proves nothing."""

    code = "weak_key"


class MalformedProof(VcError):
    """The proof does not have the form that VC Data Integrity asks for."""

    code = "malformed_proof"


class UnsupportedProof(VcError):
    """The proof is of a kind that is not understood here."""

    code = "unsupported_proof"


class WrongSignature(VcError):
    """The signature does not belong to this document and this key."""

    code = "wrong_signature"


class MalformedStatusList(VcError):
    """The status list cannot be expanded to a list of bits."""

    code = "malformed_status_list"


class IndexOutOfRange(VcError):
    """The status list has no entry with this index."""

    code = "index_out_of_range"


class MalformedDid(VcError):
    """The text is not a decentralised identifier of a method that is understood."""

    code = "malformed_did"


class InvalidVerificationMethodUrl(VcError):
    """The verification method is not named by a DID with a fragment."""

    code = "invalid_verification_method_url"


class WrongIdentifierDocument(VcError):
    """The document is not the one of the identifier that was asked for."""

    code = "wrong_identifier_document"


class InvalidVerificationMethod(VcError):
    """The document has no such verification method, or not one of its own."""

    code = "invalid_verification_method"


class UnauthorisedVerificationMethod(VcError):
    """The document does not list the verification method for what it was used for."""

    code = "unauthorised_verification_method"


class Unreachable(VcError):
    """A document that is needed could not be fetched."""

    code = "unreachable"


class UnsupportedKey(MalformedKey):
    """The key is of a kind that is not understood here."""

    code = "unsupported_key"


class PrivateKeyShown(MalformedKey):
    """The key holds what only its owner may know, so anybody may have used it."""

    code = "private_key_shown"


class MalformedToken(VcError):
    """The text is not a signed JSON token of the kind that is read here."""

    code = "malformed_token"


class UnsecuredToken(MalformedToken):
    """The token is not signed with a private key, so anybody may have made it."""

    code = "unsecured_token"


class ClaimMismatch(VcError):
    """A claim of the token says otherwise than what the token carries."""

    code = "claim_mismatch"


class NotYetValid(VcError):
    """The token is for a later time."""

    code = "not_yet_valid"


class Expired(VcError):
    """The token's time is over."""

    code = "expired"


class MalformedEnvelope(VcError):
    """The object does not envelop a credential or presentation as the data model asks for."""

    code = "malformed_envelope"


class WrongChallenge(VcError):
    """What is presented was not made for this verifier and this occasion."""

    code = "wrong_challenge"


class MalformedDisclosure(VcError):
    """What is disclosed does not belong to the credential in a way that can be told."""

    code = "malformed_disclosure"


class ForbiddenDisclosure(VcError):
    """A claim that everybody must see is left to the holder to show or hide."""

    code = "forbidden_disclosure"


class MalformedImage(VcError):
    """The image is neither a whole PNG nor a plain SVG."""

    code = "malformed_image"


class NotBaked(VcError):
    """The image holds no credential."""

    code = "not_baked"


class BakedAlready(VcError):
    """The image holds a credential already, or more than one."""

    code = "baked_already"


class PointsNowhere(VcError):
    """A JSON Pointer points to nothing in the document."""

    code = "points_nowhere"


class NotDivisible(VcError):
    """The document holds what cannot be signed so that a part of it can be shown alone."""

    code = "not_divisible"


class BaseProof(UnsupportedProof):
    """The proof is the one for the holder; a verifier is shown one that is derived from it."""

    code = "base_proof"


class WrongPurpose(MalformedProof):
    """The proof was made for another purpose."""

    code = "wrong_purpose"


class WrongDomain(VcError):
    """The proof was made for another domain."""

    code = "wrong_domain"


class UnknownPreviousProof(MalformedProof):
    """The proof follows a proof that the document does not carry."""

    code = "unknown_previous_proof"


class NotExpressible(VcError):
    """The document can't be made by filling in a shape, and must go the full way."""

    code = "not_expressible"


class ShapeFault(VcError):
    """The holes of a shape are not as they are declared, or are not filled as they are."""

    code = "shape_fault"


class ShapeDiffers(VcError):
    """A shape makes another document than the full pipeline."""

    code = "shape_differs"
