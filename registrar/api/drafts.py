"""Draft what credentials say, and hand it in. Whether it is approved, a person says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, cast

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from oauth2_provider.models import AccessToken
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from issuer import bodies
from issuer.bodies import Strict
from issuer.services.clients import Client
from issuer.vc import vocabularies
from registrar.api import filters, versions
from registrar.api.award_rules import RuleField
from registrar.api.examples import REWORDED, TEMPLATE
from registrar.api.rules import NoteSerializer, RevisionViewSet, SingleRevisionSerializer
from registrar.api.templates import WORDS, TemplateSerializer, TemplateViewSet
from registrar.api.told_once import beside
from registrar.models import OrganizationUnit, Revision, RevisionSkill
from registrar.readers.cells import LONGEST_REFERENCE
from registrar.services.drafting import readiness, templates
from skills.models import Skill

MOST_SKILLS: Final = 200


class AttestedRequestSerializer(Strict):
    """A skill to attest, and how far."""

    skill = serializers.CharField(max_length=1_000, help_text="URI of a skill that is held here")
    level = serializers.ChoiceField(RevisionSkill.Level.choices, allow_blank=True, default="")


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,4}(\.[0-9]{1,2})?$"})
class CreditsField(serializers.DecimalField):
    """So many credits, as the API writes them."""


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9])?$"})
class HoursField(serializers.DecimalField):
    """So many hours, as the API writes them."""


class DraftOptionsSerializer(Strict, serializers.ModelSerializer):
    """What a draft says. What is left out stays as it is; of what is new it is blank."""

    achievement_type = serializers.ChoiceField(
        sorted(vocabularies.ACHIEVEMENT_TYPES),
        required=False,
        help_text="Left out of a new template, the one that goes with its `kind`",
    )
    credits = CreditsField(
        max_digits=6, decimal_places=2, min_value=0, required=False, allow_null=True
    )
    hours = HoursField(max_digits=7, decimal_places=1, min_value=0, required=False, allow_null=True)
    rule = RuleField(required=False, allow_null=True, help_text="The award rule")
    skills = serializers.ListField(
        child=AttestedRequestSerializer(),
        required=False,
        max_length=MOST_SKILLS,
        help_text="All that it attests: a skill that is not named is attested no more",
    )

    class Meta:
        model = Revision
        fields = [*WORDS, "rule", "skills"]
        extra_kwargs: ClassVar = {
            "name": {"required": False},
            "description": {"required": False, "allow_blank": True},
            "criteria": {"required": False, "allow_blank": True},
            "valid_for": {"min_value": 1, "max_value": 1_200},
        }

    def validate_skills(self, rows: list[dict[str, str]]) -> dict[Skill, str]:
        """Each skill with its level."""
        uris = [row["skill"] for row in rows]
        found: dict[str, Skill] = {}
        for skill in Skill.objects.current().filter(uri__in=uris).order_by("pk"):
            found.setdefault(skill.uri, skill)
        wrong = {
            place: {"skill": [flaw]}
            for place, uri in enumerate(uris)
            for flaw in _flaws(uri, found, uris[:place])
        }
        if wrong:
            raise ValidationError(wrong)  # type: ignore[arg-type]
        return {found[row["skill"]]: row["level"] for row in rows}

    def wording(self) -> dict[str, Any]:
        """What the service is asked to write."""
        said = dict(self.validated_data)
        if "skills" in said:
            attested = said.pop("skills")
            said |= {"skills": attested, "levels": {each.pk: to for each, to in attested.items()}}
        return said


class NewTemplateSerializer(DraftOptionsSerializer):
    """A new template, and what its first revision says."""

    slug = serializers.SlugField(max_length=100, help_text="Short name; it stays")
    organisation = serializers.CharField(
        max_length=LONGEST_REFERENCE, help_text="Whose it is: id, or sis:<source>:<sourcedId>"
    )

    class Meta(DraftOptionsSerializer.Meta):
        fields = ["slug", "organisation", *DraftOptionsSerializer.Meta.fields]
        extra_kwargs = DraftOptionsSerializer.Meta.extra_kwargs | {"name": {"required": True}}

    def validate_organisation(self, key: str) -> OrganizationUnit:
        """The organisation that is meant."""
        wanted = filters.itself(key)
        found = wanted and OrganizationUnit.objects.filter(wanted).first()
        if not found:
            raise ValidationError("There is no such organisation.", code="unknown_reference")
        return found

    def wording(self) -> dict[str, Any]:
        """What the service is asked to write."""
        said = super().wording()
        return {"unit": said.pop("organisation"), **said}


class _NotedSerializer(serializers.Serializer):
    notes = NoteSerializer(
        many=True,
        help_text="What does not hold the draft up, and is to be put right before it is submitted "
        "(`unknown_reference`, `no_approver`), or worth a look (`never_met`, `reads_alike`)",
    )


class DraftedRevisionSerializer(_NotedSerializer, SingleRevisionSerializer):
    """A draft, with what is worth a look of it."""

    class Meta(SingleRevisionSerializer.Meta):
        fields = [*SingleRevisionSerializer.Meta.fields, "notes"]
        read_only_fields = fields


class DraftedTemplateSerializer(_NotedSerializer, TemplateSerializer):
    """A template with its first draft, and what is worth a look of that."""

    class Meta(TemplateSerializer.Meta):
        fields = [*TemplateSerializer.Meta.fields, "notes"]
        read_only_fields = fields


class DraftedTemplateViewSet(TemplateViewSet):
    """All templates. Systems draft them, people approve."""

    @extend_schema(
        examples=[OpenApiExample("A draft", value=dict(TEMPLATE), request_only=True)],
        request=NewTemplateSerializer,
        responses={201: DraftedTemplateSerializer},
        description="Begin a template. Its first revision is a draft until it is submitted, and "
        "then approved or sent back by a person who did not write it. `notes` tell what of its "
        "rule leads nowhere so far.",
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Begin a template."""
        asked = NewTemplateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wording = asked.wording()
        revision = templates.draft(wording.pop("slug"), by=_client(request), **wording)
        told = self.get_serializer(self.get_queryset().get(pk=revision.template_id)).data
        told = beside(told, notes=_notes(revision, request))
        return _created(f"/api/v1/templates/{revision.template_id}", told)

    @extend_schema(
        examples=[OpenApiExample("Other words", value=dict(REWORDED), request_only=True)],
        request=DraftOptionsSerializer,
        responses={201: DraftedRevisionSerializer},
        description="Begin the next revision of a template, as a copy of the newest one with "
        "what is given. While another is in work there is no other (409).",
    )
    @action(detail=True, methods=["post"])
    def revisions(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Begin the next revision."""
        asked = DraftOptionsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        by = _client(request)
        revision = templates.revise(self.get_object(), by=by)
        if wording := asked.wording():
            revision = templates.edit(revision, by=by, **wording)
        said = SingleRevisionSerializer(revision).data
        told = beside(said, notes=_notes(revision, request))
        return _created(f"/api/v1/revisions/{revision.pk}", told)


class DraftedRevisionViewSet(RevisionViewSet):
    """All revisions of all templates."""

    write_scopes: ClassVar = ["templates.draft"]

    @extend_schema(
        examples=[OpenApiExample("Other words", value=dict(REWORDED), request_only=True)],
        request=DraftOptionsSerializer,
        responses=DraftedRevisionSerializer,
        filters=False,
        description="Change a draft. Once it is submitted it can be changed no more (409).",
    )
    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change a draft."""
        asked = DraftOptionsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        # Held before it is looked at again, so that nobody changes it in between.
        templates.hold(self.get_object())
        revision = self.get_object()
        versions.demand_match(request, self.get_serializer(revision).data)
        templates.edit(revision, by=_client(request), **asked.wording())
        revision = self.get_object()
        changed = self.get_serializer(revision).data
        told = beside(changed, notes=_notes(revision, request))
        return Response(told, headers={versions.ETAG: versions.tag_of(changed)})

    @extend_schema(
        request=None,
        responses=SingleRevisionSerializer,
        description="Hand a draft in for approval. Where something is missing, all of it is "
        "named, each with its place and what to do (409, `incomplete`), also that nobody could "
        "approve it (`no_approver`); a dry run tells beforehand.",
    )
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Hand a draft in for approval."""
        bodies.demand_none(request)
        templates.submit(self.get_object(), by=_client(request))
        return Response(self.get_serializer(self.get_object()).data)


def _flaws(uri: str, found: Mapping[str, Skill], before: Sequence[str]) -> Iterator[ErrorDetail]:
    if uri not in found:
        yield ErrorDetail("No skill that may be chosen has this URI.", "unknown_skill")
    elif uri in before:
        yield ErrorDetail("It is named twice.", "duplicate")


def _notes(revision: Revision, request: Request) -> Any:
    nobody = templates.lacks_approver(revision, by=_client(request))
    return NoteSerializer([*readiness.notes(revision), *nobody], many=True).data


def _client(request: Request) -> Client:
    return Client.of(cast(AccessToken, request.auth))


def _created(where: str, told: Any) -> Response:
    return Response(told, status=status.HTTP_201_CREATED, headers={"Location": where})
