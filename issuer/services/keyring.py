"""Keys that sign in one piece of work: opened once, checked by what is published of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from issuer import keystores
from issuer.errors import KeyUnreadable
from issuer.models import SigningKey
from issuer.services import keys
from issuer.vc import did
from issuer.vc.data_integrity import proofs
from issuer.vc.signers import Signer


class Keyring:
    """Some keys, opened; all that is asked of the database and the keystore is asked at first."""

    def __init__(self, held: Iterable[SigningKey]) -> None:
        """Open the private keys; raises KeystoreClosed or KeyUnreadable."""
        self._signers: dict[str, Signer] = {}
        self._did_documents: dict[str, dict[str, Any]] = {}
        for key in held:
            self._signers[key.handle] = _opened(key)
            if key.did not in self._did_documents:
                self._did_documents[key.did] = keys.did_document(key.did)

    @property
    def at_once(self) -> int:
        """So many signatures may be asked for at the same time."""
        return max((signer.at_once for signer in self._signers.values()), default=1)

    def signer(self, key: SigningKey) -> Signer:
        """What signs with this key, one of those held."""
        return self._signers[key.handle]

    def add_proof(
        self, document: dict[str, Any], key: SigningKey, created: datetime
    ) -> dict[str, Any]:
        """Sign the document and check the signature, canonicalising anew; raises VcError."""
        secured = proofs.add_proof(
            document,
            signer=self.signer(key),
            verification_method=key.verification_method,
            created=created,
        )
        self.check(secured, key)
        return secured

    def check(self, secured: dict[str, Any], key: SigningKey) -> None:
        """Verify a proof as a stranger would, by what is published; raises VcError."""
        method = did.find_method(self._did_documents[key.did], key.verification_method)
        proofs.verify_proof(secured, public_key=method)


def _opened(key: SigningKey) -> Signer:
    signer = keystores.open(key.handle)
    if signer.public_multibase != key.public_multibase:
        raise KeyUnreadable(f"The keystore holds another key under {key.handle}.")
    return signer
