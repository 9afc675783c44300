"""Read batches and how far they are."""

from typing import ClassVar

from rest_framework import serializers, viewsets

from issuer.models import Batch


class BatchSerializer(serializers.ModelSerializer):
    """A batch."""

    client = serializers.CharField(
        help_text="API client that prepared or composed it; empty for a person's"
    )

    class Meta:
        model = Batch
        fields = [
            "id",
            "name",
            "state",
            "count",
            "client",
            "prepared_at",
            "decided_at",
            "issued_at",
            "updated_at",
        ]
        read_only_fields = fields


class BatchViewSet(viewsets.ReadOnlyModelViewSet):
    """All batches."""

    scopes = ["awards.read"]
    queryset = Batch.objects.all()
    filters: ClassVar = {"state": serializers.ChoiceField(Batch.State.choices)}
    serializer_class = BatchSerializer
