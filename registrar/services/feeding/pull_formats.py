"""What a feed's server gives: its collections, and the files that they become."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from registrar.models import Feed
from registrar.readers import edu_api_json, edu_api_layout, oneroster_json, oneroster_manifest
from registrar.readers.oneroster_json import Cells
from registrar.readers.oneroster_versions import VERSIONS, Version
from registrar.sources import dialects
from registrar.sources.paged_rest import Dialect


@dataclass(frozen=True, slots=True)
class PullFormat:
    """How a server is asked, and what its answers become.

    `property` is what the manifest says of the version. Collections in `whole` are asked for in
    full also where only what has changed is asked for.
    """

    dialect: Dialect
    version: Version
    property: tuple[str, str]
    collections: tuple[str, ...]
    files: Callable[[str], tuple[str, ...]]
    rows: Callable[[str, Any], Iterator[tuple[str, Cells]]]
    whole: frozenset[str] = frozenset()

    def after(self, collection: str) -> dict[str, Any]:
        """The position that follows the last page of a collection."""
        following = self.collections.index(collection) + 1
        if following == len(self.collections):
            return {"is_at_end": True}
        return {"collection": self.collections[following], "offset": 0}


def of(feed: Feed) -> PullFormat:
    """What the feed's server speaks."""
    if feed.kind == Feed.Kind.EDU_API:
        return _EDU_API
    version = VERSIONS[dialects.version(feed.address)]
    return PullFormat(
        dialect=dialects.ONEROSTER,
        version=version,
        property=(oneroster_manifest.ONEROSTER, version.name),
        collections=oneroster_json.COLLECTIONS,
        files=partial(oneroster_json.files, version=version),
        rows=partial(oneroster_json.rows, version=version),
    )


_EDU_API: Final = PullFormat(
    dialect=dialects.EDU_API,
    version=edu_api_layout.VERSION,
    property=(oneroster_manifest.EDU_API, "1.0"),
    collections=edu_api_json.COLLECTIONS,
    files=edu_api_json.files,
    rows=edu_api_json.rows,
    whole=edu_api_json.WHOLE,
)
