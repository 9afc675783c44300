"""The cells of the desk's lists as plain values."""

from datetime import date, datetime
from html import unescape
from typing import Any

from django.contrib.admin.utils import lookup_field
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.utils import timezone
from django.utils.html import strip_tags


def value(name: Any, row: Any, model_admin: Any) -> Any:
    """What stands in the cell, without markup; numbers and times as machines read them."""
    if counted := getattr(name, "counts", ""):
        return getattr(row, counted)
    try:
        field, _, found = lookup_field(name, row, model_admin)
    except (ObjectDoesNotExist, FieldDoesNotExist):
        return ""
    if field is not None and getattr(field, "flatchoices", None):
        return dict(field.flatchoices).get(found, found)
    if isinstance(found, datetime):
        return timezone.localtime(found).isoformat(timespec="seconds")
    if isinstance(found, bool | int | date) or found is None:
        return "" if found is None else found
    text = unescape(strip_tags(found)) if hasattr(found, "__html__") else str(found)
    return " ".join(text.split())
