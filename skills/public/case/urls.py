"""/ims/case/v1p1/ and /ims/case/v1p0/, as the binding names them."""

from django.urls import path, register_converter

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

urlpatterns = [
    path("<case_version:version>/CFDocuments", objects.documents, name="case-documents"),
    path("<case_version:version>/CFDocuments/<str:identifier>", objects.document),
    path(
        "<case_version:version>/CFPackages/<str:identifier>", objects.package, name="case-package"
    ),
    path("<case_version:version>/CFItems/<str:identifier>", objects.item, name="case-item"),
    path("<case_version:version>/CFItemAssociations/<str:identifier>", objects.item_associations),
    path("<case_version:version>/CFAssociations/<str:identifier>", objects.association),
    path("<case_version:version>/CFRubrics/<str:identifier>", objects.rubric),
    path(
        "<case_version:version>/<case_definitions:collection>/<str:identifier>",
        objects.definition,
    ),
    path("<path:rest>", objects.nothing),
]
