"""OrganizationUnit, Role: who may do what, and where."""

from django.conf import settings
from django.db import models

from issuer.models.changes import dated, last_change


class OrganizationUnit(models.Model):
    """The college, a school, a department (OneRoster org); a role in it reaches all below it."""

    source = models.CharField(max_length=100, help_text="The system that it came from")
    sourced_id = models.CharField(max_length=255)
    name = models.CharField(max_length=300)
    code = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=50, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    updated_at = last_change()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sourced_id"], name="unit_is_once_in_its_source"
            ),
        ]
        indexes = [models.Index(fields=["updated_at", "id"], name="units_by_change")]
        triggers = [dated("unit")]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A person holds a role in a unit and everything below it; in no unit means everywhere."""

    class Kind(models.TextChoices):
        REGISTRAR = "registrar", "Registrar staff"
        APPROVER = "approver", "Approver"
        FACULTY = "faculty", "Faculty"
        ADVOCATE = "advocate", "Faculty advocate"
        CHAIR = "chair", "Chair"
        OPERATOR = "operator", "Operator"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="roles")
    kind = models.CharField(max_length=10, choices=Kind)
    unit = models.ForeignKey(
        OrganizationUnit, models.PROTECT, null=True, blank=True, related_name="roles"
    )

    class Meta:
        ordering = ["user", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "unit"], nulls_distinct=False, name="role_is_held_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_kind_display()}"
