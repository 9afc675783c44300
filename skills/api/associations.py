"""Read how skills of different frameworks are linked, and what frameworks say of their own."""

from typing import ClassVar

from rest_framework import serializers, viewsets

from skills.models import Association


class AssociationSerializer(serializers.ModelSerializer):
    """A link in CASE's direction; it holds while it is accepted and `retired_at` is null."""

    framework: serializers.PrimaryKeyRelatedField = serializers.PrimaryKeyRelatedField(
        read_only=True, allow_null=True, help_text="Whose saying it is; null where proposed here"
    )
    origin: serializers.PrimaryKeyRelatedField = serializers.PrimaryKeyRelatedField(
        read_only=True, allow_null=True, help_text="Null where it lies outside"
    )
    destination: serializers.PrimaryKeyRelatedField = serializers.PrimaryKeyRelatedField(
        read_only=True, allow_null=True, help_text="Null where it lies outside"
    )

    class Meta:
        model = Association
        fields = [
            "id",
            "framework",
            "identifier",
            "kind",
            "origin",
            "origin_uri",
            "destination",
            "destination_uri",
            "state",
            "reason",
            "likeness",
            "began_at",
            "retired_at",
            "updated_at",
        ]
        read_only_fields = fields


class AssociationViewSet(viewsets.ReadOnlyModelViewSet):
    """All links, those that wait for review, were rejected or retired too."""

    # Other words below `associations/` are addresses of their own.
    lookup_value_regex = "[0-9]+"
    scopes = ["skills.read"]
    queryset = Association.objects.all()
    filters: ClassVar = {
        "framework": serializers.IntegerField(min_value=1, help_text="Id of whose saying it is"),
        "kind": serializers.CharField(max_length=100, help_text="CASE's associationType"),
        "state": serializers.ChoiceField(Association.State.choices),
        "current": serializers.BooleanField(source="retired_at__isnull"),
    }
    serializer_class = AssociationSerializer
