"""Read which credentials exist and how they stand."""

from datetime import datetime
from typing import Any, ClassVar, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from rest_framework import serializers, viewsets

from issuer import addresses
from issuer.api.status import StatusActsMixin
from issuer.models import Chunk, Credential, StatusChange


class CredentialSerializer(serializers.ModelSerializer):
    """A credential: its id, its achievement, and in which state it is."""

    urn = serializers.CharField(
        source="reference",
        help_text="The `id` in the signed document, or what stands for it where it bears none",
    )
    achievement = serializers.URLField(
        source="achievement.url",
        allow_null=True,
        help_text="Null where a system composed the credential by itself",
    )
    state = serializers.ChoiceField(Credential.State.choices)
    page = addresses.page()
    document = addresses.document()
    updated_at = serializers.DateTimeField(
        help_text="When it was last worked on, or its status set"
    )

    class Meta:
        model = Credential
        fields = [
            "id",
            "urn",
            "achievement",
            "batch",
            "requested_at",
            "valid_until",
            "state",
            "page",
            "document",
            "updated_at",
        ]
        read_only_fields = fields


class InState(serializers.ChoiceField):
    """The state in which credentials are."""

    def to_internal_value(self, data: Any) -> Any:
        """The condition that a credential has to meet."""
        state = Credential.State(super().to_internal_value(data))
        return Q(pk__in=Credential.objects.in_state(state).values("pk"))


_CHUNK: Final = Chunk.objects.filter(
    batch=OuterRef("batch"), first__lte=OuterRef("position"), last__gte=OuterRef("position")
)
_LAST_CHANGE: Final = (
    StatusChange.objects.filter(verifiable_credential__credential=OuterRef("pk"))
    .order_by("-updated_at")
    .values("updated_at")[:1]
)


class CredentialViewSet(StatusActsMixin, viewsets.ReadOnlyModelViewSet):
    """All credentials. The signed documents go to their learners; where to, few systems learn."""

    scopes = ["credentials.read"]
    queryset = Credential.objects.all()
    updated = F("updated_at")
    filters: ClassVar = {
        "state": InState(Credential.State.choices),
        "achievement": serializers.UUIDField(source="achievement_id", help_text="Its UUID"),
        "batch": serializers.UUIDField(),
    }
    serializer_class = CredentialSerializer

    def get_queryset(self) -> QuerySet[Credential]:
        """Credentials with their state, computed in the same query."""
        changed_at = Greatest(Subquery(_CHUNK.values("updated_at")[:1]), Subquery(_LAST_CHANGE))
        found = (
            Credential.objects.select_related("achievement")
            .with_state()
            .annotate(updated_at=changed_at)
        )
        return addresses.told(found, self.request, credential="pk")

    def changed_since(
        self, credentials: QuerySet[Credential], moment: datetime
    ) -> QuerySet[Credential]:
        """Those that can have changed, so that not each one is asked when it did."""
        changes = StatusChange.objects.filter(updated_at__gte=moment)
        return credentials.filter(
            Q(Exists(_CHUNK.filter(updated_at__gte=moment)))
            | Q(pk__in=changes.values("verifiable_credential__credential"))
        )
