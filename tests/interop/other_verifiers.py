"""What two verifiers that we did not write say of the files that the demo leaves.

    python -m tests.interop.other_verifiers FOLDER

takes the output folder of `./dev demo --out FOLDER`: every credential must be accepted by both
before the revocation, and exactly the revoked one refused after it.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbadgeslib.ob3 import ldp
from openvc.proof import data_integrity
from openvc.status import bitstring

from issuer.vc import contexts, multibase
from issuer.vc.keys import PublicKey

Document = dict[str, Any]


@dataclass(frozen=True)
class Published:
    """What a verifier may fetch: the DID document, and status lists by their address."""

    did: Document
    status_lists: Mapping[str, Document]

    def download(self, url: str, *_: Any, **__: Any) -> bytes:
        """Answer as the web would."""
        if url.endswith("/.well-known/did.json"):
            return json.dumps(self.did).encode()
        return json.dumps(self.status_lists[url]).encode()

    def key(self, method_id: str) -> bytes:
        """The raw public key of a verification method."""
        (found,) = (m for m in self.did["verificationMethod"] if m["id"] == method_id)
        return PublicKey.from_multikey(found["publicKeyMultibase"]).encoded


def openbadgeslib(published: Published) -> Callable[[Document], bool]:
    """Its whole check by did:web: structure, contexts, proof, dates, status.

    Of status lists it verifies signatures in JWT form only, so that it takes ours as they are.
    """
    verifier = ldp.OB3LdpVerifier.for_issuer_did(published.did["id"])

    def accepts(credential: Document) -> bool:
        try:
            verifier.verify(
                credential,
                check_status=True,
                verify_status_list=False,
                download=published.download,
            )
        except ldp.OB3VerificationError as refusal:
            if "is set at index" not in str(refusal):
                raise
            return False
        return True

    return accepts


def openvc(published: Published) -> Callable[[Document], bool]:
    """Its proof check of credential and status list, and its reading of the bit."""
    suite = data_integrity.DataIntegrityProofSuite()
    extra = {url: contexts.load(url) for url in contexts.DIGESTS if url != contexts.CREDENTIALS_V2}

    def check_proof(document: Document) -> None:
        key = published.key(document["proof"]["verificationMethod"])
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": multibase.encode_base64url(key)[1:]}
        suite.verify(document, public_key_jwk=jwk, extra_contexts=extra)

    bits = {}
    for url, status_list in published.status_lists.items():
        check_proof(status_list)
        bits[url] = bitstring.decode_bitstring(status_list["credentialSubject"]["encodedList"])

    def accepts(credential: Document) -> bool:
        check_proof(credential)
        entry = credential["credentialStatus"]
        listed = bits[entry["statusListCredential"]]
        return not bitstring.get_status_bit(listed, int(entry["statusListIndex"]))

    return accepts


VERIFIERS = {"openbadgeslib": openbadgeslib, "openvc-core": openvc}


def refused(
    verifier: Callable[[Published], Callable[[Document], bool]],
    credentials: Iterable[Document],
    published: Published,
) -> list[str]:
    """The ids of those that are revoked or suspended in its eyes; anything else wrong raises."""
    accepts = verifier(published)
    return [credential["id"] for credential in credentials if not accepts(credential)]


def main() -> int:
    """Check a folder; 0 when both verifiers agree with its summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder

    def read(name: str) -> Any:
        return json.loads((folder / name).read_text())

    lines = (folder / "credentials.ndjson").read_text().splitlines()
    credentials = [json.loads(line) for line in lines]
    revoked = read("summary.json")["revoked"]
    agree = True
    for name, verifier in VERIFIERS.items():
        before = Published(read("did.json"), read("status_lists_before.json"))
        after = Published(read("did.json"), read("status_lists_after.json"))
        # Proofs do not change with the lists: all of them once, then the one that was revoked.
        refused_after = refused(verifier, credentials, after)
        the_revoked = [each for each in credentials if each["id"] == revoked]
        refused_before = refused(verifier, the_revoked, before)
        agree &= refused_after == [revoked] and not refused_before
        sys.stdout.write(
            f"{name}: {len(credentials) - len(refused_after)} accepted, revoked: {refused_after}, "
            f"the same before its revocation: {'refused' if refused_before else 'accepted'}\n"
        )
    return 0 if agree and credentials else 1


if __name__ == "__main__":
    sys.exit(main())
