"""What the database lets each process do: the least that its work takes, a role for each.

The tables belong to a further role, which only `migrate` and commands of setting up use. The
database itself then refuses what the code never does: web and worker can't sign, the signer can't
decide, and nobody rewrites a fact or switches a trigger off.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.apps import apps
from django.db import connection, models

from issuer import models as issuer
from registrar import models as registrar

READ, ADD, CHANGE, REMOVE = "SELECT", "INSERT", "UPDATE", "DELETE"


Table = type[models.Model]


@dataclass(frozen=True)
class Rights:
    """Privileges on a table: on all of it, and on some columns only."""

    whole: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _rights(*whole: str, **columns: tuple[str, ...]) -> Rights:
    return Rights(whole, {verb.upper(): names for verb, names in columns.items()})


# To lock a row takes UPDATE of some column; the trigger still refuses to change it.
_LOCK = {"update": ("id",)}
# The permutation tells which entries are handed out next, so only who hands out reads it.
_STATUS_LIST = tuple(
    each.column
    for each in issuer.StatusList._meta.concrete_fields
    if each.column and each.name != "permutation"
)
_LEDGER: dict[Table, Rights] = {issuer.LedgerEntry: _rights(READ, ADD)}
_PUBLICATION: dict[Table, Rights] = {
    issuer.SigningKey: _rights(READ),
    issuer.StatusChange: _rights(READ),
    issuer.StatusList: _rights(select=_STATUS_LIST),
    issuer.StatusListPublication: _rights(READ, ADD),
}

# Whoever does what others are told of writes the events of it.
_TELLING: dict[Table, Rights] = {
    issuer.Delivery: _rights(READ, ADD),
    issuer.Event: _rights(READ, ADD),
    issuer.WebhookEndpoint: _rights(READ),
}

_WEB: dict[Table, Rights] = _LEDGER | {
    issuer.Achievement: _rights(READ, ADD),
    issuer.Batch: _rights(READ, ADD, CHANGE),
    issuer.Chunk: _rights(READ, ADD),
    issuer.Credential: _rights(READ),
    issuer.Delivery: _rights(READ, ADD, update=("state", "tries", "try_at")),
    issuer.DeliveryAttempt: _rights(READ),
    issuer.Event: _rights(READ, ADD),
    issuer.Institution: _rights(READ, ADD, CHANGE),
    issuer.LedgerCheck: _rights(READ, ADD),
    issuer.Mail: _rights(READ, ADD, **_LOCK),
    issuer.Release: _rights(READ),
    issuer.SecuredDocument: _rights(READ),
    issuer.Shape: _rights(READ),
    issuer.SigningKey: _rights(READ),
    issuer.StatusChange: _rights(READ, ADD),
    issuer.StatusList: _rights(select=_STATUS_LIST),
    issuer.StatusListPublication: _rights(READ),
    issuer.VerifiableCredential: _rights(READ, **_LOCK),
    issuer.WebhookEndpoint: _rights(READ, ADD, CHANGE),
}

# Of the issuer's tables. What stands nowhere is refused.
ISSUER: dict[str, dict[Table, Rights]] = {
    "web": _WEB,
    # Systems that compose credentials themselves have them frozen without a second person.
    "vc_api": _WEB
    | {
        issuer.Chunk: _rights(READ, ADD, CHANGE),
        issuer.Credential: _rights(READ, ADD),
        issuer.Shape: _rights(READ, ADD),
        issuer.StatusList: _rights(READ, ADD, update=("taken",)),
        issuer.VerifiableCredential: _rights(READ, ADD, **_LOCK),
    },
    "worker": _LEDGER
    | {
        issuer.Achievement: _rights(READ),
        issuer.Batch: _rights(
            READ, update=("state", "issued_at", "paused_at", "begins_at", "rested")
        ),
        issuer.Chunk: _rights(READ, ADD, CHANGE),
        issuer.Credential: _rights(READ, ADD),
        issuer.Delivery: _rights(READ, ADD, CHANGE, REMOVE),
        issuer.DeliveryAttempt: _rights(READ, ADD, REMOVE),
        issuer.Event: _rights(READ, ADD, REMOVE),
        issuer.Institution: _rights(READ),
        issuer.LedgerCheck: _rights(READ, ADD, CHANGE),
        issuer.Mail: _rights(READ, ADD, CHANGE),
        issuer.Release: _rights(READ),
        issuer.SecuredDocument: _rights(READ),
        issuer.Shape: _rights(READ, ADD),
        issuer.SigningKey: _rights(READ),
        issuer.StatusChange: _rights(READ, ADD),
        issuer.StatusList: _rights(READ, ADD, update=("taken",)),
        issuer.VerifiableCredential: _rights(READ, ADD, **_LOCK),
        issuer.WebhookEndpoint: _rights(READ, CHANGE),
    },
    "signer": _LEDGER
    | _PUBLICATION
    | _TELLING
    | {
        issuer.Batch: _rights(READ, update=("state", "issued_at", "paused_at")),
        issuer.Chunk: _rights(READ, ADD, CHANGE),
        issuer.Credential: _rights(READ),
        issuer.Release: _rights(READ, ADD),
        issuer.SecuredDocument: _rights(READ, ADD),
        issuer.Shape: _rights(READ),
        issuer.SigningKey: _rights(READ, ADD, CHANGE),
        issuer.VerifiableCredential: _rights(READ),
    },
    "publisher": _LEDGER
    | _PUBLICATION
    | {issuer.VerifiableCredential: _rights(select=("id", "status_list_id", "status_index"))},
}

# Everything that is not the issuer's: the registrar's, the vocabulary, people and their sessions.
OFFICE = ("web", "vc_api", "worker")
# A result is superseded, not edited.
_OF_ITS_OWN: dict[Table, Rights] = {registrar.Result: _rights(READ, ADD, update=("superseded_at",))}
# Who holds which role, what belongs to a draft, rows of a file that was discarded, attempts to sign
# in, sessions, tokens, what a client proved itself with, applications that nobody let in, what the
# API answered, and pairs such as a class and its teachers come and go. All else is retired.
_REMOVED = {
    "registrar.apiclient",
    "registrar.awardfilerow",
    "registrar.formersecret",
    "registrar.hostedcredential",
    "registrar.keptanswer",
    "registrar.learnerapp",
    "registrar.role",
    "registrar.revisionskill",
    "registrar.signinattempt",
    "registrar.signinlink",
    "registrar.tagevidence",
    "registrar.upsertedrow",
    "registrar.upsertjob",
    "registrar.tokenproof",
    "registrar.usedassertion",
    "skills.competency",
    "skills.component",
    "sessions.session",
}


def roles() -> tuple[str, ...]:
    """The role of each process."""
    return tuple(ISSUER)


def of(role: str) -> dict[str, Rights]:
    """The rights of a role, by table."""
    found = {model._meta.db_table: rights for model, rights in ISSUER[role].items()}
    if role in OFFICE:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.app_label != "issuer" and not model._meta.proxy:
                found[model._meta.db_table] = _in_the_office(model)
    return found


def sql(*, prefix: str) -> Iterator[str]:
    """Statements that make the roles, if there are none, and give them these rights and no others.

    To be carried out by the owner of the tables, who may make roles, after each `migrate`.
    """
    quote = connection.ops.quote_name
    for role in roles():
        name = quote(f"{prefix}{role}")
        yield (
            f"DO $$ BEGIN CREATE ROLE {name} LOGIN; "
            "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}"
        yield f"REVOKE ALL ON SCHEMA public FROM {name}"
        yield f"GRANT USAGE ON SCHEMA public TO {name}"
        for table, rights in sorted(of(role).items()):
            granted = [*rights.whole]
            for verb, columns in rights.columns.items():
                granted.append(f"{verb} ({', '.join(map(quote, columns))})")
            yield f"GRANT {', '.join(granted)} ON {quote(table)} TO {name}"
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"


def is_append_only(model: Table) -> bool:
    """Whether the rows are facts, which a trigger keeps from being changed."""
    triggers = getattr(model._meta, "triggers", [])
    return any(trigger.name.endswith("_is_append_only") for trigger in triggers)


def _in_the_office(model: Table) -> Rights:
    if own := _OF_ITS_OWN.get(model):
        return own
    if is_append_only(model):
        return _rights(READ, ADD)
    comes_and_goes = (
        model._meta.label_lower in _REMOVED
        or model._meta.auto_created
        or model._meta.app_label == "oauth2_provider"
    )
    return _rights(READ, ADD, CHANGE, *([REMOVE] if comes_and_goes else []))
