"""StatusList, StatusChange, StatusListPublication: one bit for each secured form."""

import secrets

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from issuer.models.append_only import append_only
from issuer.models.changes import dated, last_change

# 131,072 entries = 16 KiB, the least that the specification allows (herd privacy).
STATUS_LIST_SIZE = 131_072


def random_name() -> str:
    """A short random name, so that addresses tell neither number nor order of the lists."""
    return secrets.token_urlsafe(9)


def list_url(name: str) -> str:
    """The public address of the list of this name."""
    return f"{settings.BASE_URL}/status/{name}"


class StatusList(models.Model):
    """One bitstring status list (Bitstring Status List 1.0) for one purpose and one format.

    Entries are handed out along a stored random permutation: unpredictable to outsiders, without
    a search, never twice. Handing out an entry does not change what is published.
    """

    class Purpose(models.TextChoices):
        REVOCATION = "revocation"
        SUSPENSION = "suspension"

    name = models.CharField(max_length=20, unique=True, default=random_name, editable=False)
    purpose = models.CharField(max_length=12, choices=Purpose, default=Purpose.REVOCATION)
    format = models.CharField(max_length=20)
    size = models.PositiveIntegerField(default=STATUS_LIST_SIZE)
    permutation = models.BinaryField(help_text="All indexes in random order, four bytes each")
    taken = models.PositiveIntegerField(default=0, help_text="How many entries are handed out")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "format"],
                condition=Q(taken__lt=F("size")),
                name="one_status_list_of_a_kind_is_filling",
            ),
            models.CheckConstraint(
                condition=Q(taken__lte=F("size")), name="status_list_is_not_overfull"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.name}"

    @property
    def url(self) -> str:
        """Its public address, which is also its identifier."""
        return list_url(self.name)


_REFUSE_AFTER_THE_LAST = """
    IF EXISTS (
        SELECT 1 FROM issuer_statuschange
        WHERE verifiable_credential_id = NEW.verifiable_credential_id AND is_final
    ) THEN
        RAISE EXCEPTION 'pgtrigger: what was withdrawn for good stays withdrawn';
    END IF;
    RETURN NEW;
"""


class StatusChange(models.Model):
    """Somebody set or lifted a status, and why. The published bits are computed from these rows.

    What is set for good is never lifted: every revocation, and the last suspension of what can
    only be suspended.
    """

    verifiable_credential = models.ForeignKey(
        "issuer.VerifiableCredential", models.PROTECT, related_name="status_changes"
    )
    value = models.BooleanField(help_text="True sets the bit; False lifts a suspension")
    is_final = models.BooleanField(default=False, help_text="True withdraws it for good")
    reason = models.TextField()
    superseded_by = models.UUIDField(
        null=True, help_text="The credential that takes its place, where it was corrected"
    )
    leads_on = models.BooleanField(
        default=False, help_text="Its address leads on to the one that takes its place"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    client = models.CharField(
        max_length=200, blank=True, help_text="API client that did it; blank for a person"
    )
    at = models.DateTimeField(auto_now_add=True)
    updated_at = last_change()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(by__isnull=False, client="") | (Q(by__isnull=True) & ~Q(client="")),
                name="status_change_is_by_a_person_or_by_a_client",
            ),
            models.CheckConstraint(
                condition=Q(value=True) | Q(is_final=False),
                name="status_change_for_good_sets_the_bit",
            ),
            models.CheckConstraint(
                condition=Q(superseded_by__isnull=True, leads_on=False) | Q(is_final=True),
                name="what_is_superseded_is_withdrawn_for_good",
            ),
        ]
        triggers = [
            *append_only(because="status_change"),
            pgtrigger.Trigger(
                name="status_change_for_good_is_the_last",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_REFUSE_AFTER_THE_LAST,
            ),
            dated("status_change"),
        ]
        indexes = [models.Index(fields=["updated_at", "id"], name="status_changes_by_change")]

    def __str__(self) -> str:
        return f"{self.verifiable_credential_id} {self.act}"

    @property
    def act(self) -> str:
        """What was done: revoked, superseded, suspended or reinstated."""
        if not self.value:
            return "reinstated"
        if self.superseded_by:
            return "superseded"
        return "revoked" if self.is_final else "suspended"


class StatusListPublication(models.Model):
    """One signed edition of a status list, as verifiers fetched it from `published_at` on."""

    status_list = models.ForeignKey(StatusList, models.PROTECT, related_name="publications")
    version = models.PositiveIntegerField()
    body = models.TextField(help_text="The signed BitstringStatusListCredential")
    sha256 = models.CharField(max_length=64)
    last_change = models.ForeignKey(
        StatusChange, models.PROTECT, related_name="+", null=True, help_text="Newest change in it"
    )
    published_at = models.DateTimeField(auto_now_add=True)
    valid_until = models.DateTimeField()

    class Meta:
        ordering = ["status_list", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["status_list", "version"], name="status_list_versions_only_grow"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status_list_id} v{self.version}"
