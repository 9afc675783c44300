"""What a dry run answers: the same as the write, and nothing of what is not there."""

from http import HTTPStatus
from typing import Any, Final

from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, ListSerializer, ModelSerializer, Serializer

from config.lists import ID

# What leads to a thing or to a version of it.
_HEADERS: Final = ("Location", "ETag")
# What a thing is known by, drawn with it.
IDS: Final = (ID, "identifier")
SECRET: Final = "secret"  # noqa: S105 - the name of a member
PUBLIC_KEY: Final = "public_key"


def say(response: Any) -> None:
    """Let an answer whose effect was taken back say so.

    It is 200 in place of 201 and leads nowhere. What the write would draw is null: the id of what
    is not there, and a secret with its public key. To be called once all is taken back.
    """
    for name in _HEADERS:
        del response[name]
    if response.status_code == HTTPStatus.CREATED:
        response.status_code = HTTPStatus.OK
    serializer = getattr(getattr(response, "data", None), "serializer", None)
    if isinstance(response, Response) and serializer is not None:
        response.data = undrawn(response.data, serializer)
        response.content = response.rendered_content


def undrawn(said: Any, serializer: Any) -> Any:
    """What a serializer says, with null for each thing that is drawn."""
    if isinstance(serializer, ListSerializer):
        return [undrawn(each, serializer.child) for each in said]
    if not isinstance(serializer, Serializer) or not isinstance(said, dict):
        return said
    fields = serializer.fields
    inner = {
        name: undrawn(value, fields[name])
        for name, value in said.items()
        if isinstance(fields.get(name), BaseSerializer)
    }
    drawn = [*([SECRET, PUBLIC_KEY] if SECRET in said else [])]
    if not _is_there(said, serializer):
        drawn += IDS
    return {**said, **inner, **{name: None for name in drawn if name in said}}


def _is_there(said: dict[str, Any], serializer: Serializer) -> bool:
    """Whether the thing that is said is in the database."""
    if ID not in said or not isinstance(serializer, ModelSerializer):
        return True
    model: Any = serializer.Meta.model
    source = str(serializer.fields[ID].source)
    return bool(model._default_manager.filter(**{source: said[ID]}).exists())
