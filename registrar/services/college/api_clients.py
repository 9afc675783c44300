"""Let a system, such as a student information system, into the API, and change its secret."""

import secrets
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from unicodedata import normalize

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from oauth2_provider.models import (
    AbstractApplication,
    AccessToken,
    Application,
    Grant,
    RefreshToken,
)
from oauth2_provider.scopes import BaseScopes

from issuer.models import LedgerEntry
from issuer.services import clock, ledger, webhooks
from issuer.services.clients import Actor, Client
from registrar.errors import (
    ClientShut,
    NoScope,
    NoSource,
    RegisteredItself,
    SourceNotAllowed,
    TwoSecrets,
)
from registrar.models import ApiClient, FormerSecret
from registrar.services.college import roles
from registrar.services.college import sources as sources_service

ADD: Final = "oauth2_provider.add_application"
CHANGE: Final = "oauth2_provider.change_application"
# How long the secret before goes on opening, unless somebody says otherwise; and at most.
OVERLAP: Final = timedelta(days=7)
LONGEST_OVERLAP: Final = timedelta(days=30)
# How what a token was got by begins where it was a key.
BY_KEY: Final = "key:"
# So many of the systems as which a client sends are named.
_NAMED: Final = 20


@transaction.atomic
def add(
    name: str,
    *,
    by: User | str,
    scopes: Collection[str] | None = None,
    sources: Collection[str] = (),
) -> tuple[Application, str]:
    """Add a confidential client with these scopes, and return it with its secret.

    Unless told otherwise it gets what a student information system reads, and sends rows as any
    system. To grant `vc.issue` is to approve beforehand all that the client will issue. The secret
    is shown this once: only its hash is stored. It ends after CLIENT_SECRET_DAYS. Raises NoScope
    and NoSource.
    """
    _demand(by, ADD)
    granted = _granted(settings.API_SCOPES if scopes is None else scopes)
    secret = secrets.token_urlsafe(32)
    client = Application.objects.create(
        name=name,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )
    held = ApiClient.objects.create(
        application=client,
        scopes=" ".join(granted),
        sources=_lines(sources),
        secret_ends_at=_end(clock.now()),
    )
    details = {"scopes": granted, "sources": sources_of(held)}
    ledger.append("api_client.added", client, by=by, details=details)
    return client, secret


class Changed(NamedTuple):
    """Which scopes a client was given and lost; as which systems it sends, None if as before."""

    added: list[str]
    taken_away: list[str]
    sources: list[str] | None

    def __str__(self) -> str:
        said = []
        if self.added:
            said.append(f"It may also: {', '.join(self.added)}.")
        if self.taken_away:
            lost = ", ".join(self.taken_away)
            said.append(f"It may no more: {lost}; tokens with that are ended.")
        if self.sources is not None:
            said.append(f"It sends rows as {_named(self.sources) or 'any system'}.")
        return " ".join(said) or "Nothing is changed."


@transaction.atomic
def change(
    client: AbstractApplication,
    *,
    by: User | str,
    scopes: Collection[str] | None = None,
    sources: Collection[str] | None = None,
) -> Changed:
    """Let a client do this alone from now on, and send rows as these systems alone.

    None leaves what is; where no system is named it sends as any. Tokens with a scope that is
    taken away open nothing any more, and of webhooks nothing is sent that it may not read. To
    grant `vc.issue` is to approve beforehand all that the client will issue. Raises NoScope and
    NoSource, and RegisteredItself for an application that learners let in.
    """
    _demand(by, ADD)
    held = hold(client)
    if held.application.registration_source != Application.RegistrationSource.MANUAL:
        raise RegisteredItself()
    before, sent_as = held.scopes.split(), held.sources
    granted = before if scopes is None else _granted(scopes)
    held.scopes = " ".join(granted)
    held.sources = sent_as if sources is None else _lines(sources)
    held.save(update_fields=["scopes", "sources"])
    made = Changed(
        added=sorted({*granted} - {*before}),
        taken_away=sorted({*before} - {*granted}),
        sources=sources_of(held) if held.sources != sent_as else None,
    )
    _end_tokens_with(client, made.taken_away)
    if made.added or made.taken_away or made.sources is not None:
        details = {
            "scopes": granted,
            "sources": sources_of(held),
            "added": made.added,
            "taken_away": made.taken_away,
        }
        ledger.append("api_client.changed", client, by=by, details=details)
    return made


def sources_of(held: ApiClient | None) -> list[str]:
    """As which systems a client may send rows; none is named where it may as any."""
    return held.sources.splitlines() if held else []


def sends_as(client: Client) -> list[str]:
    """The same, of whose token it is."""
    return sources_of(ApiClient.objects.filter(application__client_id=client.id).first())


def demand_source(client: Client, source: str) -> None:
    """Raise SourceNotAllowed where the client may not send rows as this system."""
    named = sends_as(client)
    if named and source not in named:
        raise SourceNotAllowed(
            f"This client sends rows as {_named(named)} only. Name one of these, or "
            "have an administrator allow another at the desk."
        )


@transaction.atomic
def rotate_secret(
    client: AbstractApplication,
    *,
    by: Actor | str,
    overlap: timedelta = OVERLAP,
    at: datetime | None = None,
) -> str:
    """Give a client a new secret, and return it: it is shown this once.

    The one that it has goes on opening for the overlap, none to end it now, with the tokens that
    were got by it. A client may change its own, but not once it is shut: then ClientShut is
    raised, also where its call began before.
    Raises TwoSecrets while an earlier one still opens, and ValueError for an overlap that is too
    long.
    """
    _demand(by, CHANGE)
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise ValueError(f"The overlap is from 0 to {LONGEST_OVERLAP.days} days.")
    now = at or clock.now()
    held = hold(client)
    if isinstance(by, Client) and is_shut(client):
        raise ClientShut()
    former = FormerSecret.objects.filter(client=held)
    if former.filter(ends_at__gt=now).exists():
        raise TwoSecrets()
    former.delete()
    application = Application.objects.get(pk=client.pk)
    ends_at = min(filter(None, [now + overlap, held.secret_ends_at]))
    if ends_at > now:
        FormerSecret.objects.create(client=held, digest=application.client_secret, ends_at=ends_at)
    else:
        _end_tokens(client, application.client_secret)
    secret = secrets.token_urlsafe(32)
    application.client_secret = secret
    application.save(update_fields=["client_secret", "updated"])
    ApiClient.objects.filter(pk=held.pk).update(secret_ends_at=_end(now))
    ledger.append(
        "api_client.secret_rotated", client, by=by, details={"former_ends_at": ends_at.isoformat()}
    )
    return secret


@transaction.atomic
def end_former_secret(client: AbstractApplication, *, by: Actor | str) -> bool:
    """Let the secret before the present one open nothing from now on; whether there was one.

    Nor do the tokens that were got by it, also the one with which it is asked: whoever has the
    former secret could ask first, and keep theirs.
    """
    _demand(by, CHANGE)
    former = FormerSecret.objects.filter(client=hold(client)).first()
    if former is None:
        return False
    _end_tokens(client, former.digest)
    former.delete()
    ledger.append("api_client.former_secret_ended", client, by=by)
    return True


def end_tokens_of_keys(client: AbstractApplication, *, but: Collection[str]) -> None:
    """Let tokens open nothing that were got by keys, unless by those with these thumbprints."""
    by_keys = AccessToken.objects.filter(application=client.pk, proof__proof__startswith=BY_KEY)
    by_keys.exclude(proof__proof__in=[BY_KEY + each for each in but]).delete()


def _end_tokens(client: AbstractApplication, digest: str) -> None:
    """Also those of which nobody knows by what they were got."""
    tokens = AccessToken.objects.filter(application=client.pk)
    tokens.filter(Q(proof=None) | Q(proof__proof=digest)).delete()


def _end_tokens_with(client: AbstractApplication, scopes: Collection[str]) -> None:
    tokens = AccessToken.objects.filter(application=client.pk).values_list("pk", "scope")
    lost = [pk for pk, carried in tokens if not {*scopes}.isdisjoint(carried.split())]
    AccessToken.objects.filter(pk__in=lost).delete()


def former_secret_ends_at(client: AbstractApplication) -> datetime | None:
    """Until when the secret before the present one opens; None where it does not."""
    former = FormerSecret.objects.filter(client=client.pk, ends_at__gt=clock.now()).first()
    return former.ends_at if former else None


@transaction.atomic
def close(client: AbstractApplication, *, by: User | str, reason: str) -> None:
    """Let the client in no more: its secrets, keys and tokens open nothing from now on.

    Its webhooks are switched off. A new secret or other keys open again. To close it again changes
    nothing.
    """
    _demand(by, CHANGE)
    held = hold(client)
    FormerSecret.objects.filter(client=held).delete()
    now = clock.now()
    ApiClient.objects.filter(pk=held.pk).update(
        secret_ends_at=now, jwks=None, jwks_uri="", keys_end_at=None
    )
    for tokens in (Grant, RefreshToken, AccessToken):
        tokens.objects.filter(application=client.pk).delete()
    for endpoint in webhooks.of(Client(client.client_id, client.name)):
        webhooks.switch_off(endpoint, by=by)
    ledger.append("api_client.closed", client, by=by, reason=reason)


def hold(client: AbstractApplication) -> ApiClient:
    """What the client was granted, locked: of two who change its secret one waits."""
    return ApiClient.objects.select_for_update().get(pk=granted_to(client).pk)


def knows_secret(client: AbstractApplication, secret: str) -> bool:
    """Whether this is a secret of the client that has not ended."""
    return digest_of(client, secret) is not None


def digest_of(client: AbstractApplication, secret: str) -> str | None:
    """What is kept of this secret; None where it is none of the client's, or has ended."""
    held = ApiClient.objects.select_related("former_secret", "application").filter(pk=client.pk)
    known = digests(found) if (found := held.first()) else [client.client_secret]
    return next((each for each in known if secret and check_password(secret, each)), None)


def digests(held: ApiClient) -> list[str]:
    """What is kept of the secrets of a client that have not ended, the present one first."""
    now = clock.now()
    is_good = held.secret_ends_at is None or held.secret_ends_at > now
    found = [str(held.application.client_secret)] if is_good else []
    former: FormerSecret | None = getattr(held, "former_secret", None)
    return [*found, former.digest] if former and former.ends_at > now else found


def is_shut(client: AbstractApplication) -> bool:
    """Whether nothing opens to the client: its secrets have ended, and it has no keys."""
    held = ApiClient.objects.select_related("former_secret").filter(pk=client.pk).first()
    if held is None or held.secret_ends_at is None:
        return False
    now = clock.now()
    ends = [held.secret_ends_at]
    if former := getattr(held, "former_secret", None):
        ends.append(former.ends_at)
    if held.jwks or held.jwks_uri:
        ends.append(held.keys_end_at or datetime.max.replace(tzinfo=UTC))
    return max(ends) <= now


def could_sign_in_as(person: User, *, of: Collection[str]) -> bool:
    """Whether they were shown a secret of one of these clients, by their ids, or gave it keys."""
    subjects = [ledger.name_of(each) for each in Application.objects.filter(client_id__in=of)]
    acts = ("api_client.added", "api_client.secret_rotated", "api_client.keys_changed")
    done = LedgerEntry.objects.filter(subject__in=subjects, act__in=acts, user=person)
    taken_away = Q(act="api_client.keys_changed", details__kids=[], details__jwks_uri="")
    return done.exclude(taken_away).exists()


def acted_on(person: User, *, subjects: Collection[str], acts: Collection[str]) -> set[str]:
    """On which of these subjects they did such an act, or could have done it as a system."""
    done = LedgerEntry.objects.filter(subject__in=subjects, act__in=acts)
    found = set(done.filter(user=person).values_list("subject", flat=True))
    by_system: dict[str, set[str]] = defaultdict(set)
    systems = done.filter(details__has_key="client")
    for client, subject in systems.values_list("details__client", "subject"):
        by_system[client].add(subject)
    for client, touched in by_system.items():
        if not touched <= found and could_sign_in_as(person, of=[client]):
            found |= touched
    return found


def acted_as(person: User, *, subject: str, acts: Collection[str]) -> str:
    """The system, by its name, as which they could have done such an act on it.

    Nothing if none is, and if they did one themselves.
    """
    done = LedgerEntry.objects.filter(subject=subject, act__in=acts)
    if done.filter(user=person).exists():
        return ""
    for client, name in done.filter(details__has_key="client").values_list(
        "details__client", "actor"
    ):
        if could_sign_in_as(person, of=[client]):
            return name
    return ""


def granted_to(client: AbstractApplication) -> ApiClient:
    """What the client was granted; one added before there was a choice has what a SIS reads."""
    scopes = " ".join(settings.API_SCOPES)
    return ApiClient.objects.get_or_create(application=client, defaults={"scopes": scopes})[0]


def scopes_of(client: AbstractApplication | None) -> list[str]:
    """What was granted to a client; one added before there was a choice has what a SIS reads."""
    if client is None:
        return []
    granted = ApiClient.objects.filter(pk=client.pk).values_list("scopes", flat=True).first()
    return [*settings.API_SCOPES] if granted is None else granted.split()


def _granted(scopes: Collection[str]) -> list[str]:
    granted = sorted({*scopes})
    if not granted or not set(granted) <= set(settings.ALL_SCOPES):
        raise NoScope()
    return granted


def _named(sources: Collection[str]) -> str:
    """The first of them, and whether there are more."""
    more = len(sources) - _NAMED
    return ", ".join([*sources][:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _lines(sources: Collection[str]) -> str:
    for source in sources:
        sources_service.demand_name(source)
        if source.splitlines() != [source]:
            raise NoSource
    return "\n".join(sorted({normalize("NFC", source) for source in sources}))


def _demand(by: Actor | str, permission: str) -> None:
    if isinstance(by, User):
        roles.demand(by, permission)


def _end(now: datetime) -> datetime:
    return now + timedelta(days=settings.CLIENT_SECRET_DAYS)


class GrantedScopes(BaseScopes):
    """How the token endpoint asks what a client may ask for."""

    def get_all_scopes(self) -> dict[str, str]:
        """Every scope there is, with its description."""
        return settings.ALL_SCOPES | settings.LEARNER_SCOPES

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """What this client may ask for; nothing where it has no way to prove who it is."""
        return [] if application is not None and is_shut(application) else scopes_of(application)

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """What a client gets that names no scope: all that it has."""
        return scopes_of(application)
