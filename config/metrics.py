"""/metrics: what operators watch, in the text format of Prometheus; figures only, no people.

What the service has done and what waits comes from the database and the broker at the moment of
the scrape. Requests are counted by each web process in a file of METRICS_DIR, and the files are
added up, so that it does not matter which process is asked.
"""

import logging
import os
import platform
import shutil
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError
from django.db.models import Count, F, Max, Min, Q, Sum
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from kombu import Connection
from kombu.exceptions import OperationalError
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from config.celery import app
from issuer.models import Batch, Chunk, Delivery, LedgerEntry, Mail, StatusChange, StatusList
from issuer.public import replica
from issuer.services import status
from registrar.models import NightRun
from registrar.services.feeding import feed_standings

log = logging.getLogger(__name__)

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SIGNS_OF_A_PROXY = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
# In no registry: each process's own counts are read back from the files of all.
REQUESTS = Counter(
    "issuer_http_requests",
    "Requests answered by the web processes",
    ["method", "view", "status"],
    registry=None,
)
DURATIONS = Histogram(
    "issuer_http_request_duration_seconds",
    "How long requests took",
    ["method", "view"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=None,
)


class CountRequests:
    """Middleware that counts requests and their time by view: a name of ours, never an address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        folder = Path(settings.METRICS_DIR)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.stat().st_uid != os.geteuid():
                raise PermissionError(f"{folder} belongs to somebody else")
        except OSError as error:
            log.error("requests are not counted: %s", error)
            raise MiddlewareNotUsed from error
        _remove_counts_of_ended_servers(folder)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        method = request.method if request.method in METHODS else "other"
        view = request.resolver_match.view_name if request.resolver_match else "none"
        try:
            REQUESTS.labels(method, view, str(response.status_code)).inc()
            DURATIONS.labels(method, view).observe(time.perf_counter() - began)
        except OSError:
            log.exception("a request was not counted")
        return response


def _remove_counts_of_ended_servers(folder: Path) -> None:
    """Beside a folder that bears the number of its server's process, as it does by default."""
    name, _, number = folder.name.rpartition("-")
    if number != str(os.getppid()):
        return
    for other in folder.parent.glob(f"{name}-*"):
        number = other.name.rpartition("-")[2]
        if number.isdecimal() and not _is_running(int(number)):
            shutil.rmtree(other, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """All figures, for those who may see them."""
    if refusal := _refusal(request):
        return refusal
    registry = CollectorRegistry()
    registry.register(Figures())
    if Path(settings.METRICS_DIR).is_dir():
        MultiProcessCollector(registry, settings.METRICS_DIR)
    answer = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    answer["Cache-Control"] = "no-store"
    return answer


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """None for a bearer of METRICS_TOKEN, and for who asks this machine or network directly."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and constant_time_compare(given, f"Bearer {token}"):
        return None
    if not given and _is_direct(request):
        return None
    said = "For operators: from a private address without a proxy, or with METRICS_TOKEN.\n"
    refusal = HttpResponse(said, status=401 if token else 403, content_type="text/plain")
    if token:
        refusal["WWW-Authenticate"] = "Bearer"
    return refusal


def _is_direct(request: HttpRequest) -> bool:
    """Whether a private address asked for a private address.

    Behind a proxy on the same machine everybody seems to come from there. A proxy gives itself
    away by a header, or, where it adds none, by the public name that was asked for.
    """
    host, _ = split_domain_port(request.get_host())
    return (
        _is_near(request.META.get("REMOTE_ADDR", ""))
        and (host == "localhost" or _is_near(host.strip("[]")))
        and not any(name in request.headers for name in SIGNS_OF_A_PROXY)
    )


def _is_near(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    # An IPv4 address in the clothes of IPv6 counts as private whatever it is, up to Python 3.12.
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_private


class Figures:
    """What the database and the broker say now."""

    def collect(self) -> Iterator[Metric]:
        """Every figure; left out is what the broker or a replica says while it does not answer."""
        yield _build()
        yield from _credentials()
        yield _batches()
        yield _overdue()
        yield _unpublished()
        yield _ledger()
        yield from _night()
        yield from _feeds()
        yield from _mails()
        yield from _events()
        yield from _queues()
        yield from _replica()


def _build() -> Metric:
    project = tomllib.loads((settings.ROOT / "pyproject.toml").read_text())["project"]
    labels = {
        "version": project["version"],
        "revision": settings.REVISION,
        "python": platform.python_version(),
    }
    return _gauge("issuer_build_info", "What is running", [(labels, 1)])


def _credentials() -> Iterator[Metric]:
    """Counted by chunk and batch: a count of the rows themselves takes too long."""
    size = F("last") - F("first") + 1
    states = {state.value: Q(state=state) for state in Chunk.State}
    credentials = Chunk.objects.aggregate(
        **{name: Sum(size, filter=condition, default=0) for name, condition in states.items()}
    )
    prepared = Batch.objects.filter(state=Batch.State.PREPARED)
    waiting = {
        "approval": prepared.aggregate(awards=Sum("count", default=0))["awards"],
        "statement": credentials[Chunk.State.APPROVED],
        "signature": credentials[Chunk.State.REQUESTED],
    }
    issued = CounterMetricFamily("issuer_credentials_issued", "Credentials that were signed")
    issued.add_metric([], credentials[Chunk.State.SIGNED])
    yield issued
    slow = CounterMetricFamily(
        "issuer_credentials_signed_as_a_whole",
        "Credentials that no compiled shape could say: signed the slow way",
    )
    slow.add_metric(
        [], Chunk.objects.aggregate(Sum("signed_as_a_whole"))["signed_as_a_whole__sum"] or 0
    )
    yield slow
    failed = "Credentials that could not be issued"
    yield _gauge("issuer_credentials_failed", failed, [({}, credentials[Chunk.State.FAILED])])
    yield _gauge(
        "issuer_awards_waiting",
        "Awards that are not issued yet, by what they wait for",
        [({"for": step}, count) for step, count in waiting.items()],
    )


def _batches() -> Metric:
    counts = dict(Batch.objects.order_by().values_list("state").annotate(Count("pk")))
    samples = [({"state": state}, counts.get(state, 0)) for state in Batch.State.values]
    return _gauge("issuer_batches", "Batches by state", samples)


def _overdue() -> Metric:
    waiting = Chunk.objects.filter(state__in=[Chunk.State.APPROVED, Chunk.State.REQUESTED])
    overdue = waiting.filter(lease_until__lt=Now()).count()
    what = "Chunks whose worker has fallen silent and that nobody has taken up"
    return _gauge("issuer_chunk_leases_overdue", what, [({}, overdue)])


def _night() -> Iterator[Metric]:
    done = NightRun.objects.filter(state=NightRun.State.DONE).order_by("-ended_at").first()
    if done is None or done.ended_at is None:
        return
    age = (timezone.now() - done.ended_at).total_seconds()
    yield _gauge("issuer_night_age_seconds", "Time since the last night has ended", [({}, age)])
    lag = (done.ended_at - done.began_at).total_seconds()
    yield _gauge("issuer_night_duration_seconds", "How long the last night took", [({}, lag)])
    waiting = done.steps.waiting().count()
    what = "Steps of the last night that wait for a person"
    yield _gauge("issuer_night_steps_waiting", what, [({}, waiting)])


def _feeds() -> Iterator[Metric]:
    """By the names that the desk gave them; no feed, no figure."""
    standings = feed_standings.now(timezone.now())
    yield _gauge(
        "issuer_feed_age_seconds",
        "Time since all that a feed had was taken; left out before the first time",
        [({"feed": each.feed}, each.age) for each in standings if each.age is not None],
    )
    yield _gauge(
        "issuer_feed_lag_seconds",
        "How long what a feed brought last took to be applied, or has waited for that",
        [({"feed": each.feed}, each.lag) for each in standings if each.lag is not None],
    )
    yield _gauge(
        "issuer_feed_failures",
        "Nights since then at which a feed failed, was missed or held up",
        [({"feed": each.feed}, each.failures) for each in standings],
    )


def _unpublished() -> Metric:
    times = filter(None, map(_oldest_unpublished, StatusList.objects.defer("permutation")))
    oldest = min(times, default=None)
    age = (timezone.now() - oldest).total_seconds() if oldest else 0
    what = "Age of the oldest status change that is not published yet"
    return _gauge("issuer_status_change_unpublished_seconds", what, [({}, age)])


def _oldest_unpublished(status_list: StatusList) -> datetime | None:
    published = status.newest_publication(status_list)
    last = (published and published.last_change_id) or 0
    changes = StatusChange.objects.filter(
        verifiable_credential__status_list=status_list, pk__gt=last
    )
    return changes.aggregate(oldest=Min("at"))["oldest"]


def _ledger() -> Metric:
    """Its entries are numbered without gaps."""
    entries = CounterMetricFamily("issuer_ledger_entries", "Entries of the ledger")
    entries.add_metric([], LedgerEntry.objects.aggregate(last=Max("sequence"))["last"] or 0)
    return entries


def _mails() -> Iterator[Metric]:
    waiting = Mail.objects.filter(state=Mail.State.QUEUED).aggregate(
        count=Count("pk"), oldest=Min("written_at")
    )
    oldest = waiting["oldest"]
    age = (timezone.now() - oldest).total_seconds() if oldest else 0
    yield _gauge("issuer_mails_waiting", "Mails not sent yet", [({}, waiting["count"])])
    yield _gauge("issuer_mail_waiting_seconds", "Age of the oldest of them", [({}, age)])


def _events() -> Iterator[Metric]:
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, endpoint__is_on=True).aggregate(
        count=Count("pk"), oldest=Min("written_at")
    )
    oldest = waiting["oldest"]
    age = (timezone.now() - oldest).total_seconds() if oldest else 0
    yield _gauge("issuer_deliveries_waiting", "Events not delivered yet", [({}, waiting["count"])])
    yield _gauge("issuer_delivery_waiting_seconds", "Age of the oldest of them", [({}, age)])


def _queues() -> Iterator[Metric]:
    # The last two are mostly one.
    queues = (
        settings.CELERY_TASK_DEFAULT_QUEUE,
        *dict.fromkeys([settings.QUEUE_SIGNING, settings.QUEUE_PUBLISHING]),
    )
    try:
        with app.connection_for_read(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0)
            samples = [({"queue": name}, _length(broker, name)) for name in queues]
    except OperationalError:
        log.exception("the broker does not answer")
        return
    yield _gauge("issuer_queue_length", "Messages that no worker has taken", samples)


def _length(broker: Connection, queue: str) -> int:
    try:
        with broker.channel() as channel:  # RabbitMQ closes the channel with the error
            return channel.queue_declare(queue=queue, passive=True).message_count
    except broker.channel_errors:  # a queue exists from its first message on
        return 0


def _replica() -> Iterator[Metric]:
    if not replica.is_there():
        return
    try:
        lag = replica.lag().total_seconds()
    except DatabaseError:
        log.exception("the replica does not answer")
        return
    yield _gauge("issuer_replica_lag_seconds", "How far the replica is behind", [({}, lag)])


def _gauge(name: str, what: str, samples: Iterable[tuple[dict[str, str], float]]) -> Metric:
    gauge = GaugeMetricFamily(name, what)
    for labels, value in samples:
        gauge.add_sample(name, labels, value)
    return gauge
