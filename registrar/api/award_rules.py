"""Award rules in JSON, and their grammar for the schema of the API."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from issuer.bodies import HERE
from registrar import rules

Schema = dict[str, Any]


class RuleField(serializers.Field):
    """A rule as `rules.parse` reads it; a draft's that cannot be understood yet is none."""

    def to_internal_value(self, data: Any) -> rules.Data:
        """The rule in its plainest form; raises ValidationError with all that is wrong with it."""
        try:
            return rules.parse(data).as_data()
        except rules.InvalidRule as error:
            raise serializers.ValidationError(_placed(error.problems)) from error

    def to_representation(self, value: Any) -> rules.Data | None:
        """The rule in its plainest form."""
        try:
            return rules.parse(value).as_data()
        except rules.InvalidRule:
            return None


def _placed(problems: Sequence[rules.RuleProblem]) -> Any:
    """Each error at its place."""
    placed: dict[str | None, Any] = {}
    for each in problems:
        at = placed
        for name in each.pointer.split("/")[1:]:
            at = at.setdefault(name.replace("~1", "/").replace("~0", "~"), {})
        detail = ErrorDetail(f"{each.reason} {each.fix}", each.code)
        at.setdefault(HERE, []).append(detail)
    return placed


def _thing(members: Schema) -> Schema:
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


_WORD: Final = {"type": "string", "minLength": 1, "maxLength": rules.MAX_TEXT}
_WORDS: Final = {
    "type": "array",
    "items": _WORD,
    "minItems": 1,
    "maxItems": rules.MAX_WORDS,
    "uniqueItems": True,
}
_BOUND: Final = int(rules.MAX_SCORE)
_NUMBER: Final = {"type": "number", "exclusiveMinimum": -_BOUND, "exclusiveMaximum": _BOUND}
_RULE: Final = {"$ref": "#/components/schemas/Rule"}
_RULES: Final = {"type": "array", "items": _RULE, "minItems": 1}
_WINDOW: Final = {
    "description": "Terms, by title or key; both are counted in.",
    "oneOf": [
        _thing({"from": _WORD}),
        _thing({"to": _WORD}),
        _thing({"from": _WORD, "to": _WORD}),
    ],
}


def _in_terms(members: Schema) -> Schema:
    thing = _thing(members)
    return {**thing, "properties": {**members, "within": _WINDOW}}


RULE: Final = {
    "description": "One condition, or rules combined.",
    "oneOf": [
        _thing({"all": _RULES}),
        _thing({"any": _RULES}),
        _thing({"at_least": {"type": "integer", "minimum": 1}, "of": _RULES}),
        _thing({"not": _RULE}),
        _thing({"final_result": _in_terms({"course": _WORD, "category": _WORD, "one_of": _WORDS})}),
        _thing(
            {
                "score": {
                    "oneOf": [
                        _in_terms({"course": _WORD, "category": _WORD, "at_least": _NUMBER}),
                        _in_terms({"course": _WORD, "line_item": _WORD, "at_least": _NUMBER}),
                    ]
                }
            }
        ),
        _thing(
            {"every_score": _in_terms({"course": _WORD, "category": _WORD, "at_least": _NUMBER})}
        ),
        _thing(
            {
                "outcome": {
                    "oneOf": [
                        _in_terms({"outcome": _WORD, "at_least": _NUMBER}),
                        _in_terms({"outcome": _WORD, "one_of": _WORDS}),
                        _in_terms({"outcome": _WORD, "level_at_least": _WORD}),
                    ]
                }
            }
        ),
        _thing({"activity": _in_terms({"activity": _WORD})}),
        _thing({"credential": _thing({"template": _WORD})}),
    ],
}


class RuleFieldSchema(OpenApiSerializerFieldExtension):
    """The grammar of rules, once for all fields that hold one."""

    target_class = RuleField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        """A reference to the grammar."""
        component = ResolvedComponent(
            name="Rule", type=ResolvedComponent.SCHEMA, schema=deepcopy(RULE), object=RuleField
        )
        auto_schema.registry.register_on_missing(component)
        if self.target.allow_null:
            return component.ref  # null is added to it; twice it would fit nothing
        return {"oneOf": [component.ref, {"type": "null"}]}
