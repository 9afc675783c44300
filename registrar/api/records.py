"""Read learners' records: what each was awarded, and how it stands."""

from typing import Any, ClassVar

from django.db.models import F, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Greatest
from rest_framework import serializers, viewsets

from issuer.models import Batch, Credential
from registrar.api import filters
from registrar.api.references import KnownElsewhere, Reference
from registrar.models import Award, Learner
from registrar.services.learners import same_people

STATES = [*Batch.State.choices[:1], *Batch.State.choices[-1:], *Credential.State.choices]


class RecordedSerializer(serializers.ModelSerializer):
    """Something that the learner was awarded."""

    template = serializers.SlugField(source="template.slug")
    name = serializers.CharField(source="revision.name")
    credential = serializers.UUIDField(source="credential_id")
    state = serializers.ChoiceField(STATES)

    class Meta:
        model = Award
        fields = [
            "template",
            "name",
            "occasion",
            "awarded_on",
            "valid_until",
            "credential",
            "state",
        ]
        read_only_fields = fields


class RecordSerializer(serializers.ModelSerializer):
    """A learner's record."""

    learner = Reference("The learner", source="*")
    awards = RecordedSerializer(many=True, source="recorded", help_text="The oldest first")
    updated_at = serializers.DateTimeField(
        source="last_change", help_text="When the learner or a batch with an award was changed"
    )

    class Meta:
        model = Learner
        fields = ["id", "source", "learner", "number", "awards", "updated_at"]
        read_only_fields = fields


def _last_award() -> Any:
    awards = Award.objects.filter(learner=OuterRef("pk")).order_by("-batch__updated_at")
    return Subquery(awards.values("batch__updated_at")[:1])


def _recorded() -> Any:
    return Award.objects.select_related("template", "revision").with_state().order_by("pk")


class RecordViewSet(KnownElsewhere, viewsets.ReadOnlyModelViewSet):
    """The records of all learners, also of those with nothing in them, by the learners' ids."""

    scopes = ["learners.read", "awards.read"]
    queryset = Learner.objects.annotate(
        last_change=Greatest("updated_at", _last_award())
    ).prefetch_related(Prefetch("awards", _recorded(), to_attr="recorded"))
    updated = F("last_change")
    filters: ClassVar = {
        "source": filters.source(),
        "number": serializers.CharField(max_length=100, help_text="Only with this learner number"),
    }
    serializer_class = RecordSerializer

    def named(self, key: str) -> Q:
        """Of somebody whom two sources know the one record."""
        return same_people.named(key)
