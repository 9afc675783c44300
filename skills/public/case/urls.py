"""/ims/case/v1p1/ and /ims/case/v1p0/, as the binding names them."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path, register_converter

from skills.public.case import objects
from skills.readers.case import names


class OneOf:
    """One of a few words, as it stands."""

    regex = ""

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Version(OneOf):
    """A version of CASE."""

    regex = "|".join(objects.VERSIONS)


class Definitions(OneOf):
    """A kind of definition, as the collection is called."""

    regex = "|".join(names.DEFINITIONS)


register_converter(Version, "case_version")
register_converter(Definitions, "case_definitions")

View = Callable[..., Any]


def patterns(published: Callable[[View], View]) -> list[URLPattern]:
    """The addresses; `published` marks a view that may be read from a copy of the database."""
    known: list[tuple[str, View, str | None]] = [
        ("CFDocuments", objects.documents, "case-documents"),
        ("CFDocuments/<str:identifier>", objects.document, None),
        ("CFPackages/<str:identifier>", objects.package, "case-package"),
        ("CFItems/<str:identifier>", objects.item, "case-item"),
        ("CFItemAssociations/<str:identifier>", objects.item_associations, None),
        ("CFAssociations/<str:identifier>", objects.association, None),
        ("CFRubrics/<str:identifier>", objects.rubric, None),
        ("<case_definitions:collection>/<str:identifier>", objects.definition, None),
    ]
    return [
        *(
            path(f"<case_version:version>/{address}", published(view), name=name)
            for address, view, name in known
        ),
        path("<path:rest>", objects.nothing),
    ]
