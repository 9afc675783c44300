"""System checks: `check --deploy` refuses what is fine on a laptop and dangerous elsewhere."""

import stat
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


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


def _closed_to_others(path: Path, name: str, code: str) -> list[CheckMessage]:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return [Error(f"{name} cannot be read: {error}.", id=code)]
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        hint = f"chmod go= {path}"
        return [Error(f"{name} is open to other users.", hint=hint, id=code)]
    return []
