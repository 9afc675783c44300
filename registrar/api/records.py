"""Read learners' records: what each was awarded, and how it stands."""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from rest_framework import serializers, viewsets

from issuer.models import Batch, Credential, StatusChange
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
        source="last_change",
        help_text="When the learner or a batch with an award was changed, or the status of a "
        "credential was set",
    )

    class Meta:
        model = Learner
        fields = ["id", "source", "learner", "number", "awards", "updated_at"]
        read_only_fields = fields


def _last_award() -> Any:
    awards = Award.objects.filter(learner=OuterRef("pk")).order_by("-batch__updated_at")
    return Subquery(awards.values("batch__updated_at")[:1])


def _last_status() -> Any:
    of_learner = Award.objects.filter(learner=OuterRef(OuterRef("pk"))).values("credential")
    changes = StatusChange.objects.filter(verifiable_credential__credential__in=of_learner)
    return Subquery(changes.order_by("-updated_at").values("updated_at")[:1])


def _recorded() -> Any:
    return Award.objects.select_related("template", "revision").with_state().order_by("pk")


class RecordViewSet(KnownElsewhere, viewsets.ReadOnlyModelViewSet):
    """The records of all learners, also of those with nothing in them, by the learners' ids."""

    scopes = ["learners.read", "awards.read"]
    queryset = Learner.objects.annotate(
        last_change=Greatest("updated_at", _last_award(), _last_status())
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

    def changed_since(self, records: QuerySet[Learner], moment: datetime) -> QuerySet[Learner]:
        """Those that can have changed, so that not each one is asked when it did."""
        changes = StatusChange.objects.filter(updated_at__gte=moment)
        credentials = changes.values("verifiable_credential__credential")
        own = Award.objects.filter(learner=OuterRef("pk"))
        return records.filter(
            Q(updated_at__gte=moment)
            | Q(Exists(own.filter(batch__updated_at__gte=moment)))
            | Q(Exists(own.filter(credential__in=credentials)))
        )
