"""What a row leads to, told in the one way in which it is also sent and asked for."""

from typing import Any
from urllib.parse import unquote

from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.viewsets import GenericViewSet

from registrar.api import filters
from registrar.models.catalog import key_of, named
from registrar.readers.row_members import ELSEWHERE


@extend_schema_field({"type": "string", "pattern": "^sis:[^:]+:.+$"})
class Reference(serializers.Field):
    """`sis:<source>:<sourcedId>`, whatever the source; null where a row leads to nothing."""

    def __init__(self, what: str, **options: Any) -> None:
        told = f"{what}: `sis:<source>:<sourcedId>`, as it can be sent again and asked for"
        super().__init__(read_only=True, help_text=told, **options)

    def to_representation(self, value: Any) -> str:
        """Its key."""
        return key_of(value.source, value.sourced_id)


class KnownElsewhere(GenericViewSet):
    """What is found by our id as well as by `sis:<source>:<sourcedId>`."""

    # Whatever signs a sourcedId has.
    lookup_value_regex = r"sis:.+|[^/.]+"
    # What else is taken, as it is said to whoever names it by something that cannot be an id.
    other_ids = ", or sis:<source>:<sourcedId>"

    @property
    def ids(self) -> dict[str, Any]:
        """How the id in an address is described."""
        return {"schema": filters.EITHER, "description": filters.ID}

    def get_object(self) -> Any:
        """What has this id or key; of what several have the one that stands."""
        key = self.kwargs["pk"]
        if not key.startswith(ELSEWHERE):
            return super().get_object()
        if "\0" in unquote(key):  # PostgreSQL knows no such text
            raise Http404
        found = get_object_or_404(self.filter_queryset(self.get_queryset()), self.named(key))
        self.check_object_permissions(self.request, found)
        return found

    def named(self, key: str) -> Q:
        """What is known by `sis:<source>:<sourcedId>`."""
        return named(key)
