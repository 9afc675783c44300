"""Add organisation units and people, and give people their roles."""

import secrets

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from issuer.services import ledger
from registrar.models import OrganizationUnit, Role
from registrar.services.college import roles

OWN = "own"
# What is set up first, above all other units.
INSTITUTION = "institution"
NOBODY = "command-or-system"

# Letters and digits that nobody takes for one another.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def draw_password() -> str:
    """A password to begin with, of 60 random bits, that one can read to somebody."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


@transaction.atomic
def add_unit(
    name: str,
    *,
    by: User,
    sourced_id: str,
    source: str = OWN,
    parent: OrganizationUnit | None = None,
    code: str = "",
    kind: str = "",
) -> OrganizationUnit:
    """Add a unit that no roster brought along. The same key again returns the unit there is."""
    roles.demand(by, "registrar.add_organizationunit", unit=parent)
    unit, is_new = OrganizationUnit.objects.get_or_create(
        source=source,
        sourced_id=sourced_id,
        defaults={"name": name, "code": code, "kind": kind, "parent": parent},
    )
    if is_new:
        ledger.append("unit.added", unit, by=by)
    return unit


def institution() -> OrganizationUnit | None:
    """The unit above all others: the only one that is part of none, else the one of the setup.

    None while there is no unit, and where several are part of none and none is of the setup.
    """
    tops = OrganizationUnit.objects.filter(parent=None)
    found = list(tops[:2])
    if len(found) == 1:
        return found[0]
    return tops.filter(source=OWN, sourced_id=INSTITUTION).first()


def administrator(username: str) -> User | None:
    """The administrator of that name, or None if there is none."""
    named = User.objects.filter(username=User.normalize_username(username))
    return named.filter(is_superuser=True, is_active=True).first()


@transaction.atomic
def add_administrator(username: str, *, password: str, email: str = "") -> User:
    """Add a person who may do everything but decide on their own work, and operates the service.

    The way in for the first one: whoever may run commands on the server may do this. Raises
    ValidationError for a password that is too weak, and for a user name that is taken.
    """
    person = User(
        username=username,
        email=email,
        is_superuser=True,
        is_staff=True,
        password=make_password(None),
    )
    person.full_clean()
    validate_password(password, person)
    person.set_password(password)
    person.save()
    ledger.append("administrator.added", person, by="setup")
    give_role(person, Role.Kind.OPERATOR, by=person)
    return person


@transaction.atomic
def add_person(
    username: str,
    *,
    by: User,
    given_name: str,
    family_name: str,
    email: str = "",
    password: str | None = None,
) -> User:
    """Add a member of staff, who can do nothing before a role is given to them.

    Without a password nobody can sign in as them. The same user name again returns the person
    there is, unchanged. Raises ValidationError for a password that is too weak.
    """
    roles.demand(by, "auth.add_user")
    # As the name is read when they sign in.
    username = User.normalize_username(username)
    person = User.objects.filter(username=username).first()
    if person is not None:
        return person
    person = User(username=username, first_name=given_name, last_name=family_name, email=email)
    if password is not None:
        validate_password(password, person)
    person.set_password(password)
    person.save()
    ledger.append("person.added", person, by=by)
    return person


def nobody() -> User:
    """Who stands for a command on the server or a system, where a person is to be named.

    They cannot sign in, and have no role; the ledger names the system itself.
    """
    person, _ = User.objects.get_or_create(
        username=NOBODY,
        defaults={
            "first_name": "Command",
            "last_name": "or system",
            "is_active": False,
            "password": make_password(None),
        },
    )
    return person


@transaction.atomic
def set_password(person: User, password: str, *, by: User) -> None:
    """Give a person another password. Raises ValidationError for one that is too weak."""
    roles.demand(by, "auth.change_user")
    validate_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    ledger.append("person.password_set", person, by=by)


@transaction.atomic
def give_role(user: User, kind: str, unit: OrganizationUnit | None = None, *, by: User) -> Role:
    """Give a person a role in a unit and all below it; in no unit means everywhere.

    Those who work at the desk may sign in there from now on. A role that they hold already
    stays as it is.
    """
    roles.demand(by, "registrar.add_role", unit=unit)
    role, is_new = Role.objects.get_or_create(user=user, kind=kind, unit=unit)
    if is_new:
        User.objects.filter(pk=user.pk, is_staff=False).update(is_staff=_sits_at_the_desk(user))
        ledger.append("role.given", user, by=by, details={"role": kind, "unit": unit and unit.pk})
    return role


@transaction.atomic
def take_role(role: Role, *, by: User, reason: str = "") -> None:
    """Take a role from a person. A role already taken is passed over."""
    roles.demand(by, "registrar.delete_role", unit=role.unit)
    taken, _ = Role.objects.filter(pk=role.pk).delete()
    if taken:
        keeps_a_seat = role.user.is_superuser or _sits_at_the_desk(role.user)
        User.objects.filter(pk=role.user_id).update(is_staff=keeps_a_seat)
        details = {"role": role.kind, "unit": role.unit_id}
        ledger.append("role.taken", role.user, by=by, reason=reason, details=details)


def _sits_at_the_desk(user: User) -> bool:
    return user.roles.filter(kind__in=roles.AT_THE_DESK).exists()
