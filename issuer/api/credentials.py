"""Read which credentials exist and how they stand."""

from django.db.models import QuerySet
from rest_framework import serializers, viewsets

from issuer.models import Credential


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

    class Meta:
        model = Credential
        fields = ["id", "urn", "achievement", "batch", "requested_at", "state"]
        read_only_fields = fields


class CredentialViewSet(viewsets.ReadOnlyModelViewSet):
    """All credentials. The signed documents go to their learners, not to systems."""

    scopes = ["credentials.read"]
    queryset = Credential.objects.all()
    serializer_class = CredentialSerializer

    def get_queryset(self) -> QuerySet[Credential]:
        """Credentials with their state, computed in the same query."""
        return Credential.objects.select_related("achievement").with_state()
