"""Read and send organisations, terms and offerings."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers, viewsets

from registrar.api import filters
from registrar.api.changes import ChangesMixin, changing
from registrar.api.references import Reference
from registrar.api.upserts import upserting
from registrar.models import Offering, OrganizationUnit, Term


class OrganisationSerializer(serializers.ModelSerializer):
    """The college, a school, a department."""

    parent = Reference("What it is a part of", allow_null=True)  # type: ignore[assignment]

    class Meta:
        model = OrganizationUnit
        fields = [
            "id",
            "source",
            "sourced_id",
            "name",
            "kind",
            "code",
            "parent",
            "updated_at",
        ]
        read_only_fields = fields


class TermSerializer(serializers.ModelSerializer):
    """A term, semester or year."""

    parent = Reference("What it is a part of", allow_null=True)  # type: ignore[assignment]

    class Meta:
        model = Term
        fields = [
            "id",
            "source",
            "sourced_id",
            "title",
            "kind",
            "starts_on",
            "ends_on",
            "parent",
            "updated_at",
        ]
        read_only_fields = fields


class OfferingSerializer(serializers.ModelSerializer):
    """A course or activity as it is held in a term."""

    course = Reference("The course or activity", source="opportunity")
    term = Reference("The term", allow_null=True)

    class Meta:
        model = Offering
        fields = [
            "id",
            "source",
            "sourced_id",
            "course",
            "title",
            "code",
            "term",
            "updated_at",
        ]
        read_only_fields = fields


class _CatalogViewSet(ChangesMixin, viewsets.ReadOnlyModelViewSet):
    scopes = ["catalog.read"]
    write_scopes = ["catalog.write"]


@extend_schema_view(
    create=upserting("organisations"),
    partial_update=changing("organisations", OrganisationSerializer),
)
class OrganisationViewSet(_CatalogViewSet):
    """All organisations; they stay."""

    kind = "organisations"
    queryset = OrganizationUnit.objects.select_related("parent")
    filters: ClassVar = {"source": filters.source(), "parent": filters.LeadingTo("parent")}
    serializer_class = OrganisationSerializer


@extend_schema_view(create=upserting("terms"), partial_update=changing("terms", TermSerializer))
class TermViewSet(_CatalogViewSet):
    """All terms; they stay."""

    kind = "terms"
    queryset = Term.objects.select_related("parent")
    filters: ClassVar = {"source": filters.source(), "parent": filters.LeadingTo("parent")}
    serializer_class = TermSerializer


@extend_schema_view(
    create=upserting("offerings"), partial_update=changing("offerings", OfferingSerializer)
)
class OfferingViewSet(_CatalogViewSet):
    """All offerings; they stay."""

    kind = "offerings"
    queryset = Offering.objects.select_related("opportunity", "term")
    filters: ClassVar = {
        "source": filters.source(),
        "course": filters.LeadingTo("opportunity"),
        "term": filters.LeadingTo("term"),
    }
    serializer_class = OfferingSerializer
