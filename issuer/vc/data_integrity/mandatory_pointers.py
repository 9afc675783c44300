"""What of an Open Badge is shown whenever a part is shown (1EdTech certification guide 1.2)."""

from __future__ import annotations

from typing import Any

from issuer.vc import json_pointers

# The 1EdTech certification guide 1.2 allows ecdsa-sd-2023 only where nobody can hide what the
# model of Open Badges 3.0 requires, nor what tells whether the badge still holds.
REQUIRED = (
    "/id",
    "/type",
    "/issuer",
    "/validFrom",
    "/credentialSubject/type",
    "/credentialSubject/achievement/id",
    "/credentialSubject/achievement/type",
    "/credentialSubject/achievement/name",
    "/credentialSubject/achievement/description",
    "/credentialSubject/achievement/criteria",
)
WHERE_PRESENT = (
    "/validUntil",
    "/credentialStatus",
    "/credentialSchema",
    "/credentialSubject/id",
)
# Of id and identifier the model requires one.
INSTEAD_OF_ID = "/credentialSubject/identifier"


def of_open_badge(document: dict[str, Any]) -> tuple[str, ...]:
    """Return the mandatory pointers of a badge, for `ecdsa_sd_2023.sign`.

    Optional members are among them where the badge has them. A badge without a
    required member is not refused here but there, where its pointer points to
    nothing.
    """
    present = [each for each in WHERE_PRESENT if json_pointers.exists(document, each)]
    if "/credentialSubject/id" not in present:
        present.append(INSTEAD_OF_ID)
    return (*REQUIRED, *present)
