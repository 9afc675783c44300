"""What a row leads to, told in the one way in which it is also sent and asked for."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from registrar.models.catalog import key_of


@extend_schema_field({"type": "string", "pattern": "^sis:[^:]+:.+$"})
class Reference(serializers.Field):
    """`sis:<source>:<sourcedId>`, whatever the source; null where a row leads to nothing."""

    def __init__(self, what: str, **options: Any) -> None:
        told = f"{what}: `sis:<source>:<sourcedId>`, as it can be sent again and asked for"
        super().__init__(read_only=True, help_text=told, **options)

    def to_representation(self, value: Any) -> str:
        """Its key."""
        return key_of(value.source, value.sourced_id)
