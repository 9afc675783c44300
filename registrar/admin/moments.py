"""A field for a moment: browsers send no zone, so the one that is meant is named beside it."""

from typing import Any

from django import forms
from django.utils import timezone


class MomentField(forms.DateTimeField):
    """A day and a time of day where the college is."""

    def __init__(self, *, help_text: str = "", **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        zone = f"Time zone: {timezone.get_default_timezone_name()}"
        super().__init__(widget=widget, help_text=f"{help_text} {zone}".strip(), **kwargs)
