"""What the body of a request may hold: members that are known, each of its own type."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, UnsupportedMediaType, ValidationError
from rest_framework.request import Request

# The first that fits: a choice, an address, a time are texts.
_TYPES: Final = (
    (serializers.BooleanField, bool, "true or false"),
    (serializers.IntegerField, int, "a whole number"),
    (serializers.DecimalField, str, 'a string, such as "12.5"'),
    (serializers.ListField, list, "a list"),
    (serializers.CharField, str, "a string"),
    (serializers.UUIDField, str, "a string"),
    (serializers.DateTimeField, str, "a string"),
    (serializers.DateField, str, "a string"),
    (serializers.MultipleChoiceField, list, "a list"),
    (serializers.ChoiceField, str, "a string"),
)


# Among errors by member: what is wrong with the thing itself.
HERE: Final = None
# So many of what may be chosen are named to who has chosen something else.
MOST_CHOICES: Final = 50


def name_choices(field: Any) -> None:
    """Have what is not among the choices of a field, or of its items, answered with those."""
    field = getattr(field, "child", None) or field
    if isinstance(field, serializers.BooleanField):
        field.error_messages["invalid"] = "It is one of: true, false."
    if not isinstance(field, serializers.ChoiceField):
        return
    names = [str(name) for name in field.choices if name != ""]
    more = f" and {len(names) - MOST_CHOICES} more" if len(names) > MOST_CHOICES else ""
    named = ", ".join(names[:MOST_CHOICES]).replace("{", "{{").replace("}", "}}")
    field.error_messages["invalid_choice"] = f"It is one of: {named}{more}."


class Asked(serializers.Serializer):
    """Parameters of an address; what is not among the choices is answered with those."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """The fields, each of which says what may be chosen."""
        fields = super().get_fields()
        for field in fields.values():
            name_choices(field)
        return fields


class Strict(Asked):
    """Takes nothing for something else: no unknown member, no `"1"` for 1, no 0 for false.

    In a form every member is a text; what it says is read from that.
    """

    def to_internal_value(self, data: Any) -> Any:
        """What is meant; raises ValidationError with all that is wrong."""
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        wrong = self._wrong(data)
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**dict(error.detail), **wrong}) from error  # type: ignore[arg-type]
        if wrong:
            raise ValidationError(wrong)
        return value

    def _wrong(self, data: Mapping[str, Any]) -> dict[str, Any]:
        wrong: dict[str, Any] = {}
        for name, value in data.items():
            field = self.fields.get(name)
            if field is None or field.read_only:
                said = "This is set by the service." if field else self._no_such_member()
                wrong[name] = [ErrorDetail(said, code="unknown_field")]
            elif not isinstance(data, QueryDict) and (flaw := _flaw(field, value)):
                wrong[name] = flaw
        for name, values in data.lists() if isinstance(data, QueryDict) else ():
            if len(values) > 1:
                wrong[name] = [ErrorDetail("Give it once.", code="duplicate_key")]
        return wrong

    def _no_such_member(self) -> str:
        names = [name for name, field in self.fields.items() if not field.read_only]
        remedy = f"Use {', '.join(names)}." if names else "Leave it out."
        return f"There is no such member. {remedy}"


def demand_none(request: Request) -> None:
    """Raise ValidationError for members where nothing is read: whoever sends one means something.

    An empty object is none.
    """
    Strict(data=request.data).is_valid(raise_exception=True)


class Moment(serializers.DateTimeField):
    """A time with its zone: nobody has to guess when it was."""

    def to_internal_value(self, value: Any) -> Any:
        """The time; raises ValidationError where it says of no zone that it is there."""
        at = super().to_internal_value(value)
        try:
            has_zone = datetime.fromisoformat(str(value)).tzinfo is not None
        except ValueError:
            has_zone = False
        if not has_zone:
            self.fail("invalid", format="2026-09-01T00:00:00Z")
        return at


class OtherEncoding(UnsupportedMediaType):
    """A body says that its letters are encoded otherwise than in UTF-8."""

    def __init__(self, media_type: str) -> None:
        said = "JSON, NDJSON and CSV are read in UTF-8 alone. Send them so, with no other charset."
        super().__init__(media_type, detail=said)


def demand_utf8(media_type: str | None) -> None:
    """Raise OtherEncoding for another encoding: JSON, NDJSON and CSV come in UTF-8."""
    _, *parameters = (media_type or "").lower().replace(" ", "").split(";")
    charsets = [each.partition("=")[2] for each in parameters if each.startswith("charset=")]
    if any(each.strip('"') != "utf-8" for each in charsets):
        raise OtherEncoding(media_type or "")


def _flaw(field: Any, value: Any) -> Any:
    """What is wrong with the type of a value: of a list, for each item by its place."""
    if value is None:
        return None
    if isinstance(field, serializers.DecimalField) and value == "":
        return [ErrorDetail("Send a number, or null.", code="type")]
    for kind, type_, name in _TYPES:
        if isinstance(field, kind):
            # In JSON 1.0 is a whole number.
            is_whole = type_ is int and isinstance(value, float) and value.is_integer()
            if type(value) is not type_ and not is_whole:
                return [ErrorDetail(f"Send {name}.", code="type")]
            break
    if isinstance(field, serializers.ListField):
        flaws = {number: _flaw(field.child, each) for number, each in enumerate(value)}
        return {number: flaw for number, flaw in flaws.items() if flaw}
    return None
