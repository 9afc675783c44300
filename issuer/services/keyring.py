"""Keys that sign in one piece of work: opened once, checked by what is published of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from issuer import keystores
from issuer.errors import KeyFails, KeyUnreadable
from issuer.models import SigningKey
from issuer.services import keys
from issuer.vc import did
from issuer.vc.data_integrity import proofs
from issuer.vc.keys import PublicKey
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
        """Sign the document and check the signature, canonicalising anew.

        Raises VcError, and KeyFails where a key outside of this process does.
        """
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


class _Elsewhere:
    """A key outside of this process, in a module or a service, each signature of which is checked.

    What goes wrong there is the fault of no row: it raises KeyFails, also out of what sets rows
    apart. Beside the time that such a key takes the check is nothing.
    """

    def __init__(self, signer: Signer) -> None:
        self.kind = signer.kind
        self.public_multibase = signer.public_multibase
        self.at_once = signer.at_once
        self._sign = signer.sign
        self._public_key = PublicKey.from_multikey(signer.public_multibase)

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message; raises KeyFails."""
        try:
            signature = self._sign(message)
            self._public_key.check(message, signature)
        except Exception as error:
            # Whoever wrote the driver knows what it may raise.
            raise KeyFails(f"{KeyFails()} ({type(error).__name__}: {error})") from error
        return signature


def _opened(key: SigningKey) -> Signer:
    signer = keystores.open(key.handle)
    if signer.public_multibase != key.public_multibase:
        raise KeyUnreadable(f"The keystore holds another key under {key.handle}.")
    return signer if signer.at_once == 1 else _Elsewhere(signer)
