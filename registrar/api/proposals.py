"""Propose links between skills of different frameworks; people review them."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from issuer.bodies import Strict
from issuer.services.clients import Client
from registrar.api.framework_imports import UnsupportedBodySerializer
from registrar.services.vocabularies import crosswalk
from skills.api.associations import AssociationSerializer
from skills.errors import CannotPropose
from skills.models import Skill
from skills.services.crosswalk import KINDS, MOST_AT_ONCE, Proposal, Proposed

_LIST = "/api/v1/associations"
_ENDS = ("origin", "destination")


@extend_schema_serializer(extensions={"x-one-of": ["destination", "destination_uri"]})
class ProposalSerializer(Strict):
    """One link: to a skill that is held here, or to an address."""

    origin = serializers.IntegerField(min_value=1, max_value=2**53, help_text="A skill's id")
    kind = serializers.ChoiceField(sorted(KINDS), help_text="CASE's associationType")
    destination = serializers.IntegerField(
        min_value=1, max_value=2**53, required=False, help_text="A skill's id"
    )
    destination_uri = serializers.CharField(
        max_length=1_000, required=False, help_text="Instead of `destination`: an address"
    )
    destination_title = serializers.CharField(max_length=2_000, required=False)
    reason = serializers.CharField(max_length=2_000, required=False)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """One end is named in one way."""
        if ("destination" in said) == ("destination_uri" in said):
            raise ValidationError("Give either `destination` or `destination_uri`.")
        return said


class ProposalsRequestSerializer(Strict):
    """Links that are proposed together: all of them or none."""

    associations = serializers.ListField(
        child=ProposalSerializer(), min_length=1, max_length=MOST_AT_ONCE
    )


class ProposedSerializer(serializers.Serializer):
    """What is proposed now, and what was proposed, accepted or imported already."""

    new = AssociationSerializer(many=True)
    standing = AssociationSerializer(many=True)


class ProposalsView(GenericAPIView):
    """Propose links between frameworks; none holds before a person has accepted it."""

    scopes = ["skills.read"]
    write_scopes = ["skills.propose"]
    serializer_class = ProposalsRequestSerializer
    pagination_class = None

    @extend_schema(
        operation_id="associations_propose",
        responses={
            201: ProposedSerializer,
            (415, "application/problem+json"): UnsupportedBodySerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Propose links in CASE's direction: the origin `isPartOf` the destination.

        What stands already is given back as it is, so that the same request may be sent again.
        """
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        proposals = _proposals(asked.validated_data["associations"])
        try:
            proposed = crosswalk.propose(proposals, by=Client.of(request.auth))
        except CannotPropose as error:
            raise _at_their_places(error.problems, len(proposals)) from error
        answer = ProposedSerializer({"new": proposed.new, "standing": proposed.standing})
        where = {"Location": _where(proposed)}
        return Response(answer.data, status=status.HTTP_201_CREATED, headers=where)


def _where(proposed: Proposed) -> str:
    """Where the one that it is about is read, or where they are listed."""
    found = [*proposed.new, *proposed.standing]
    if len(found) == 1:
        return f"{_LIST}/{found[0].pk}"
    return f"{_LIST}?state=proposed" if proposed.new else _LIST


def _proposals(rows: list[dict[str, Any]]) -> list[Proposal]:
    keys = {row[end] for row in rows for end in _ENDS if end in row}
    found = Skill.objects.select_related("framework").in_bulk(keys)
    unknown = [
        (place, end)
        for place, row in enumerate(rows)
        for end in _ENDS
        if end in row and row[end] not in found
    ]
    if unknown:
        problems: list[dict[str, list[str]]] = [{} for _ in rows]
        for place, end in unknown:
            problems[place][end] = ["There is no skill with this id."]
        raise ValidationError({"associations": problems}, code="unknown_skill")
    return [
        Proposal(**{**row, **{end: found[row[end]] for end in _ENDS if end in row}}) for row in rows
    ]


def _at_their_places(problems: Any, count: int) -> ValidationError:
    said: list[dict[str, list[str]]] = [{} for _ in range(count)]
    for place, reason in problems:
        said[place].setdefault("non_field_errors", []).append(reason)
    return ValidationError({"associations": said}, code=CannotPropose.code)
