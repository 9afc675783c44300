"""Reads the CSV from which OpenSALT imports items and their associations."""

from skills.readers import mapped_sheet
from skills.readers.glimpse import Glimpse
from skills.readers.mapping import FIELDS, ColumnMapping
from skills.readers.records import Package
from skills.readers.table import folded

# Letter case and spaces do not matter: "Is Child Of" is also written isChildOf.
_COLUMNS = ColumnMapping(
    identifier="Identifier",
    statement="fullStatement",
    code="Human Coding Scheme",
    sequence="sequenceNumber",
    label="Abbreviated Statement",
    keywords="ConceptKeywords",
    notes="Notes",
    language="Language",
    education_levels="educationLevel",
    kind="CFItemType",
    parent="Is Child Of",
    is_part_of="IsPartOf",
    is_peer_of="Is Peer Of",
    is_related_to="IsRelatedTo",
    exact_match_of="isExactMatchOf",
    precedes="Precedes",
    replaced_by="replacedBy",
    exemplar="Exemplar",
    has_skill_level="hasSkillLevel",
)


def is_it(glimpse: Glimpse) -> bool:
    """Whether a file looks like OpenSALT's: statements, codes, and whose children they are."""
    columns = {folded(column) for column in glimpse.columns}
    return columns >= {"fullstatement", "humancodingscheme"}


def read(
    data: bytes, *, file: str = "", framework_id: str = "", title: str = "", creator: str = ""
) -> Package:
    """Read the items and their associations; other items are named by identifier or by code.

    Never raises for what the bytes hold. The file does not say which framework it is:
    `framework_id` does.
    """
    there = {folded(name) for name in Glimpse(data, file).columns}
    kept = {
        field: column for field in FIELDS if folded(column := getattr(_COLUMNS, field)) in there
    }
    mapping = ColumnMapping(**{**kept, "statement": _COLUMNS.statement})
    return mapped_sheet.read(
        data,
        mapping,
        framework_id=framework_id,
        title=title,
        creator=creator,
        kind="other",
        file=file,
    )
