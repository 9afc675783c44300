"""What lists of the registrar can be narrowed by."""

from typing import Any, Final
from urllib.parse import unquote

from django.db.models import Q
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from registrar.models.catalog import named
from registrar.readers.cells import LONGEST_REFERENCE
from registrar.readers.row_members import ELSEWHERE
from registrar.services.learners import same_people

_LONGEST_ID: Final = 18


def itself(key: str) -> Q | None:
    """What has this id, or is known by `sis:<source>:<sourcedId>`; None for what is neither."""
    if key.startswith(ELSEWHERE) and "\0" not in unquote(key):
        return named(key)
    is_id = key.isascii() and key.isdigit() and len(key) <= _LONGEST_ID
    return Q(pk=int(key)) if is_id else None


_NAME: Final = "!-9;-~\u00a1-\u1fff"
# An id of ours is a number; one of elsewhere is a text.
ID: Final = "Id, or sis:<source>:<sourcedId>"
OURS: Final[dict[str, Any]] = {
    "type": "integer",
    "minimum": 0,
    "maximum": 10**_LONGEST_ID - 1,
}
EITHER: Final[dict[str, Any]] = OURS | {
    "type": ["integer", "string"],
    "pattern": f"^{ELSEWHERE}[{_NAME}]+:[:{_NAME}]+$",
    "maxLength": LONGEST_REFERENCE,
}


@extend_schema_field(EITHER)
class LeadingTo(serializers.CharField):
    """What a row leads to by this foreign key: an id of ours, or `sis:<source>:<sourcedId>`."""

    def __init__(self, at: str) -> None:
        super().__init__(max_length=LONGEST_REFERENCE, help_text=ID)
        self.at = at

    def to_internal_value(self, data: Any) -> Any:
        """The condition that a row has to meet."""
        key = super().to_internal_value(data)
        if key.startswith(ELSEWHERE) and "\0" not in unquote(key):
            return self.named(key)
        if not (key.isascii() and key.isdigit() and len(key) <= _LONGEST_ID):
            raise serializers.ValidationError("Give an id, or sis:<source>:<sourcedId>.")
        return Q(**{f"{self.at}_id": int(key)})

    def named(self, key: str) -> Q:
        """The condition, by a key."""
        return named(key, at=f"{self.at}__")


class LeadingToLearner(LeadingTo):
    """A learner; of somebody whom two sources know the one of both."""

    def named(self, key: str) -> Q:
        """The condition, by a key of either source."""
        return same_people.named(key, at=f"{self.at}__")


def source(at: str | None = None) -> serializers.Field:
    """The system from which rows came; `at` is the path to it where it is not their own."""
    told = "Only what came from this source"
    return serializers.CharField(source=at, max_length=100, help_text=told)


def current() -> serializers.Field:
    """Whether rows are in force."""
    return serializers.BooleanField(
        source="retired_at__isnull", help_text="true: only what is not retired; false: the others"
    )
