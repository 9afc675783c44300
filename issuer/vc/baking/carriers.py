"""Under which names an image holds a credential (Open Badges 3.0 and CLR 2.0, baking)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Carrier:
    """The keyword of a PNG's chunk; the namespace and the usual prefix of an SVG's element."""

    keyword: str
    namespace: str
    prefix: str


OPEN_BADGE = Carrier("openbadgecredential", "https://purl.imsglobal.org/ob/v3p0", "openbadges")
CLR = Carrier("clrcredential", "https://purl.imsglobal.org/clr/v2p0", "clr")

# An image holds one credential, of whatever kind.
ALL = (OPEN_BADGE, CLR)
