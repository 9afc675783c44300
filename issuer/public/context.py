"""Every page shows whose it is."""

from django.http import HttpRequest

from issuer.models import Institution


def institution(request: HttpRequest) -> dict[str, Institution | None]:
    """The institution for templates, or None before set-up."""
    return {"institution": Institution.objects.first()}
