"""System checks: `check --deploy` refuses what is fine on a laptop and dangerous elsewhere."""

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connections

from issuer.models import LedgerEntry

GUARDED_BROKERS = ("redis", "rediss", "redis+socket", "amqp", "amqps")


@register(Tags.security, deploy=True)
def addresses_are_https(**options: Any) -> list[CheckMessage]:
    """Refuse addresses and identifiers that outsiders could not follow."""
    problems: list[CheckMessage] = []
    if not settings.BASE_URL.startswith("https://"):
        problems.append(
            Error(
                "BASE_URL is not https.",
                hint="Every link in every credential begins with it: set the public https address.",
                id="issuer.E001",
            )
        )
    if settings.ISSUER_DID.startswith("did:web:localhost"):
        problems.append(
            Error(
                "ISSUER_DID names this machine only.",
                hint="Set the DID of your public host, e.g. did:web:credentials.college.example.",
                id="issuer.E002",
            )
        )
    return problems


@register(Tags.security, deploy=True)
def keystore_is_closed_to_others(**options: Any) -> list[CheckMessage]:
    """Refuse a keystore or a secret that other users of the machine could read."""
    problems: list[CheckMessage] = []
    if secret := settings.KEYSTORE_SECRET_FILE:
        problems += _closed_to_others(Path(secret), "KEYSTORE_SECRET_FILE", "issuer.E003")
        if settings.KEYSTORE_DIR and Path(settings.KEYSTORE_DIR) in Path(secret).parents:
            problems.append(
                Error(
                    "KEYSTORE_SECRET_FILE lies inside KEYSTORE_DIR.",
                    hint="Keep the secret apart: a copy of the folder must not open the keys.",
                    id="issuer.E005",
                )
            )
    if folder := settings.KEYSTORE_DIR:
        problems += _closed_to_others(Path(folder), "KEYSTORE_DIR", "issuer.E004")
    return problems


@register(Tags.security, deploy=True)
def conformance_is_off(**options: Any) -> list[CheckMessage]:
    """Refuse the profile in which anybody may have anything signed."""
    if not settings.CONFORMANCE:
        return []
    return [
        Error(
            "CONFORMANCE is on.",
            hint="Anybody may have anything signed by it: it is for public test suites only.",
            id="issuer.E008",
        )
    ]


@register(Tags.security, deploy=True)
def broker_is_guarded(**options: Any) -> list[CheckMessage]:
    """Refuse a broker of which malformed messages would reach the workers."""
    addresses = settings.CELERY_BROKER_URL.split(";")
    if all(address.partition("://")[0] in GUARDED_BROKERS for address in addresses):
        return []
    return [
        Error(
            "BROKER_URL names neither a Redis (or Valkey) nor a RabbitMQ.",
            hint=f"Let it begin with one of {', '.join(GUARDED_BROKERS)}.",
            id="issuer.E011",
        )
    ]


@register(Tags.security, deploy=True)
def lists_are_renewed_in_time(**options: Any) -> list[CheckMessage]:
    """Refuse status lists that verifiers would keep beyond their validity."""
    if settings.STATUS_LIST_TTL * 2 <= settings.STATUS_LIST_VALIDITY:
        return []
    return [
        Error(
            "STATUS_LIST_TTL is more than half of STATUS_LIST_VALIDITY.",
            hint="Verifiers would hold lists that have run out: shorten the TTL.",
            id="issuer.E006",
        )
    ]


@register(Tags.security, deploy=True)
def mail_can_be_sent(**options: Any) -> list[CheckMessage]:
    """Refuse mail that tells others its password, or that nobody can answer to."""
    problems: list[CheckMessage] = []
    if not settings.MAIL_URL.startswith("smtp"):
        problems.append(
            Warning(
                "MAIL_URL names no mail server.",
                hint="Mails are written and never sent: see deploy/env.example.",
                id="issuer.W002",
            )
        )
    if settings.EMAIL_HOST_PASSWORD and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        problems.append(
            Error(
                "MAIL_URL sends its password in the clear.",
                hint="Let it begin with smtp+tls or smtp+ssl.",
                id="issuer.E012",
            )
        )
    for name in ("MAIL_FROM", "MAIL_BOUNCES_TO"):
        try:
            validate_email(getattr(settings, name))
        except ValidationError:
            hint = "Write one without a name, like credentials@college.example."
            problems.append(Error(f"{name} is no e-mail address.", hint=hint, id="issuer.E013"))
    return problems


@register(Tags.security, deploy=True)
def proxies_are_counted(**options: Any) -> list[CheckMessage]:
    """Refuse to take everybody for one address, where wrong passwords are counted by address."""
    if settings.PROXIES or not getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        return []
    return [
        Error(
            "PROXY_SSL_HEADER says that there is a proxy, and PROXIES that there is none.",
            hint="Set PROXIES to how many there are: otherwise a stranger's wrong passwords count "
            "against everybody who comes through them.",
            id="issuer.E010",
        )
    ]


@register(Tags.database, deploy=True)
def tables_belong_to_another_role(
    databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Warn of a process that could switch off the triggers which protect the facts.

    As every check that asks the database, it is made with `--database default` only.
    """
    return [
        Warning(
            f"The database role {role} owns the tables.",
            hint="It can switch off the triggers that keep facts from being changed, and read all: "
            "give each process a role of its own, see deploy/README.md.",
            id="issuer.W001",
        )
        for alias in databases or ()
        if (role := _role_that_owns_tables(alias))
    ]


def _role_that_owns_tables(alias: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT current_user FROM pg_class "
            "WHERE oid = to_regclass(%s) AND pg_has_role(relowner, 'USAGE')",
            [LedgerEntry._meta.db_table],
        )
        row = cursor.fetchone()
    return row[0] if row else ""


def _closed_to_others(path: Path, name: str, code: str) -> list[CheckMessage]:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return [Error(f"{name} cannot be read: {error}.", id=code)]
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        hint = f"chmod go= {path}"
        return [Error(f"{name} is open to other users.", hint=hint, id=code)]
    return []
