"""What JSON-LD would lose, misread or not accept: found by canonicalising the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from issuer.vc import canonical
from issuer.vc.errors import DataLoss, Finding, OutOfBounds, UnknownContext, VcError


def findings(document: dict[str, Any], *, has_others: bool) -> Iterator[Finding]:
    """Find undefined terms and types, addresses that are none, redefined terms, what is tangled.

    With other findings, malformed RDF mostly follows from them and is not told; nor is it told
    which term is undefined where no context is stated, which undefines them all.
    """
    try:
        canonical.canonize(document)
    except (DataLoss, OutOfBounds) as error:
        if not has_others or document.get("@context"):
            yield Finding(error.code, "", str(error), "VC Data Integrity 1.0, data loss")
    except UnknownContext as error:
        if not has_others:
            yield Finding(error.code, "/@context", str(error), "VC Data Integrity 1.0, contexts")
    except VcError as error:
        if not has_others:
            yield Finding(error.code, "", str(error), "JSON-LD 1.1")
