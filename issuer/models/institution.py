"""Institution: who issues."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Institution(models.Model):
    """The one institution of this deployment, as it presents itself in every credential.

    Becomes the Open Badges Profile in `issuer`. A change shows in credentials requested
    afterwards; those already issued keep the profile that they were issued with.
    """

    only = models.BooleanField(default=True, unique=True, editable=False)
    did = models.CharField("DID", max_length=255, help_text="For example did:web:college.example")
    name = models.CharField(max_length=200)
    url = models.URLField("web site")
    email = models.EmailField("e-mail address", blank=True)
    phone = models.CharField(max_length=50, blank=True)
    street_address = models.CharField(max_length=200, blank=True)
    locality = models.CharField("city", max_length=100, blank=True)
    region = models.CharField("state or region", max_length=100, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country_code = models.CharField(max_length=2, blank=True, help_text="Two letters, e.g. US")
    logo = models.TextField(
        blank=True, help_text="The text of an SVG image, shown on pages and certificates"
    )

    is_sandbox = models.BooleanField(
        "sandbox", default=False, help_text="To try things out: every credential says so"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(only=True), name="one_institution_per_deployment"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stated_name(self) -> str:
        """What it is called in credentials; nobody takes a sandbox for the institution."""
        return f"{self.name} (sandbox: not real)" if self.is_sandbox else self.name

    @property
    def logo_url(self) -> str:
        """Where everybody finds the logo."""
        return f"{settings.BASE_URL}/logo.svg"
