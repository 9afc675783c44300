"""Proofs of the type Ed25519Signature2020, which others have made: RDFC-1.0, SHA-256, Ed25519.

The suite is older than Data Integrity's, and superseded by eddsa-rdfc-2022; it
hashes and signs the same things, and nothing is signed with it here.
"""

from issuer.vc import canonical, keys
from issuer.vc.data_integrity.cryptosuites import hashing
from issuer.vc.data_integrity.cryptosuites.whole_documents import WholeDocuments

NAME = "Ed25519Signature2020"
# The kinds of keys, and the digest that goes with each.
KINDS = {keys.ED25519: canonical.SHA_256}

_SUITE = WholeDocuments(NAME, KINDS, hashing.hash_rdf)
hash_data, check = _SUITE.hash_data, _SUITE.check
