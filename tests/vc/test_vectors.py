"""The vectors of 1EdTech; those of the W3C are in test_cryptosuites and test_proofs."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from issuer.vc import canonical, contexts, keys, signers
from issuer.vc.data_integrity.cryptosuites import eddsa_rdfc_2022

TEAMWORK: dict[str, Any] = {
    "@context": [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES],
    "id": "http://example.com/credentials/3527",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {
        "id": "https://example.edu/issuers/565049",
        "type": ["Profile"],
        "name": "Example Corp",
        "url": "https://www.imsglobal.org",
    },
    "validFrom": "2010-01-01T00:00:00Z",
    "name": "Teamwork Badge",
    "credentialSubject": {
        "id": "did:example:ebfeb1f712ebc6f1c276e12ec21",
        "type": ["AchievementSubject"],
        "achievement": {
            "id": "https://example.com/achievements/21st-century-skills/teamwork",
            "type": ["Achievement"],
            "criteria": {"narrative": ""},
            "description": "",
            "name": "Teamwork",
        },
    },
}


def test_the_1edtech_open_badges_vector(shared_data: Path) -> None:
    folder = shared_data / "vectors/1edtech/obv3p0"
    expected = (folder / "document-canon.txt").read_text().rstrip("\n").split("\n")
    # The document is written anew from the canonical statements, whose sentences stay over there.
    document = json.loads(json.dumps(TEAMWORK))
    achievement = document["credentialSubject"]["achievement"]
    achievement["criteria"]["narrative"] = _literal(expected, "vocab.html#narrative")
    achievement["description"] = _literal(expected, "schema.org/description")
    assert canonical.canonize(document).decode().rstrip("\n").split("\n") == expected

    options = {
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2010-01-01T19:23:24Z",
        "verificationMethod": (
            "https://example.edu/issuers/565049#z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi"
        ),
        "proofPurpose": "assertionMethod",
    }
    canonical_options = (folder / "proof-canon.txt").read_bytes().rstrip(b"\n") + b"\n"
    assert canonical.canonize(options) == canonical_options
    assert eddsa_rdfc_2022.hash_data(document, options, kind=keys.ED25519) == (
        hashlib.sha256(canonical_options).digest()
        + hashlib.sha256("\n".join([*expected, ""]).encode()).digest()
    )
    seed = bytes.fromhex("6241a409e6707bb640a0140a8a32bc3d193c33a661747284d6adfa4ed4180be4")
    assert eddsa_rdfc_2022.sign(document, options, signer=signers.Ed25519Signer(seed)) == (
        "z5x9aCBYovW3CQCbKdNyhEm7ffYSw1YpEdPywQJoNbzDD2gkzQDKJ1sYKJaWvqZtkMtSbz35HcbgXVEDYHxCzgkCr"
    )


def _literal(lines: list[str], predicate: str) -> str:
    (line,) = [line for line in lines if f"{predicate}> " in line]
    return line.partition(f"{predicate}> ")[2].removesuffix(" .").strip('"')


def test_the_1edtech_clr_vector_is_in_canonical_form(shared_data: Path) -> None:
    text = (shared_data / "vectors/1edtech/clrv2p0/document-canon.txt").read_bytes()
    dataset = Dataset(parse(text, format=RdfFormat.N_QUADS))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    lines = sorted(str(dataset).encode().splitlines(keepends=True))
    assert b"".join(lines).rstrip(b"\n") == text.rstrip(b"\n")
