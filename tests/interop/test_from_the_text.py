"""What we sign, read by straight code that shares nothing with ours: a second opinion on it."""

from datetime import timedelta
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.exceptions import InvalidSignature

from issuer.vc import keys
from issuer.vc.data_integrity import base_proofs, proofs
from issuer.vc.jose import sd_jwt_vc, token_status_list
from issuer.vc.keys import PublicKey
from tests.vc.conftest import NOW
from tests.vc.tokens import ALGORITHMS, KEY_ID, b64, public_key, signer

from .from_the_text import check_key_binding, check_proof, read_sd_jwt_vc, read_states
from .test_data_integrity import BADGE, PLAIN
from .test_selective_disclosure import BADGE as WITH_STATUS
from .test_tokens import ASKED, COURSE, with_changes

pytestmark = [pytest.mark.usefixtures("shared_data"), pytest.mark.thorough]

Document = dict[str, Any]

REFUSALS = (InvalidSignature, AssertionError, pyjwt.InvalidTokenError)

SUITES = [
    ("eddsa-rdfc-2022", keys.ED25519),
    ("eddsa-jcs-2022", keys.ED25519),
    ("ecdsa-rdfc-2019", keys.P256),
    ("ecdsa-rdfc-2019", keys.P384),
    ("ecdsa-jcs-2019", keys.P256),
    ("ecdsa-jcs-2019", keys.P384),
]


@pytest.fixture(autouse=True)
def today(time_machine: Any) -> None:
    time_machine.move_to(NOW)


def method_of(kind: str) -> str:
    return f"did:web:college.example#{signer(kind).public_multibase}"


def with_changes_of(document: Document) -> list[Document]:
    """The signed document with something else in it, in several places, under the same proof."""
    subject, proof = document["credentialSubject"], document["proof"]
    return [
        document | {"name": "Statistics 2"},
        document | {"validFrom": "2026-06-14T12:00:01Z"},
        document | {"credentialSubject": subject | {"id": "did:example:somebody-else"}},
        document | {"proof": proof | {"created": "2026-06-15T12:00:01Z"}},
        document | {"proof": proof | {"proofPurpose": "authentication"}},
    ]


@pytest.mark.parametrize(("suite", "kind"), SUITES)
def test_each_suite_signs_what_its_text_says(suite: str, kind: str) -> None:
    # pyld tells blank nodes apart by SHA-256 only, see test_data_integrity.
    document = PLAIN if (suite, kind) == ("ecdsa-rdfc-2019", keys.P384) else BADGE
    signed = proofs.add_proof(
        document,
        signer=signer(kind),
        verification_method=method_of(kind),
        created=NOW,
        cryptosuite=suite,
    )
    check_proof(signed, suite=suite)
    for changed in with_changes_of(signed):
        with pytest.raises(REFUSALS):
            check_proof(changed, suite=suite)


@pytest.mark.parametrize(
    "pointers", [(), ("/credentialSubject/result/1",), ("/credentialSubject",), ("",)]
)
def test_what_is_shown_of_a_badge_is_proved_as_the_text_says(pointers: tuple[str, ...]) -> None:
    base = base_proofs.add(
        WITH_STATUS,
        signer=signer(keys.P256),
        verification_method=method_of(keys.P256),
        created=NOW,
        mandatory_pointers=["/issuer", "/credentialStatus", "/credentialSubject/achievement"],
    )
    shown = base_proofs.derive(base, selective_pointers=pointers)
    check_proof(shown, suite="ecdsa-sd-2023")
    achievement = shown["credentialSubject"]["achievement"] | {"name": "Statistics 2"}
    subject = shown["credentialSubject"] | {"achievement": achievement}
    with pytest.raises(REFUSALS):
        check_proof(shown | {"credentialSubject": subject}, suite="ecdsa-sd-2023")


@pytest.mark.parametrize("kind", [kind for kind in ALGORITHMS if kind != keys.RSA])
def test_a_holder_shows_and_binds_what_the_text_of_sd_jwt_says(kind: str) -> None:
    jwk, algorithm = public_key(signer(kind)).jwk, ALGORITHMS[kind]
    holder = public_key(signer(keys.P256))
    whole = sd_jwt_vc.issue(
        COURSE,
        signer=signer(kind),
        key_id=KEY_ID,
        pointers=["/name", "/course", "/course/title", "/skills/0"],
        holder_key=holder,
        decoys=2,
    )
    bound_to = {"cnf": {"jwk": holder.jwk}}
    assert read_sd_jwt_vc(whole, jwk, algorithm) == COURSE | bound_to

    derived = sd_jwt_vc.derive(whole, pointers=["/course/title"])
    without_name = {name: value for name, value in COURSE.items() if name != "name"}
    found = read_sd_jwt_vc(derived, jwk, algorithm)
    assert found == without_name | bound_to | {"skills": ["medians"]}

    bound = sd_jwt_vc.bind(derived, signer=signer(keys.P256), issued=NOW, **ASKED)
    check_key_binding(bound, "ES256", **ASKED)
    with pytest.raises(REFUSALS):
        check_key_binding(bound, "ES256", audience=ASKED["audience"], nonce="n-2")
    more, binding = whole.rpartition("~")[0], bound.rpartition("~")[2]
    with pytest.raises(REFUSALS):
        check_key_binding(f"{more}~{binding}", "ES256", **ASKED)

    token, _, rest = derived.partition("~")
    for changed in with_changes(token):
        with pytest.raises(REFUSALS):
            read_sd_jwt_vc(f"{changed}~{rest}", jwk, algorithm)
    invented = b64(b'["salt", "title", "Algebra"]')
    with pytest.raises(REFUSALS):
        read_sd_jwt_vc(f"{token}~{invented}~{rest}", jwk, algorithm)


@pytest.mark.parametrize("bits", sorted(token_status_list.BITS))
def test_the_states_that_we_publish_are_packed_as_the_text_says(bits: int) -> None:
    states = {0: 1, 7: (1 << bits) - 1, 4095: 1}
    text = token_status_list.sign(
        token_status_list.pack(states, size=4096, bits=bits),
        bits=bits,
        uri="https://college.example/status/9",
        issued=NOW - timedelta(minutes=1),
        signer=signer(keys.P384),
        key_id=KEY_ID,
    )
    jwk = PublicKey.from_multikey(signer(keys.P384).public_multibase).jwk
    found = read_states(text, jwk, "ES384")
    assert {index: value for index, value in enumerate(found) if value} == states
    assert len(found) == 4096
