"""The form that a credential or presentation must have to be looked at any further."""

from __future__ import annotations

from typing import Any

from issuer.vc import canonical, contexts, credential
from issuer.vc.errors import MalformedDocument, OutOfBounds, UnknownContext
from issuer.vc.verification.report import CouldNotCheck, Failed

# Each proof costs a canonical form of the document, each status a list that is verified itself.
MAX_PROOFS = 4
MAX_STATUSES = 4
# Each costs all that a credential costs.
MAX_CREDENTIALS = 8

_LIFE_CYCLE = frozenset(
    {
        "validFrom",
        "validUntil",
        "issuanceDate",
        "expirationDate",
        "credentialStatus",
        "issuer",
        "credentialSubject",
    }
)
# Of the terms that the pinned contexts give a type, those that JSON has a type of its own for.
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "partial": (bool,),
    "hashed": (bool,),
    "creditsEarned": (int, float),
    "creditsAvailable": (int, float),
}
# What may state contexts of its own inside a document: those of the JCS suites repeat them.
_STATING_CONTEXTS = frozenset(
    {"VerifiableCredential", credential.ENVELOPED_CREDENTIAL, "DataIntegrityProof"}
)


def of_credential(document: object, *, own_contexts: bool = False, is_known: bool = False) -> str:
    """Accept the form of a credential, or tell why not (VC Data Model 2.0, 1.1, section 4).

    Contexts that are not pinned, and such as the document brings along, may
    be quite right: what they mean is not known here, so the check could not be
    made, unless `own_contexts` trusts the document to say what it means. Anything
    undefined, and anything hidden from whoever reads the terms, makes it fail.

    What `is_known` was expanded before, when its canonical form was found. Raises Failed,
    CouldNotCheck, and the errors of `canonical.expand` and `credential`.
    """
    document = _document(document, own_contexts)
    _require_version(document)
    if "VerifiableCredential" not in credential.types(document):
        raise Failed("The document is not a verifiable credential.")
    _require_id(document, "credential")
    credential.issuer_id(document)
    _require_proofs(document, "credential")
    if len(credential.statuses(document)) > MAX_STATUSES:
        raise OutOfBounds(f"The credential has more than {MAX_STATUSES} status entries.")
    subjects = credential.many(document.get("credentialSubject"))
    if not subjects or not all(isinstance(subject, dict) and subject for subject in subjects):
        raise Failed("The credential has no subject.")
    if _is_1_1(document) and "issuanceDate" not in document:
        raise Failed("The credential does not say when it was issued.")
    _require_badge(document, subjects)
    _require_record(document, subjects)
    _refuse_second_self(document)
    if not is_known:
        canonical.expand(credential.unsecured(document))
    return "The document is a credential and states nothing that its contexts do not define."


def of_presentation(document: object, *, own_contexts: bool = False) -> str:
    """Accept the form of a presentation, or tell why not (VC Data Model 2.0, section 4.13).

    Its credentials are objects, one or many, signed or in an envelope; their
    own form is for `of_credential`. Raises what that raises.
    """
    document = _document(document, own_contexts)
    _require_version(document)
    if "VerifiablePresentation" not in credential.types(document):
        raise Failed("The document is not a verifiable presentation.")
    _require_id(document, "presentation")
    credential.holder_id(document)
    _require_proofs(document, "presentation")
    presented = credential.presented(document)
    if len(presented) > MAX_CREDENTIALS:
        raise OutOfBounds(f"The presentation has more than {MAX_CREDENTIALS} credentials.")
    for each in presented:
        if "@context" not in each:
            raise Failed("A presented credential states no contexts.")
    canonical.expand(credential.unsecured(document))
    return "The document is a presentation and states nothing that its contexts do not define."


# What both have in common


def _document(document: object, own_contexts: bool) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise MalformedDocument("The document is not a JSON object.")
    canonical.check_bounds(document)
    unsecured = credential.unsecured(document)
    _require_known_list(unsecured, own_contexts)
    for name, member in unsecured.items():
        if name != "@context":
            _require_known_contexts(member, own_contexts)
    if not own_contexts:
        _refuse_disguised(unsecured)
    return document


def _refuse_disguised(value: object) -> None:
    """Refuse what JSON-LD takes for the same, and a reader of the JSON does not find.

    A list in a list comes apart, and "true" is true: the signature holds, and a poor result, or
    that a record is partial, would be out of sight.
    """
    for item in value if isinstance(value, list) else ():
        if isinstance(item, list):
            raise Failed("A list stands in a list, where readers do not look for it.")
        if isinstance(item, dict):
            _refuse_disguised(item)
    for name, member in value.items() if isinstance(value, dict) else ():
        if name in _JSON_TYPES and type(member) not in _JSON_TYPES[name]:
            raise Failed(f"{name} is not of the type that it must have in JSON.")
        if isinstance(member, dict | list) and name != "@context":
            _refuse_disguised(member)


def _require_known_contexts(value: object, own_contexts: bool) -> None:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list):
                _require_known_contexts(item, own_contexts)
    elif isinstance(value, dict):
        if "@context" in value:
            if not _STATING_CONTEXTS & set(credential.types(value)):
                raise Failed("Only a credential may state contexts.")
            _require_known_list(value, own_contexts)
        for name, member in value.items():
            if isinstance(member, dict | list) and name != "@context":
                _require_known_contexts(member, own_contexts)


def _require_known_list(node: dict[str, Any], own_contexts: bool) -> None:
    found = node.get("@context")
    if credential.ENVELOPED_CREDENTIAL in credential.types(node):
        # The data model writes envelopes with one context, not in a list (2.0, section 4.13).
        found = credential.many(found)
    if not isinstance(found, list) or not found:
        raise Failed("The contexts must be a list.")
    if not all(isinstance(context, str | dict) for context in found):
        raise Failed("A context is neither an address nor an object.")
    urls = [context for context in found if isinstance(context, str)]
    if len(urls) < len(found) and not own_contexts:
        raise UnknownContext("The document brings a context of its own, which could mean anything.")
    for url in urls:
        if url not in contexts.PINNED:
            raise UnknownContext(f"The context {url} is not known here.")
    if len(set(urls)) != len(urls):
        raise Failed("A context is listed twice.")


def _require_version(document: dict[str, Any]) -> None:
    if document["@context"][0] not in (contexts.CREDENTIALS_V2, contexts.CREDENTIALS_V1):
        raise CouldNotCheck("The document is of no version of the data model that is known here.")


def _is_1_1(document: dict[str, Any]) -> bool:
    return bool(document["@context"][0] == contexts.CREDENTIALS_V1)


def _require_id(document: dict[str, Any], what: str) -> None:
    if "id" in document and not credential.is_uri(document["id"]):
        raise Failed(f"The {what}'s id is not an absolute URI.")


def _require_proofs(document: dict[str, Any], what: str) -> None:
    found = credential.proofs(document)
    if len(found) > MAX_PROOFS:
        raise OutOfBounds(f"The {what} carries more than {MAX_PROOFS} proofs.")
    if not all(credential.types(proof) for proof in found):
        raise Failed("A proof does not say of what type it is.")


# What is a credential's alone


def _require_badge(document: dict[str, Any], subjects: list[dict[str, Any]]) -> None:
    if not {"OpenBadgeCredential", "AchievementCredential"} & set(credential.types(document)):
        return
    if len(subjects) != 1 or "AchievementSubject" not in credential.types(subjects[0]):
        raise Failed("The badge's subject is not one AchievementSubject.")
    if "id" not in subjects[0] and not subjects[0].get("identifier"):
        raise Failed("The badge does not say whose it is, by id or identifier.")
    if "Achievement" not in credential.types(subjects[0].get("achievement")):
        raise Failed("The badge states no achievement.")
    if not isinstance(document["issuer"], dict) or "Profile" not in credential.types(
        document["issuer"]
    ):
        raise Failed("The badge's issuer is not a Profile.")
    for name in ("id", "issuanceDate" if _is_1_1(document) else "validFrom"):
        if name not in document:
            raise Failed(f"The badge states no {name}.")


def _require_record(document: dict[str, Any], subjects: list[dict[str, Any]]) -> None:
    if "ClrCredential" not in credential.types(document):
        return
    if len(subjects) != 1 or "ClrSubject" not in credential.types(subjects[0]):
        raise Failed("The record's subject is not one ClrSubject.")


def _refuse_second_self(document: dict[str, Any]) -> None:
    """Refuse a nested object that bears the credential's own id and makes statements.

    RDF knows one node where JSON has two objects: an expiry or a status moved
    there would leave the signature intact and be out of every reader's sight.
    """
    own_id = document.get("id")

    def search(value: object) -> None:
        if isinstance(value, list):
            for item in value:
                if isinstance(item, dict | list):
                    search(item)
        elif isinstance(value, dict):
            if value is not document and own_id and value.get("id") == own_id:
                hidden = set(value) & _LIFE_CYCLE
                if hidden:
                    raise Failed(f"{hidden.pop()} stands where readers do not look for it.")
            for member in value.values():
                if isinstance(member, dict | list):
                    search(member)

    search(document)
