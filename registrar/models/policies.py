"""Policy: what the college settles for itself. TaggingPolicy: the rules of tagging."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from issuer.models.append_only import append_only


class Policy(models.Model):
    """Something that the college settles; the newest row holds, without one the defaults do."""

    reason = models.TextField(help_text="Why it is so")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ["-id"]

    @classmethod
    def terms(cls) -> list[str]:
        """The names of what is settled."""
        of_any = {"id", "reason", "by", "at"}
        return [field.name for field in cls._meta.concrete_fields if field.name not in of_any]


class TaggingPolicy(Policy):
    """The college's rules of tagging: how many skills an outcome may claim, what bears them out."""

    max_tags = models.PositiveSmallIntegerField(
        "most skills of an outcome", default=3, validators=[MinValueValidator(1)]
    )
    least_share = models.PositiveSmallIntegerField(
        "least share of the grade, in percent", default=30, validators=[MaxValueValidator(100)]
    )
    all_sections = models.BooleanField("all sections confirm", default=True)
    review_days = models.PositiveSmallIntegerField("days for a review", default=7)

    class Meta(Policy.Meta):
        verbose_name_plural = "tagging policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(max_tags__gte=1, least_share__lte=100),
                name="policy_can_be_kept",
            ),
        ]
        triggers = append_only(because="tagging_policy")

    def __str__(self) -> str:
        return f"{self.max_tags} skills, {self.least_share} %"
