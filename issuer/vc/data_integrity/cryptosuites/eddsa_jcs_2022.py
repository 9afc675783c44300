"""Cryptosuite eddsa-jcs-2022: RFC 8785, SHA-256, Ed25519 (VC-DI-EdDSA 1.0, section 3.3)."""

from issuer.vc import canonical, keys
from issuer.vc.data_integrity.cryptosuites import hashing
from issuer.vc.data_integrity.cryptosuites.whole_documents import WholeDocuments

NAME = "eddsa-jcs-2022"
# The kinds of keys, and the digest that goes with each.
KINDS = {keys.ED25519: canonical.SHA_256}

_SUITE = WholeDocuments(NAME, KINDS, hashing.hash_json)
hash_data, sign, check = _SUITE.hash_data, _SUITE.sign, _SUITE.check
