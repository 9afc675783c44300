"""What the ledger calls things of the vocabulary: by their names, of which none is a person's."""

from collections.abc import Collection

from issuer.pages import Link, names_subjects, thing_url
from skills.models import Association, Competency, FrameworkImport
from skills.services.crosswalk import KINDS

_LONGEST = 80


@names_subjects("skills.association")
def links(keys: Collection[str]) -> dict[str, Link]:
    """Links between skills: both ends, and what one is to the other."""
    found = Association.objects.filter(pk__in=keys).select_related("origin", "destination")
    return {str(link.pk): Link(_sentence(link), thing_url(link)) for link in found}


@names_subjects("skills.competency")
def competencies(keys: Collection[str]) -> dict[str, Link]:
    """Competencies that were not discarded."""
    found = Competency.objects.filter(pk__in=keys)
    return {str(one.pk): Link(_short(str(one)), thing_url(one)) for one in found}


@names_subjects("skills.frameworkimport")
def imports(keys: Collection[str]) -> dict[str, Link]:
    """Imports: the framework that came."""
    found = FrameworkImport.objects.filter(pk__in=keys).select_related("framework")
    return {
        str(one.pk): Link(_short(one.framework.title), thing_url(one.framework)) for one in found
    }


def _sentence(link: Association) -> str:
    origin = link.origin.name if link.origin else link.origin_title or link.origin_uri
    end = link.destination
    destination = end.name if end else link.destination_title or link.destination_uri
    kind = KINDS.get(link.kind, link.kind)
    return f"“{_short(origin)}” {kind} “{_short(destination)}”"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
