"""Cryptosuite eddsa-rdfc-2022: RDFC-1.0, SHA-256, Ed25519 (VC-DI-EdDSA 1.0, section 3.2)."""

from issuer.vc import canonical, keys
from issuer.vc.data_integrity.cryptosuites import hashing
from issuer.vc.data_integrity.cryptosuites.whole_documents import WholeDocuments

NAME = "eddsa-rdfc-2022"
# The kinds of keys, and the digest that goes with each.
KINDS = {keys.ED25519: canonical.SHA_256}

_SUITE = WholeDocuments(NAME, KINDS, hashing.hash_rdf)
hash_data, sign, check = _SUITE.hash_data, _SUITE.sign, _SUITE.check
