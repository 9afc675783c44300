"""Rows that hold from one moment to another: what held at a given time is a query."""

from datetime import datetime

from django.db.models import Q


def held_at(moment: datetime, *, until: str = "retired_at", prefix: str = "") -> Q:
    """What had begun by then and had not ended; the moment of the end is no longer within."""
    ended = f"{prefix}{until}"
    return Q(**{f"{prefix}began_at__lte": moment}) & (
        Q(**{f"{ended}__isnull": True}) | Q(**{f"{ended}__gt": moment})
    )
