"""Read and send learners and enrolments."""

from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers, viewsets

from registrar.api.upserts import UpsertsMixin, upserting
from registrar.models import Enrolment, Learner


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


class EnrolmentSerializer(serializers.ModelSerializer):
    """A learner's part in an offering."""

    offering = serializers.CharField(
        source="offering.sourced_id", help_text="sourcedId of the offering"
    )
    learner = serializers.CharField(
        source="learner.sourced_id", help_text="sourcedId of the learner"
    )

    class Meta:
        model = Enrolment
        fields = [
            "id",
            "source",
            "sourced_id",
            "offering",
            "learner",
            "begins_on",
            "ends_on",
            "retired_at",
        ]
        read_only_fields = fields


@extend_schema_view(create=upserting("learners"))
class LearnerViewSet(UpsertsMixin, viewsets.ReadOnlyModelViewSet):
    """All learners."""

    kind = "learners"
    scopes = ["learners.read"]
    write_scopes = ["learners.write"]
    queryset = Learner.objects.all()
    serializer_class = LearnerSerializer


@extend_schema_view(create=upserting("enrolments"))
class EnrolmentViewSet(UpsertsMixin, viewsets.ReadOnlyModelViewSet):
    """All enrolments."""

    kind = "enrolments"
    scopes = ["learners.read"]
    write_scopes = ["learners.write"]
    queryset = Enrolment.objects.select_related("offering", "learner")
    serializer_class = EnrolmentSerializer
