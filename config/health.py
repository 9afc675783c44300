"""/livez: this process answers. /readyz: what it depends on answers too."""

import logging
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from kombu.exceptions import OperationalError

from config.celery import app
from issuer.public import replica

log = logging.getLogger(__name__)


@login_not_required
def livez(request: HttpRequest) -> JsonResponse:
    """Answer that the process is alive."""
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether the database and the broker answer, and a replica follows; 503 and which when not."""
    checks = {"database": _database_answers(), "broker": _broker_answers()}
    if replica.is_there():
        checks["replica"] = _replica_follows()
    ready = all(checks.values())
    return JsonResponse(
        {"status": "ok" if ready else "unavailable", "checks": checks},
        status=200 if ready else 503,
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("database does not answer")
        return False
    return True


def _broker_answers() -> bool:
    try:
        with app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0)
    except OperationalError:
        log.exception("broker does not answer")
        return False
    return True


def _replica_follows() -> bool:
    """Whether revocations are seen an eighth of STATUS_LIST_TTL later than without it, at most."""
    try:
        lag = replica.lag()
    except DatabaseError:
        log.exception("the replica, or what it is compared with, does not answer")
        return False
    return lag <= timedelta(seconds=settings.STATUS_LIST_TTL) / 8
