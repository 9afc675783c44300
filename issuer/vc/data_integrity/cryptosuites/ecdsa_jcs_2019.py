"""Cryptosuite ecdsa-jcs-2019: RFC 8785, ECDSA on P-256 or P-384 (VC-DI-ECDSA 1.0, section 3.3)."""

from issuer.vc import canonical, keys
from issuer.vc.data_integrity.cryptosuites import hashing
from issuer.vc.data_integrity.cryptosuites.whole_documents import WholeDocuments

NAME = "ecdsa-jcs-2019"
# The kinds of keys, and the digest that goes with each.
KINDS = {keys.P256: canonical.SHA_256, keys.P384: canonical.SHA_384}

_SUITE = WholeDocuments(NAME, KINDS, hashing.hash_json)
hash_data, sign, check = _SUITE.hash_data, _SUITE.sign, _SUITE.check
