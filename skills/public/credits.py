"""Who stands behind a framework, and under which licence others may use it."""

from dataclasses import dataclass
from typing import Any

from skills.models import Framework
from skills.services import identities


@dataclass(frozen=True, slots=True)
class Credit:
    """What has to stand beside the words of a framework, as its source says it."""

    sentence: str
    licence: str
    licence_address: str
    source: str


def credit(framework: Framework) -> Credit:
    """The attribution that the publisher asks for, the licence, and where the original is."""
    licence, address = _licence(framework)
    addresses = (framework.official_url, framework.uri)
    return Credit(
        sentence=framework.notes,
        licence=licence,
        licence_address=address,
        source=next((each for each in addresses if identities.is_web(each)), ""),
    )


def _licence(framework: Framework) -> tuple[str, str]:
    """The licence's name and address: CASE's link, CTDL-ASN's address, else a definition."""
    defined = [one for one in framework.definitions if one["kind"] == "license"]
    link = framework.details.get("licenseURI")
    if isinstance(link, dict):
        meant = [one["title"] for one in defined if one["identifier"] == link.get("identifier")]
        title = next(iter(meant), link.get("title") or link.get("uri"))
        return str(title), _web(link.get("uri"))
    for name in ("ceasn:license", "license"):
        if address := _web(framework.details.get(name)):
            return address, address
    return (defined[0]["title"], _web(defined[0]["uri"])) if len(defined) == 1 else ("", "")


def _web(value: Any) -> str:
    return value if isinstance(value, str) and identities.is_web(value) else ""
