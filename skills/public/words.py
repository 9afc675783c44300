"""What the kinds of links say, in words, of the skill at either end."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Of the skill that a link leads from, and of the one that it leads to.
_WORDS: Final[Mapping[str, tuple[Promise, Promise]]] = {
    "exactMatchOf": (_("Same as"), _("Same as")),
    "isRelatedTo": (_("Related to"), _("Related to")),
    "isPeerOf": (_("Beside"), _("Beside")),
    "isChildOf": (_("Belongs to"), _("Has below it")),
    "isPartOf": (_("Part of"), _("Has as a part")),
    "precedes": (_("Comes before"), _("Comes after")),
    "replacedBy": (_("Replaced by"), _("Takes the place of")),
    "exemplar": (_("Shown by the example"), _("An example of")),
    "hasSkillLevel": (_("Has the level"), _("A level of")),
    "isTranslationOf": (_("Translation of"), _("Translated as")),
}


def of(kind: str, *, leads_away: bool) -> str | Promise:
    """What a skill is to the one at the other end; the kind itself where we have no word."""
    words = _WORDS.get(kind)
    return words[0 if leads_away else 1] if words else kind
