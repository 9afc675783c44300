"""Comment: what people write to each other about a mapping, a tag or a revision."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from issuer.models.append_only import append_only
from registrar.models.mappings import Mapping
from registrar.models.tagging import SkillTag
from registrar.models.templates import Revision


class Comment(models.Model):
    """One line of a thread, about a whole mapping, one tag, or a revision of a template."""

    mapping = models.ForeignKey(Mapping, models.PROTECT, related_name="comments", null=True)
    tag = models.ForeignKey(SkillTag, models.PROTECT, related_name="comments", null=True)
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="comments", null=True)
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(mapping__isnull=False)
                | Q(tag__isnull=False)
                | Q(revision__isnull=False),
                name="comment_is_about_something",
            ),
        ]
        triggers = append_only(because="comment")

    def __str__(self) -> str:
        return self.text
