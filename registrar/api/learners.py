"""Read and send learners and enrolments."""

from typing import ClassVar

from django.db.models import Q
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers, viewsets

from issuer.errors import WrongState
from registrar.api import filters
from registrar.api.changes import ChangesMixin, changing
from registrar.api.references import Reference
from registrar.api.upserts import upserting
from registrar.models import Enrolment, Learner
from registrar.services.learners import same_people


class LearnerSerializer(serializers.ModelSerializer):
    """A learner as the student information system knows them."""

    email = serializers.CharField(help_text="Empty where the source told none")

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
            "updated_at",
        ]
        read_only_fields = fields


class EnrolmentSerializer(serializers.ModelSerializer):
    """A learner's part in an offering."""

    offering = Reference("The offering")
    learner = Reference("The learner")

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
            "updated_at",
        ]
        read_only_fields = fields


@extend_schema_view(
    create=upserting("learners"), partial_update=changing("learners", LearnerSerializer)
)
class LearnerViewSet(ChangesMixin, viewsets.ReadOnlyModelViewSet):
    """All learners."""

    kind = "learners"
    scopes = ["learners.read"]
    write_scopes = ["learners.write"]
    queryset = Learner.objects.all()
    filters: ClassVar = {
        "source": filters.source(),
        "number": serializers.CharField(max_length=100, help_text="Only with this learner number"),
        "current": filters.current(),
    }
    serializer_class = LearnerSerializer

    def named(self, key: str) -> Q:
        """Of somebody whom two sources know the one learner."""
        return same_people.named(key)

    def demand_standing(self, held: Learner) -> None:
        """Of one who was found to be another learner nothing is changed."""
        if same_people.who_is(held) != held:
            raise WrongState("This learner was found to be another one. Change that one.")


@extend_schema_view(
    create=upserting("enrolments"), partial_update=changing("enrolments", EnrolmentSerializer)
)
class EnrolmentViewSet(ChangesMixin, viewsets.ReadOnlyModelViewSet):
    """All enrolments."""

    kind = "enrolments"
    scopes = ["learners.read"]
    write_scopes = ["learners.write"]
    queryset = Enrolment.objects.select_related("offering", "learner")
    filters: ClassVar = {
        "source": filters.source(),
        "learner": filters.LeadingToLearner("learner"),
        "offering": filters.LeadingTo("offering"),
        "current": filters.current(),
    }
    serializer_class = EnrolmentSerializer
