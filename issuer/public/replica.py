"""Public reads from a read replica, where there is one; all else is read from the primary.

What a view repeats that is published, and that caches may keep, may come from a copy of the
database that is a moment behind. Whether a credential still holds may not.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse

from issuer.models import LedgerEntry
from issuer.services import clock

log = logging.getLogger(__name__)

ALIAS = "replica"
# The apps whose tables hold what is published.
_PUBLISHED = frozenset({"issuer", "skills"})

_reads_from_replica = ContextVar("reads_from_replica", default=False)


class Router:
    """Sends to the replica what a marked view reads of what is published, and nothing else.

    Sessions and people are the primary's in such a view, too, and so is the registrar's.
    """

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """The replica inside of a marked view."""
        if _reads_from_replica.get() and model._meta.app_label in _PUBLISHED:
            return ALIAS
        return DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """The primary, also for what was read from the replica."""
        return DEFAULT_DB_ALIAS

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """The replica gets its tables from the primary."""
        return db == DEFAULT_DB_ALIAS


View = Callable[..., HttpResponse]


def public_read(view: View) -> View:
    """Let a view read from the replica, if there is one.

    The primary is asked when the replica has nothing, for it may have it later; when it does not
    answer, as a standby ends any reading that stands in the way of what it replays; and when a
    cache has another edition than the replica: it may be a newer one, and no cache goes back. So
    is it for addresses with a query, of which the caches keep no copy to speak of.
    """

    @wraps(view)
    def reading(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_there() or request.GET:
            return view(request, *args, **kwargs)
        try:
            with _replica():
                response = view(request, *args, **kwargs)
        except Http404:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            log.warning("the replica does not answer: %s", error)
            return view(request, *args, **kwargs)
        is_newer_there = "If-None-Match" in request.headers and response.status_code != 304
        if is_newer_there or response.status_code == HTTPStatus.NOT_FOUND:
            return view(request, *args, **kwargs)
        return response

    return reading


def is_there() -> bool:
    """Whether this process has a replica to read from."""
    return ALIAS in connections


def lag() -> timedelta:
    """How long the replica has been without an act that the ledger of the primary has.

    Whatever is published has its entry there. Raises DatabaseError when one does not answer.
    """
    entries = LedgerEntry.objects.order_by("pk")
    last = entries.using(ALIAS).values_list("pk", flat=True).last() or 0
    missed = entries.using(DEFAULT_DB_ALIAS).filter(pk__gt=last).values_list("at", flat=True)
    first = missed.first()
    return clock.now() - first if first else timedelta(0)


@contextmanager
def _replica() -> Iterator[None]:
    token = _reads_from_replica.set(True)
    try:
        yield
    finally:
        _reads_from_replica.reset(token)
