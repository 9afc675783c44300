"""Names a framework whose file does not say which one it is."""

import re

from skills.readers import identifiers, texts
from skills.readers.errors import Unreadable
from skills.readers.records import FrameworkRecord

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def framework_named(identifier: str, title: str, *, creator: str = "") -> FrameworkRecord:
    """The framework of this identifier. Raises Unreadable where nobody gave one that is usable.

    What of title and creator is longer than 500 characters is cut off.
    """
    identifier = texts.composed(identifier.strip())
    if not identifier or len(identifier) > 200 or texts.refused(identifier):
        raise Unreadable(
            "no_identity",
            "The file does not say which framework it is."
            if not identifier
            else "The framework's identifier is longer than 200 characters, or not printable.",
            "Name the framework: its identifier, an address or any word that is yours alone.",
        )
    if texts.refused(title + creator):
        raise Unreadable(
            "control_character",
            "The framework's title or creator has an invisible control character.",
            "Write it again.",
        )
    return FrameworkRecord(
        identifier=identifier,
        uri=address_of(identifier),
        title=texts.composed(title.strip())[:500] or identifier,
        creator=texts.composed(creator.strip())[:500],
    )


def address_of(identifier: str, *, within: str = "") -> str:
    """The identifier where it is an address, else a urn that is always the same for it."""
    if texts.is_address(identifier):
        return identifier
    if is_uuid(identifier):
        return f"urn:uuid:{identifier.lower()}"
    return f"urn:uuid:{identifiers.made_of('address', within, identifier)}"


def is_uuid(identifier: str) -> bool:
    """Whether it is a UUID, in whatever case."""
    return _UUID.fullmatch(identifier) is not None
