"""How OneRoster and Edu-API are spoken: their scopes, addresses and answers."""

from typing import Final

from registrar.readers import edu_api_json, oneroster_json
from registrar.sources.paged_rest import Dialect

_PURL: Final = "https://purl.imsglobal.org/spec/or"
_GRADEBOOK: Final = {"categories", "lineItems", "results", "scoreScales"}
# Of services, as much as is given: 1.1 has no gradebook-core, and some systems have no gradebook.
_SCOPES: Final = (
    ("roster", "gradebook"),
    ("roster-core", "gradebook-core"),
    ("roster-core", "gradebook"),
    ("roster",),
    ("roster-core",),
)
_EDU_API: Final = "http://purl.1edtech.org/spec/eduapi/v1p0/scope/core.readonly"


def version(address: str) -> str:
    """Which OneRoster is spoken there: 1.1 has one service, whose address ends in its name."""
    return "1.1" if address.rstrip("/").endswith("/v1p1") else "1.2"


def _of_oneroster(address: str, collection: str) -> str:
    if version(address) == "1.1":
        return f"{address}/{collection}"
    service = "gradebook" if collection in _GRADEBOOK else "rostering"
    return f"{address}/{service}/v1p2/{collection}"


def _of_edu_api(address: str, collection: str) -> str:
    return f"{address}/{collection}"


ONEROSTER: Final = Dialect(
    scopes=tuple(
        " ".join(f"{_PURL}/{version}/scope/{name}.readonly" for name in names)
        for names in _SCOPES
        for version in ("v1p2", "v1p1")
    ),
    place=_of_oneroster,
    read_page=oneroster_json.read_page,
)
# The second scope is for people.
EDU_API: Final = Dialect(
    scopes=(f"{_EDU_API} {_EDU_API}.privacy",),
    place=_of_edu_api,
    read_page=edu_api_json.read_page,
)
