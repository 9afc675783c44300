"""Feed, NightRun, NightStep: where the night fetches from, and what it did, step by step."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import dateformat

from issuer.models import Batch
from registrar.models.imports import RosterImport

# The order in which the counts of a step are told.
COUNTS = (
    *("learners", "new", "changed", "retired", "unchanged", "errors", "already", "waiting"),
    *("lapsed", "to issue", "issued", "to release", "released", "failed"),
    *("expiring", "mails", "no address"),
)

# A roster in one of these waits for nobody.
SETTLED = (RosterImport.State.APPLIED, RosterImport.State.DISCARDED)


class Feed(models.Model):
    """Where a system's rosters come from: a folder that it drops them into, or a server of its own.

    Or the system sends rows itself: then the feed only says what is agreed of its learner numbers,
    and the night passes it over. A folder lies in FEED_DIR. A server is asked for what is new; its
    secret is sealed and opens for this address and account alone (`feed_secrets`). What is wrong
    with a roster holds the night up for a person where it is more than `most_wrong` percent of its
    rows, or would retire more than `most_retired` percent of what is held.
    """

    class Kind(models.TextChoices):
        FOLDER = "folder", "Folder of CSV files"
        ONEROSTER = "oneroster", "OneRoster API"
        EDU_API = "edu_api", "Edu-API"
        SFTP = "sftp", "SFTP server"
        API = "api", "Rows sent to our API"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FOLDER, editable=False)
    folder = models.CharField(max_length=200, blank=True, help_text="In the folder of all feeds")
    address = models.CharField(
        max_length=300,
        blank=True,
        help_text="Where its collections begin",
    )
    token_address = models.CharField(
        "address of tokens",
        max_length=300,
        blank=True,
        help_text="Where it gives tokens for the client's id and secret (OAuth 2)",
    )
    account = models.CharField("client id", max_length=200, blank=True)
    sealed_secret = models.BinaryField(default=bytes, editable=False)
    secret_ends_on = models.DateField(
        "last day of the secret",
        null=True,
        blank=True,
        help_text="As the server's operator says; you are told 30, 7 and 1 days before",
    )
    host_key = models.CharField(
        "fingerprint of the host's key",
        max_length=100,
        blank=True,
        help_text="As its operator gives it, or ssh-keygen -l prints it: SHA256:...",
    )
    scopes = models.CharField(
        max_length=1000,
        blank=True,
        help_text="Empty: those of its specification for reading",
    )
    full_every = models.PositiveSmallIntegerField(
        "days between whole readings",
        default=7,
        help_text="On the days between only what has changed is asked for; 0 asks for all daily",
    )
    source = models.CharField(
        "name of the system",
        max_length=100,
        blank=True,
        help_text="Empty: the one that the roster's manifest names",
    )
    most_wrong = models.PositiveSmallIntegerField(
        "percent of rows that may be wrong", default=2, validators=[MaxValueValidator(100)]
    )
    most_retired = models.PositiveSmallIntegerField(
        "percent that may be retired", default=20, validators=[MaxValueValidator(100)]
    )
    shares_numbers = models.BooleanField(
        "its learner numbers are the college's own",
        default=False,
        help_text="Whoever has the same number in another such system is the same person",
    )
    is_expected_daily = models.BooleanField(
        "a new roster is expected every day",
        default=True,
        help_text="Somebody is told when none has come",
    )
    lists_all = models.BooleanField(
        "its Canvas files list all that there is",
        default=False,
        help_text="Who is absent has left the sections named there; OneRoster says so by itself",
    )
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(most_wrong__lte=100, most_retired__lte=100),
                name="brakes_of_a_feed_are_percentages",
            ),
            models.UniqueConstraint(
                fields=["folder"], condition=Q(kind="folder"), name="folder_has_one_feed"
            ),
            models.CheckConstraint(
                condition=(Q(kind="folder") & ~Q(folder="") & Q(address=""))
                | (Q(kind="api") & ~Q(source="") & Q(folder="", address=""))
                | (~Q(kind__in=["folder", "api"]) & ~Q(address="")),
                name="feed_says_where_it_comes_from",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_pulled(self) -> bool:
        """Whether a server is asked, and no folder looked into."""
        return self.kind not in (self.Kind.FOLDER, self.Kind.API)

    @property
    def is_paged(self) -> bool:
        """Whether a server is asked page by page, and gives what it has and no files."""
        return self.kind in (self.Kind.ONEROSTER, self.Kind.EDU_API)


class NightRun(models.Model):
    """One night: running -> done. What it did stands in its steps.

    The clock begins the first of a date; further ones are begun by hand.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    date = models.DateField()
    number = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    began_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    notified_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-date", "-number"]
        permissions = [("begin_nightrun", "Can begin a night by hand")]
        constraints = [
            models.UniqueConstraint(
                fields=["date", "number"], name="nights_of_a_date_are_numbered"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="one_night_runs_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at__isnull=True)
                | Q(state="done", ended_at__isnull=False),
                name="night_that_is_done_has_ended",
            ),
        ]

    def __str__(self) -> str:
        day = dateformat.format(self.date, settings.DATE_FORMAT)
        return f"Night of {day}" + (f", run {self.number}" if self.number > 1 else "")


class Pull(models.Model):
    """What was asked of a feed's server: running -> done, or broken where the server failed.

    What has come waits in `folder`, page by page, so that it goes on at its `position`; the whole
    is `stored_at`, as one bundle, and nowhere when nothing had changed. A broken one is taken up
    again by the next night while what it has is fresh.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        BROKEN = "broken"

    feed = models.ForeignKey(Feed, models.PROTECT, related_name="pulls")
    run = models.ForeignKey(NightRun, models.PROTECT, related_name="pulls")
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    since = models.DateTimeField(null=True, help_text="Empty: all was asked for")
    folder = models.CharField(max_length=500)
    position = models.JSONField(default=dict, help_text="Where it goes on")
    rows = models.JSONField(default=dict, help_text="What has come, by collection")
    notes = models.JSONField(default=list, help_text="What the server does not have")
    stored_at = models.CharField(max_length=500, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Turns that got nothing")
    error = models.TextField(blank=True)
    leased_until = models.DateTimeField(null=True)
    began_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["feed"], condition=Q(state="running"), name="one_pull_of_a_feed_at_a_time"
            ),
            models.UniqueConstraint(fields=["feed", "run"], name="feed_is_pulled_once_a_night"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id} since {self.since}" if self.since else f"{self.feed_id}, all"


class NightStepQuerySet(models.QuerySet["NightStep"]):
    """Steps, by what has become of them since."""

    def waiting(self) -> "NightStepQuerySet":
        """Those at which somebody has to act, and has not: no roster was applied or put aside."""
        settled = Q(roster__state__in=SETTLED)
        done = Q(state=NightStep.State.DONE)
        return self.exclude(done).exclude(settled, state=NightStep.State.HELD)


class NightStep(models.Model):
    """One step of a night about one feed or template: what it counted, and what it refused.

    A step is written together with what it did, so that a night that was broken off goes on with
    the first step that is not there.
    """

    class Name(models.TextChoices):
        FETCH = "fetch", "Fetch"
        PLAN = "plan", "Read and compare"
        APPLY = "apply", "Apply"
        AWARD = "award", "Evaluate and award"
        ISSUE = "issue", "Issue"
        PUBLISH = "publish", "Publish"
        REMIND = "remind", "Remind learners"
        NOTIFY = "notify", "Notify"

    class State(models.TextChoices):
        DONE = "done"
        HELD = "held"
        FAILED = "failed"

    run = models.ForeignKey(NightRun, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=10, choices=Name)
    about = models.CharField(max_length=200, blank=True, help_text="A feed, or a template's slug")
    state = models.CharField(max_length=6, choices=State, default=State.DONE)
    counts = models.JSONField(default=dict)
    refused = models.JSONField(default=list, help_text="What it refused: reason and remedy each")
    path = models.CharField(max_length=500, blank=True, help_text="What was fetched")
    roster = models.ForeignKey(RosterImport, models.PROTECT, related_name="+", null=True)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", null=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    objects = NightStepQuerySet.as_manager()

    class Meta:
        ordering = ["run", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "name", "about"], name="step_of_a_night_is_taken_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_name_display()} {self.about}".strip()

    @property
    def counted(self) -> dict[str, int]:
        """The counts in the order in which they are told; the database keeps none."""
        usual = [name for name in COUNTS if name in self.counts]
        return {name: self.counts[name] for name in dict.fromkeys([*usual, *self.counts])}

    @property
    def standing(self) -> str:
        """Its state, or of a roster that it held what somebody has done with it since."""
        if self.state == self.State.HELD and self.roster and self.roster.state in SETTLED:
            return self.roster.state
        return self.state

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended_at - self.began_at).total_seconds()
