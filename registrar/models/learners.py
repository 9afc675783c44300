"""Learner, Enrolment: who learns, and where."""

import re

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from issuer.models.changes import dated, last_change
from registrar.models.catalog import Offering
from registrar.models.spelling import Unaccented

# What systems that insist on two names are given for people who have one.
_NO_NAME = {"", "-", "."}
# Han, kana and Hangul: the family name comes first, without a space.
_FAMILY_NAME_FIRST = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af々〆]+").fullmatch


def full_name(given_name: str, family_name: str) -> str:
    """The name as people write it: one name alone, and East Asian names family name first."""
    given, family = given_name.strip(), family_name.strip()
    if _FAMILY_NAME_FIRST(given) and _FAMILY_NAME_FIRST(family):
        return family + given
    return " ".join(part for part in (given, family) if part not in _NO_NAME)


class LearnerQuerySet(models.QuerySet["Learner"]):
    """Ways to ask for learners."""

    def matching(self, text: str) -> "LearnerQuerySet":
        """Those whose name, accents aside, or number contains every word of `text`."""
        found = self
        for word in text.split():
            found = found.filter(
                Q(given_name__unaccented=word)
                | Q(family_name__unaccented=word)
                | Q(number__icontains=word)
            )
        return found


class Learner(models.Model):
    """The person, as a student information system knows them."""

    source = models.CharField(max_length=100)
    sourced_id = models.CharField(max_length=255)
    number = models.CharField("learner number", max_length=100, blank=True)
    given_name = models.CharField(max_length=300, blank=True)
    family_name = models.CharField(max_length=300, blank=True)
    email = models.EmailField("e-mail address", max_length=320, blank=True)
    retired_at = models.DateTimeField(null=True, editable=False)
    # Counts how often all that the address had opened was ended.
    access_number = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    updated_at = last_change()

    objects = LearnerQuerySet.as_manager()

    class Meta:
        ordering = ["family_name", "given_name", "id"]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="learners_by_change"),
            models.Index(fields=["family_name", "given_name", "id"], name="learners_by_name"),
            models.Index(fields=["number"], name="learners_by_number"),
            # By parts of words, as `icontains` and `unaccented` ask.
            GinIndex(
                *(
                    OpClass(Upper(name), name="gin_trgm_ops")
                    for name in ("number", "email", "sourced_id")
                ),
                name="learners_by_parts_of_words",
            ),
            GinIndex(
                *(
                    OpClass(Unaccented(name), name="gin_trgm_ops")
                    for name in ("given_name", "family_name")
                ),
                name="learners_by_parts_of_names",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sourced_id"], name="learner_is_once_in_its_source"
            ),
        ]
        triggers = [dated("learner")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The full name; the number for somebody nameless."""
        return full_name(self.given_name, self.family_name) or self.number


class Enrolment(models.Model):
    """A learner takes part in an offering (OneRoster enrollment with the role student)."""

    source = models.CharField(max_length=100)
    sourced_id = models.CharField(max_length=255)
    offering = models.ForeignKey(Offering, models.PROTECT, related_name="enrolments")
    learner = models.ForeignKey(Learner, models.PROTECT, related_name="enrolments")
    begins_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    retired_at = models.DateTimeField(null=True, editable=False)
    updated_at = last_change()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sourced_id"], name="enrolment_is_once_in_its_source"
            ),
        ]
        indexes = [models.Index(fields=["updated_at", "id"], name="enrolments_by_change")]
        triggers = [dated("enrolment")]

    def __str__(self) -> str:
        return f"{self.learner_id} in {self.offering_id}"
