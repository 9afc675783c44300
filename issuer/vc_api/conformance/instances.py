"""The issuers of the conformance profile: a did:key for each suite that public tests ask for.

Their keys follow from SECRET_KEY, so that a restarted server is the same issuer; what they sign
is worth nothing. They exist only while CONFORMANCE is set, which `check --deploy` refuses.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from issuer.vc import keys, signers

if TYPE_CHECKING:
    from issuer.vc.signers import Signer

EDDSA_RDFC = "eddsa-rdfc-2022"
SELECTIVE = "ecdsa-sd-2023"
ENVELOPE = "vc+jwt"


@dataclass(frozen=True)
class Instance:
    """One issuer: the name in its addresses, what it secures with, and its key."""

    suite: str
    form: str
    signer: Signer = field(repr=False)
    states_status: bool = False

    @property
    def issuer(self) -> str:
        """Its did:key."""
        return f"did:key:{self.signer.public_multibase}"

    @property
    def is_selective(self) -> bool:
        """Whether holders may derive credentials that show a part of what it signed."""
        return self.form == SELECTIVE

    @property
    def verification_method(self) -> str:
        """The id of its only key."""
        return f"{self.issuer}#{self.signer.public_multibase}"


# Suite -> (what it secures with, kind of key). The names are those that outside scripts call.
_SUITES = {
    "eddsa-rdfc-2022": (EDDSA_RDFC, keys.ED25519),
    "eddsa-jcs-2022": ("eddsa-jcs-2022", keys.ED25519),
    "ecdsa-rdfc-2019-p256": ("ecdsa-rdfc-2019", keys.P256),
    "ecdsa-rdfc-2019-p384": ("ecdsa-rdfc-2019", keys.P384),
    "ecdsa-jcs-2019-p256": ("ecdsa-jcs-2019", keys.P256),
    "ecdsa-jcs-2019-p384": ("ecdsa-jcs-2019", keys.P384),
    "ecdsa-sd-2023-p256": (SELECTIVE, keys.P256),
    "bitstring": (EDDSA_RDFC, keys.ED25519),
    "vc-api": (EDDSA_RDFC, keys.ED25519),
    "enveloped": (ENVELOPE, keys.P256),
}
_SECRET_BYTES = {keys.ED25519: 32, keys.P256: 32, keys.P384: 48}


@functools.cache
def find(suite: str) -> Instance | None:
    """The instance of this name, if there is one."""
    if suite not in _SUITES:
        return None
    form, kind = _SUITES[suite]
    derived = HKDF(SHA256(), _SECRET_BYTES[kind], salt=None, info=f"conformance {suite}".encode())
    secret = derived.derive(settings.SECRET_KEY.encode())
    return Instance(
        suite=suite,
        form=form,
        signer=signers.from_secret(kind, secret),
        states_status=suite == "bitstring",
    )


def every() -> list[Instance]:
    """All instances."""
    return [instance for suite in _SUITES if (instance := find(suite))]
