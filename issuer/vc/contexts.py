"""The pinned JSON-LD contexts, and the loader that knows no others."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

from issuer.vc import restated_contexts
from issuer.vc.errors import ContextChanged, UnknownContext

CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_3_0_2 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json"
OPEN_BADGES_3_0_1 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"
OB_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
DATA_INTEGRITY_V2 = "https://w3id.org/security/data-integrity/v2"
MULTIKEY_V1 = "https://w3id.org/security/multikey/v1"
# What others may have used, to be read by us: restated, as no package carries them.
CREDENTIALS_V1 = "https://www.w3.org/2018/credentials/v1"
DATA_INTEGRITY_V1 = "https://w3id.org/security/data-integrity/v1"
ED25519_2020_V1 = "https://w3id.org/security/suites/ed25519-2020/v1"
DID_V1 = "https://www.w3.org/ns/did/v1"
EXAMPLES_V2 = "https://www.w3.org/ns/credentials/examples/v2"

# An edited context would silently change what a signature covers. The W3C digests are those of
# the Recommendations; the 1EdTech files were edited in place in the past under the same address.
DIGESTS = MappingProxyType(
    {
        CREDENTIALS_V2: "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        OPEN_BADGES: "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
        OPEN_BADGES_3_0_2: "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53",
        OPEN_BADGES_3_0_1: "5f3d9dd6288ef437ff8286cf95ffbff609c748a66f24a1e9450c45ca64be1571",
        OB_EXTENSIONS: "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93",
        CLR: "880f1902d4158f2f33ce06af41b90719977cd1ea337a9de2e41edb3ff5e543d6",
        DATA_INTEGRITY_V2: "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
        MULTIKEY_V1: "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
    }
)

# Digests under which a context was published besides: of credentials/v2 the edition of 2024-07-20,
# and of a restated one the text that the data model's example of digestSRI is about.
_FURTHER_DIGESTS = MappingProxyType(
    {
        CREDENTIALS_V2: {
            "sha256": "24a18c90e9856d526111f29376e302d970b2bd10182e33959995b0207d7043b9",
            "sha384": (
                "35239c36999d2155312091af194a1edb61634d6ad789a5e5b19f2aebdd762dd9"
                "d1dcaada40eda7ef921c6b8c0ae107a0"
            ),
        },
        EXAMPLES_V2: {
            "sha256": "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
            "sha384": (
                "ccd35b4135824944a2d1b6f3edd6ee6be45c10dbfb0ba16f966609d58f88ef6e"
                "c7b0f387773c042cc60ef4ccfaf0cdba"
            ),
        },
    }
)

_PACKAGE = "openbadgeslib"
_FILES = {
    CREDENTIALS_V2: "credentials-v2.json",
    OPEN_BADGES: "ob-v3p0-context-3.0.3.json",
    OPEN_BADGES_3_0_2: "ob-v3p0-context-3.0.2.json",
    OPEN_BADGES_3_0_1: "ob-v3p0-context-3.0.1.json",
    OB_EXTENSIONS: "ob-v3p0-extensions.json",
    CLR: "clr_context_2.0.1.json",
    DATA_INTEGRITY_V2: "security-data-integrity-v2.json",
    MULTIKEY_V1: "security-multikey-v1.json",
}
_RESTATED = {
    CREDENTIALS_V1: restated_contexts.CREDENTIALS_V1,
    DATA_INTEGRITY_V1: restated_contexts.DATA_INTEGRITY_V1,
    ED25519_2020_V1: restated_contexts.ED25519_2020_V1,
    DID_V1: restated_contexts.DID_V1,
    EXAMPLES_V2: restated_contexts.EXAMPLES_V2,
}

# Every context that is known here. Which of them an issuer may use is for `lint` to say.
PINNED = frozenset(_FILES) | frozenset(_RESTATED)


def text(url: str) -> bytes:
    """Return the published bytes of a pinned context, where a package carries them.

    Raises UnknownContext for any other address, and ContextChanged when the
    installed package carries other bytes than the digest says.
    """
    if url not in _FILES:
        raise UnknownContext(f"The context {url} is not among the pinned ones.")
    try:
        content = (_folder() / _FILES[url]).read_bytes()
    except OSError as error:
        raise ContextChanged(f"The context {url} cannot be read from {_PACKAGE}.") from error
    if hashlib.sha256(content).hexdigest() != DIGESTS[url]:
        raise ContextChanged(f"The context {url} is not the one that was pinned.")
    return content


def digests(url: str) -> frozenset[tuple[str, bytes]]:
    """Return the digests, each with the name of its function, that the context was published with.

    Of another resource, and of a context whose published text is not known
    here, there are none. Raises ContextChanged as `text` does.
    """
    found = {
        (name, bytes.fromhex(digest)) for name, digest in _FURTHER_DIGESTS.get(url, {}).items()
    }
    if url in _FILES:
        content = text(url)
        names = ("sha256", "sha384", "sha512")
        found |= {(name, hashlib.new(name, content).digest()) for name in names}
    return frozenset(found)


@functools.cache
def load(url: str) -> dict[str, Any]:
    """Return a pinned context as JSON; the object is shared and must not be changed.

    Raises UnknownContext for any other address, and ContextChanged as `text` does.
    """
    if url in _RESTATED:
        return {"@context": _RESTATED[url]}
    document: dict[str, Any] = json.loads(text(url))
    return document


def document_loader(url: str, options: object) -> dict[str, Any]:
    """Answer pyld's question for a context, from the pinned ones and never from the network."""
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": load(url),
        "tag": "static",
    }


@functools.cache
def _folder() -> Path:
    # The package is found, not imported: its code has no business in the signing process.
    spec = importlib.util.find_spec(_PACKAGE)
    locations = spec.submodule_search_locations if spec else None
    if not locations:
        raise ContextChanged(f"The package {_PACKAGE}, which carries the contexts, is missing.")
    return Path(locations[0]) / "ob3" / "contexts"
