"""ApiClient: what a system that uses the API was allowed."""

from django.db import models
from oauth2_provider.models import Application


class ApiClient(models.Model):
    """The scopes that an operator granted to a system when adding it; it can ask for no other."""

    application = models.OneToOneField(
        Application, models.CASCADE, primary_key=True, related_name="granted"
    )
    scopes = models.TextField(help_text="Separated by spaces, as in a token")

    class Meta:
        verbose_name = "API client"

    def __str__(self) -> str:
        return str(self.application_id)
