"""Skills: the shared vocabulary."""

from django.apps import AppConfig


class SkillsConfig(AppConfig):
    """Frameworks, skills and what connects them."""

    name = "skills"

    def ready(self) -> None:
        """Register the system checks."""
        from skills import checks  # noqa: F401
