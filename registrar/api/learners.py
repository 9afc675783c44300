"""Read learners."""

from rest_framework import serializers, viewsets

from registrar.models import Learner


class LearnerSerializer(serializers.ModelSerializer):
    """A learner as the student information system knows them."""

    class Meta:
        model = Learner
        fields = [
            "id",
            "source",
            "sourced_id",
            "number",
            "given_name",
            "family_name",
            "email",
            "retired_at",
        ]
        read_only_fields = fields


class LearnerViewSet(viewsets.ReadOnlyModelViewSet):
    """All learners."""

    scopes = ["learners.read"]
    queryset = Learner.objects.all()
    serializer_class = LearnerSerializer
