"""Award rules in JSON, and their grammar for the schema of the API."""

from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from registrar import rules

Schema = dict[str, Any]


class RuleField(serializers.Field):
    """A rule as `rules.parse` reads it; a draft's that cannot be understood yet is none."""

    def to_representation(self, value: Any) -> rules.Data | None:
        """The rule in its plainest form."""
        try:
            return rules.parse(value).as_data()
        except rules.InvalidRule:
            return None


def _thing(members: Schema) -> Schema:
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


_WORD: Final = {"type": "string"}
_WORDS: Final = {"type": "array", "items": _WORD, "minItems": 1}
_NUMBER: Final = {"type": "number"}
_RULES: Final = {
    "type": "array",
    "items": {"$ref": "#/components/schemas/Rule"},
    "minItems": 1,
}
RULE: Final = {
    "description": "One condition, or rules combined.",
    "oneOf": [
        _thing({"all": _RULES}),
        _thing({"any": _RULES}),
        _thing({"at_least": {"type": "integer", "minimum": 1}, "of": _RULES}),
        _thing({"final_result": _thing({"course": _WORD, "category": _WORD, "one_of": _WORDS})}),
        _thing(
            {
                "score": {
                    "oneOf": [
                        _thing({"course": _WORD, "category": _WORD, "at_least": _NUMBER}),
                        _thing({"course": _WORD, "line_item": _WORD, "at_least": _NUMBER}),
                    ]
                }
            }
        ),
        _thing(
            {
                "outcome": {
                    "oneOf": [
                        _thing({"outcome": _WORD, "at_least": _NUMBER}),
                        _thing({"outcome": _WORD, "one_of": _WORDS}),
                    ]
                }
            }
        ),
        _thing({"activity": _thing({"activity": _WORD})}),
    ],
}


class RuleFieldSchema(OpenApiSerializerFieldExtension):
    """The grammar of rules, once for all fields that hold one."""

    target_class = RuleField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        """A reference to the grammar."""
        component = ResolvedComponent(
            name="Rule", type=ResolvedComponent.SCHEMA, schema=RULE, object=RuleField
        )
        auto_schema.registry.register_on_missing(component)
        return {"oneOf": [component.ref, {"type": "null"}]}
