"""The APIs of Open Badges 3.0 and CLR 2.0: a learner's credentials for who they let at them."""

from registrar.public.badges.standards import OPEN_BADGES, RECORDS
from registrar.public.badges.urls import urls

__all__ = ["OPEN_BADGES", "RECORDS", "urls"]
