"""JSON-LD contexts that no package carries: which term stands for what, restated here.

They are for reading what others signed. A term is written as the property it
stands for, spelt out; every term is protected, as in the published contexts.
"""

from __future__ import annotations

from typing import Any

_CREDENTIALS = "https://www.w3.org/2018/credentials#"
_SECURITY = "https://w3id.org/security#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_DID = "https://www.w3.org/ns/did#"

_CRED_PREFIX = {"cred": _CREDENTIALS}
_SEC_PREFIX = {"sec": _SECURITY}
_XSD_PREFIX = {"xsd": _XSD}


def _scope(**terms: Any) -> dict[str, Any]:
    return {"@protected": True, "id": "@id", "type": "@type", **terms}


def _typed(iri: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"@id": iri, "@type": kind, **more}


def _link(iri: str, **more: Any) -> dict[str, Any]:
    return _typed(iri, "@id", **more)


def _moment(iri: str) -> dict[str, Any]:
    return _typed(iri, f"{_XSD}dateTime")


def _multibase(name: str) -> dict[str, Any]:
    return _typed(f"{_SECURITY}{name}", f"{_SECURITY}multibase")


def _class(iri: str, scope: dict[str, Any]) -> dict[str, Any]:
    return {"@id": iri, "@context": scope}


def _cred_links(*names: str) -> dict[str, Any]:
    return {name: _link(_CREDENTIALS + name) for name in names}


def _cred_moments(*names: str) -> dict[str, Any]:
    return {name: _moment(_CREDENTIALS + name) for name in names}


_PROOF = _link(f"{_SECURITY}proof", **{"@container": "@graph"})
# The relationships between a controller and its keys, and what each is called in the vocabulary.
_RELATIONSHIPS = {
    term: _link(_SECURITY + name, **{"@container": "@set"})
    for term, name in {
        "assertionMethod": "assertionMethod",
        "authentication": "authenticationMethod",
        "capabilityDelegation": "capabilityDelegationMethod",
        "capabilityInvocation": "capabilityInvocationMethod",
        "keyAgreement": "keyAgreementMethod",
    }.items()
}


def _proof_terms(purposes: dict[str, Any], security: str, moment: str) -> dict[str, Any]:
    """What every kind of proof has."""
    return {
        **{name: security + name for name in ("challenge", "domain", "nonce")},
        "created": _typed("http://purl.org/dc/terms/created", moment),
        "expires": _typed(f"{security}expiration", moment),
        "proofPurpose": _typed(f"{security}proofPurpose", "@vocab", **{"@context": purposes}),
        "verificationMethod": _link(f"{security}verificationMethod"),
    }


def _proof_2018(security: str = _SECURITY, moment: str = f"{_XSD}dateTime") -> dict[str, Any]:
    names = ("assertionMethod", "authentication")
    purposes = _scope(**_SEC_PREFIX, **{name: _RELATIONSHIPS[name] for name in names})
    return {
        **_proof_terms(purposes, security, moment),
        "jws": f"{security}jws",
        "proofValue": f"{security}proofValue",
    }


_PROOF_2020 = {
    **_proof_terms(_scope(**_RELATIONSHIPS), _SECURITY, f"{_XSD}dateTime"),
    "proofValue": _multibase("proofValue"),
}

CREDENTIALS_V1 = _scope(
    VerifiableCredential=_class(
        f"{_CREDENTIALS}VerifiableCredential",
        _scope(
            **_CRED_PREFIX,
            **_SEC_PREFIX,
            **_XSD_PREFIX,
            **_cred_links("credentialStatus", "credentialSubject", "evidence", "holder", "issuer"),
            **_cred_links("termsOfUse"),
            **_cred_moments("expirationDate", "issued", "issuanceDate", "validFrom", "validUntil"),
            proof=_PROOF,
            **{
                name: _link(
                    _CREDENTIALS + name,
                    **{"@context": _scope(**_CRED_PREFIX, **{kind: _CREDENTIALS + kind})},
                )
                for name, kind in {
                    "credentialSchema": "JsonSchemaValidator2018",
                    "refreshService": "ManualRefreshService2018",
                }.items()
            },
        ),
    ),
    VerifiablePresentation=_class(
        f"{_CREDENTIALS}VerifiablePresentation",
        _scope(
            **_CRED_PREFIX,
            **_SEC_PREFIX,
            **_cred_links("holder"),
            proof=_PROOF,
            verifiableCredential=_link(
                f"{_CREDENTIALS}verifiableCredential", **{"@container": "@graph"}
            ),
        ),
    ),
    **{
        name: _class(_SECURITY + name, _scope(**_SEC_PREFIX, **_XSD_PREFIX, **_proof_2018()))
        for name in (
            "EcdsaSecp256k1Signature2019",
            "EcdsaSecp256r1Signature2019",
            "Ed25519Signature2018",
        )
    },
    # Published with prefixes that nothing defines there, so they stand for themselves.
    RsaSignature2018=_class(
        f"{_SECURITY}RsaSignature2018",
        {"@protected": True, **_proof_2018("sec:", "xsd:dateTime")},
    ),
    proof=_PROOF,
)

DATA_INTEGRITY_V1 = _scope(
    proof=_PROOF,
    DataIntegrityProof=_class(
        f"{_SECURITY}DataIntegrityProof",
        _scope(**_PROOF_2020, cryptosuite=f"{_SECURITY}cryptosuite"),
    ),
)

ED25519_2020_V1 = _scope(
    proof=_PROOF,
    Ed25519VerificationKey2020=_class(
        f"{_SECURITY}Ed25519VerificationKey2020",
        _scope(
            controller=_link(f"{_SECURITY}controller"),
            revoked=_moment(f"{_SECURITY}revoked"),
            publicKeyMultibase=_multibase("publicKeyMultibase"),
        ),
    ),
    Ed25519Signature2020=_class(f"{_SECURITY}Ed25519Signature2020", _scope(**_PROOF_2020)),
)

DID_V1 = _scope(
    alsoKnownAs=_link("https://www.w3.org/ns/activitystreams#alsoKnownAs"),
    **_RELATIONSHIPS,
    controller=_link(f"{_SECURITY}controller"),
    service=_link(
        f"{_DID}service",
        **{"@context": _scope(serviceEndpoint=_link(f"{_DID}serviceEndpoint"))},
    ),
    verificationMethod=_link(f"{_SECURITY}verificationMethod"),
)

# Gives every term a meaning in the vocabulary of examples, so nothing is ever undefined under it.
EXAMPLES_V2 = {"@vocab": "https://www.w3.org/ns/credentials/examples#"}
