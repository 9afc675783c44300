"""The issuer: signs what the registrar has decided, publishes status, verifies."""

from django.apps import AppConfig


class IssuerConfig(AppConfig):
    """Signs, publishes, verifies."""

    name = "issuer"

    def ready(self) -> None:
        """Register the system checks."""
        from issuer import checks  # noqa: F401
