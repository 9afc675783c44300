"""The framework, a competency and a concept of CTDL-ASN, each as its record."""

import re
from typing import Final

from skills.readers import identifiers, kinds, texts
from skills.readers.ctdl_asn.properties import DIRECTIONS
from skills.readers.ctdl_asn.values import Values
from skills.readers.records import DefinitionRecord, FrameworkRecord, SkillRecord

MAX_STATEMENT: Final = 20_000
MAX_LANGUAGE: Final = 20

_CTID: Final = re.compile(r"ce-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DEPRECATED: Final = "deprecated"


def ctid_of(address: str) -> str:
    """The CTID that an address ends in, in lower case; '' where it ends in none."""
    last = address.rpartition("/")[2]
    return last.lower() if _CTID.fullmatch(last) else ""


def framework(values: Values) -> FrameworkRecord:
    """The record of a ceasn:CompetencyFramework."""
    identifier, uri = _identity(values)
    languages = values.texts("inLanguage", limit=MAX_LANGUAGE)
    values.language = languages[0] if languages else ""
    publisher = values.text("publisherName", limit=500)
    creators = [placed.address for placed in values.addresses("creator")]
    publishers = [placed.address for placed in values.addresses("publisher")]
    source = next((placed.address for placed in values.addresses("source")), "")
    values.mark_read("ctid", "id", "type", *DIRECTIONS)
    return FrameworkRecord(
        identifier=identifier,
        uri=uri,
        title=values.text("name", required=True, limit=500),
        creator=publisher or next(iter((*creators, *publishers)), "")[:500],
        publisher=publisher or next(iter(publishers), "")[:500],
        description=values.text("description", limit=MAX_STATEMENT),
        version=values.text("versionIdentifier", limit=100),
        language=values.language,
        official_url=source if texts.is_address(source) else "",
        adoption_status=values.text("publicationStatusType", limit=100),
        notes="\n\n".join(values.texts("comment", limit=MAX_STATEMENT)),
        changed_at=values.moment("dateModified"),
        starts_on=values.day("dateValidFrom"),
        ends_on=values.day("dateValidUntil"),
        details=_kept(values, "creator", "publisher", "source", "inLanguage"),
    )


def skill(values: Values, language: str) -> SkillRecord:
    """The record of a ceasn:Competency; its texts in this language, if there are any in it."""
    identifier, uri = _identity(values)
    values.language = language
    label = values.text("competencyLabel", limit=500)
    word = values.text("competencyCategory", limit=200)
    status = values.text("publicationStatusType")
    values.mark_read("ctid", "id", "type", "isPartOf", *DIRECTIONS)
    return SkillRecord(
        identifier=identifier,
        uri=uri,
        statement=_statement(values, label),
        label=label,
        other_labels=values.texts("altCodedNotation"),
        code=values.text("codedNotation", limit=200),
        kind=kinds.of(word, otherwise="competency"),
        kind_word=word,
        keywords=(*values.texts("conceptKeyword"), *values.texts("keyword")),
        language=_language(values, language),
        education_levels=tuple(placed.address for placed in values.addresses("educationLevelType")),
        notes="\n\n".join(values.texts("comment", limit=MAX_STATEMENT)),
        is_retired=status.lower().endswith(_DEPRECATED),
        changed_at=values.moment("dateModified"),
        details=_kept(values, "altCodedNotation", "publicationStatusType", "inLanguage"),
    )


def concept(values: Values, language: str) -> DefinitionRecord:
    """The record of a skos:Concept."""
    identifier, uri = _identity(values)
    values.language = language
    values.mark_read("ctid", "id", "type")
    return DefinitionRecord(
        kind="concept",
        identifier=identifier,
        uri=uri,
        title=values.text("prefLabel", required=True, limit=500),
        description=values.text("definition", limit=MAX_STATEMENT),
        code=values.text("notation", limit=200),
        changed_at=values.moment("dateModified"),
        details=_kept(values),
    )


def _identity(values: Values) -> tuple[str, str]:
    """The CTID, or else the address, of a node; and its address, or else one that names it."""
    members = values.members
    ctid, address = values.text("ctid"), values.text("id", limit=1_000)
    members.identified_by = values.key("ctid" if ctid else "id")
    if ctid and not _CTID.fullmatch(ctid):
        members.refuse(
            values.key("ctid"),
            "bad_identifier",
            "It is not a CTID.",
            "Write it like ce-1d0dbb9c-7499-4c4f-b656-341355cc0722.",
        )
        return "", ""
    if not ctid and len(address) > 200:
        members.refuse(values.key("id"), "too_long", "The address is too long.", "Give a CTID.")
        return "", ""
    identifier = ctid.lower() or ctid_of(address) or address
    if not identifier:
        members.refuse(
            values.key("ctid"), "required", "ceterms:ctid is missing.", "Add it, or an @id."
        )
        return "", ""
    if texts.is_address(address):
        return identifier, address
    return identifier, "urn:uuid:" + (identifier[3:] if ctid else identifiers.made_of(identifier))


def _statement(values: Values, label: str) -> str:
    """The text of a competency; its label where it has nothing else to say."""
    if label and not values.has("competencyText"):
        key = values.key("competencyText")
        values.members.warn(
            key,
            "required",
            "There is no competencyText; the label stands for it.",
            "Add competencyText.",
        )
        return label
    return values.text("competencyText", required=True, limit=MAX_STATEMENT)


def _language(values: Values, otherwise: str) -> str:
    """The language of a competency's own text, as far as it says."""
    found = {one.language for one in values.said("competencyText", limit=MAX_STATEMENT)}
    language = next(iter(found)) if len(found) == 1 else ""
    return language if language and len(language) <= MAX_LANGUAGE else otherwise


def _kept(values: Values, *names: str) -> dict[str, object]:
    """What has no field of ours, or only part of which has one."""
    return values.rest() | {
        values.key(name): value for name in names if (value := values.raw(name)) is not None
    }
