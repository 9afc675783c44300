"""Simulation: whom a rule would award in some terms, kept to look at."""

import uuid

from django.conf import settings
from django.db import models

from registrar.models.catalog import Offering, Term
from registrar.models.templates import Revision


class Simulation(models.Model):
    """A revision's rule, tried on the results of some terms or classes; it awards nobody.

    It waits until `finished_at`; `done` of `steps` tell how far it is. `found` has, under "met",
    "not_met", "gained" and "lost", pairs of a learner and the class or null, by name; the last
    two against the rule of `former`. Of older ones of the same person only the numbers are kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="simulations")
    rule = models.JSONField(help_text="As it was then")
    former = models.ForeignKey(Revision, models.PROTECT, related_name="+", null=True)
    terms = models.ManyToManyField(Term, related_name="+")
    offerings = models.ManyToManyField(Offering, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    steps = models.PositiveSmallIntegerField(default=1)
    done = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    learners = models.PositiveIntegerField(default=0)
    met = models.PositiveIntegerField(default=0)
    not_met = models.PositiveIntegerField(default=0)
    gained = models.PositiveIntegerField(default=0)
    lost = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=dict)

    class Meta:
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.revision}, tried"
