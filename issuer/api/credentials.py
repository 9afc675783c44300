"""Read which credentials exist and how they stand."""

from django.db.models import Exists, OuterRef, QuerySet
from rest_framework import serializers, viewsets

from issuer.models import Credential, SecuredDocument, StatusChange


class CredentialSerializer(serializers.ModelSerializer):
    """A credential: its id, its achievement, and whether it is signed or revoked."""

    urn = serializers.CharField(help_text="The `id` that stands in the signed document")
    achievement = serializers.URLField(source="achievement.url")
    is_signed = serializers.BooleanField()
    is_revoked = serializers.BooleanField()

    class Meta:
        model = Credential
        fields = ["id", "urn", "achievement", "batch", "requested_at", "is_signed", "is_revoked"]


class CredentialViewSet(viewsets.ReadOnlyModelViewSet):
    """All credentials. The signed documents go to their learners, not to systems."""

    scopes = ["credentials.read"]
    queryset = Credential.objects.all()
    serializer_class = CredentialSerializer

    def get_queryset(self) -> QuerySet[Credential]:
        """Credentials with their state, computed in the same query."""
        signed = SecuredDocument.objects.filter(verifiable_credential__credential=OuterRef("pk"))
        revoked = StatusChange.objects.filter(
            verifiable_credential__credential=OuterRef("pk"),
            value=True,
            verifiable_credential__status_list__purpose="revocation",
        )
        return Credential.objects.select_related("achievement").annotate(
            is_signed=Exists(signed), is_revoked=Exists(revoked)
        )
