"""Which property of CTDL-ASN is which association, and in which direction."""

from typing import Final, NamedTuple

from skills.readers.links import IS_CHILD_OF


class Direction(NamedTuple):
    """A property as an association; a `reversed` one leads from its value to its node."""

    type: str
    is_reversed: bool = False
    is_ordered: bool = False
    is_plain: bool = False


# Those that list children in their order come first: the same link said from below adds nothing.
DIRECTIONS: Final = {
    "hasTopChild": Direction(IS_CHILD_OF, is_reversed=True, is_ordered=True, is_plain=True),
    "hasChild": Direction(IS_CHILD_OF, is_reversed=True, is_ordered=True, is_plain=True),
    "isTopChildOf": Direction(IS_CHILD_OF, is_plain=True),
    "isChildOf": Direction(IS_CHILD_OF, is_plain=True),
    "exactAlignment": Direction("exactMatchOf", is_plain=True),
    "broadAlignment": Direction("isRelatedTo"),
    "narrowAlignment": Direction("isRelatedTo"),
    "majorAlignment": Direction("isRelatedTo"),
    "minorAlignment": Direction("isRelatedTo"),
    "alignTo": Direction("isRelatedTo"),
    "alignFrom": Direction("isRelatedTo", is_reversed=True),
    "crossSubjectReference": Direction("isRelatedTo"),
    "derivedFrom": Direction("isRelatedTo"),
    "isVersionOf": Direction("isRelatedTo"),
    "inferredCompetency": Direction("isRelatedTo"),
    "abilityEmbodied": Direction("isRelatedTo"),
    "knowledgeEmbodied": Direction("isRelatedTo"),
    "skillEmbodied": Direction("isRelatedTo"),
    "taskEmbodied": Direction("isRelatedTo"),
    "comprisedOf": Direction("isPartOf", is_reversed=True),
    "prerequisiteAlignment": Direction("precedes"),
    "supersededBy": Direction("replacedBy"),
}
# Whose values may be nodes themselves, instead of their addresses.
CHILDREN: Final = ("hasTopChild", "hasChild")
