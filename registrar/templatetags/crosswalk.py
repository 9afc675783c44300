"""How links between frameworks are said."""

from django import template

from skills.services.crosswalk import KINDS

register = template.Library()


@register.filter
def said_of_link(kind: str) -> str:
    """A kind of link as people read it: isPartOf as is part of."""
    return KINDS.get(kind, kind)
