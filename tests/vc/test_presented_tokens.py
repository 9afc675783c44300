"""presented_tokens: presentations that are tokens, for whom and on what occasion."""

from typing import Any

import pytest

from issuer.vc import contexts
from issuer.vc.errors import MalformedEnvelope, Unreachable
from issuer.vc.jose import jose_envelope
from issuer.vc.signers import Ed25519Signer
from issuer.vc.verification import presented_tokens, verify
from issuer.vc.verification.report import CouldNotCheck, Outcome, Report, Verdict

from .conftest import NOW

HOLDER = Ed25519Signer(b"\x41" * 32)
NAME = f"did:key:{HOLDER.public_multibase}"
ASKED = {"challenge": "c-1", "domain": "employer.example"}
OWN = {"Own": "https://college.example/terms#Own"}


def token(**members: Any) -> str:
    document = {
        "@context": [contexts.CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": NAME,
        **members,
    }
    key_id = f"{NAME}#{HOLDER.public_multibase}"
    return jose_envelope.secure_presentation(document, signer=HOLDER, key_id=key_id, **ASKED)


def nobody(name: str) -> Any:
    raise Unreachable(f"{name} does not answer.")


def verified(text: str, **options: Any) -> Report:
    return presented_tokens.verify(text, resolve_did=nobody, now=NOW, **options)


@pytest.mark.parametrize(
    "media_type", ["application/vp+jwt", "application/jwt", "application/VP+JWT"]
)
def test_the_token_comes_out_of_its_envelope(media_type: str) -> None:
    text = token()
    envelope = {**jose_envelope.envelop_presentation(text), "id": f"data:{media_type},{text}"}
    assert presented_tokens.open_envelope(envelope) == text


def test_an_envelope_of_something_else_is_not_opened() -> None:
    envelope = jose_envelope.envelop_presentation(token())
    with pytest.raises(CouldNotCheck):
        presented_tokens.open_envelope({**envelope, "id": "data:application/vp+cose,AA"})
    with pytest.raises(MalformedEnvelope):
        presented_tokens.open_envelope(jose_envelope.envelop_credential(token()))


@pytest.mark.parametrize("asked", [{}, ASKED, {"challenge": "c-1"}], ids=str)
def test_a_presentation_for_the_occasion_is_valid(asked: dict[str, str]) -> None:
    assert verified(token(), **asked).verdict is Verdict.VALID


@pytest.mark.parametrize("asked", [{"challenge": "c-2"}, {"domain": "other.example"}], ids=str)
def test_a_presentation_for_another_occasion_is_not(asked: dict[str, str]) -> None:
    report = verified(token(), **{**ASKED, **asked})
    assert report.check("signature").outcome is Outcome.FAILED


def test_contexts_of_its_own_are_read_only_where_the_policy_says_so() -> None:
    text = token(
        **{"@context": [contexts.CREDENTIALS_V2, OWN], "type": ["VerifiablePresentation", "Own"]}
    )
    assert verified(text).check("structure").outcome is Outcome.COULD_NOT_CHECK
    assert verified(text, policy=verify.CONFORMANCE).verdict is Verdict.VALID
