"""What each role may do, and where: the one table of permissions."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import Q, QuerySet

from registrar.errors import NotAllowed
from registrar.models import OrganizationUnit, Role

_VIEW_CATALOG = {
    "registrar.view_course",
    "registrar.view_activity",
    "registrar.view_programme",
    "registrar.view_outcomeset",
    "registrar.view_learningoutcome",
    "registrar.view_organizationunit",
    "registrar.view_term",
    "registrar.view_skilltag",
    "registrar.view_mapping",
    "registrar.view_coverage",
    "skills.view_framework",
    "skills.view_skill",
    "skills.view_association",
    "skills.view_competency",
}
_VIEW_RECORDS = _VIEW_CATALOG | {
    "registrar.view_learner",
    "registrar.view_offering",
    "registrar.view_result",
    "registrar.view_confirmation",
    "registrar.view_correction",
    "registrar.view_resultimport",
    "registrar.view_rosterimport",
    "registrar.view_feed",
    "registrar.view_sameperson",
    "registrar.view_nightrun",
    "registrar.view_credentialtemplate",
    "registrar.view_revision",
    "registrar.view_templateproposal",
    "registrar.view_simulation",
    "registrar.view_award",
    "registrar.view_awardfile",
    "issuer.view_batch",
    "issuer.view_credential",
    "issuer.view_ledgerentry",
    "skills.view_frameworkimport",
}
_TEACH = {
    "registrar.propose_revision",
    "registrar.mark_result",
    "registrar.propose_skilltag",
    "skills.view_framework",
    "skills.view_skill",
}

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.Kind.REGISTRAR: frozenset(
        _VIEW_RECORDS
        | {
            "registrar.import_roster",
            "registrar.decide_sameperson",
            "registrar.begin_nightrun",
            "registrar.add_activity",
            "registrar.ask_confirmation",
            "registrar.change_correctionpolicy",
            "registrar.change_learningoutcome",
            "registrar.change_markingpolicy",
            "registrar.change_reminderpolicy",
            "registrar.change_taggingpolicy",
            "registrar.draft_revision",
            "registrar.evaluate_award",
            "registrar.make_correction",
            "registrar.confirm_correction",
            "issuer.prepare_batch",
            "issuer.revoke_credential",
            "issuer.view_mail",
            "issuer.resend_mail",
            "skills.import_framework",
            "skills.propose_association",
            "skills.review_association",
            "skills.draft_competency",
            "skills.publish_competency",
        }
    ),
    Role.Kind.APPROVER: frozenset(
        _VIEW_RECORDS
        | {
            "registrar.approve_revision",
            "registrar.confirm_correction",
            "registrar.evaluate_award",
            "issuer.approve_batch",
            "skills.review_association",
            "skills.publish_competency",
        }
    ),
    Role.Kind.FACULTY: frozenset(_TEACH),
    Role.Kind.ADVOCATE: frozenset(_TEACH | {"registrar.propose_for_colleague"}),
    Role.Kind.CHAIR: frozenset(
        _VIEW_CATALOG
        | {
            "registrar.change_learningoutcome",
            "registrar.mark_result",
            "registrar.propose_revision",
            "registrar.propose_skilltag",
            "registrar.propose_for_colleague",
            "registrar.review_skilltag",
            "skills.propose_association",
            "skills.review_association",
        }
    ),
    Role.Kind.OPERATOR: frozenset(
        {
            "issuer.view_institution",
            "issuer.change_institution",
            "issuer.view_signingkey",
            "issuer.change_signingkey",
            "issuer.view_batch",
            "issuer.view_statuslist",
            "issuer.view_ledgerentry",
            "auth.view_user",
            "registrar.view_role",
            "registrar.view_organizationunit",
            "registrar.view_apiclient",
            "registrar.view_nightrun",
            "issuer.view_delivery",
            "issuer.view_webhookendpoint",
            "issuer.add_webhookendpoint",
            "issuer.change_webhookendpoint",
        }
    ),
}

# Kinds of role whose holders work in the admin UI; faculty have a place of their own.
AT_THE_DESK = (Role.Kind.REGISTRAR, Role.Kind.APPROVER, Role.Kind.CHAIR, Role.Kind.OPERATOR)


class RoleBackend(BaseBackend):
    """Grants Django permissions from the roles that a person holds.

    `user.has_perm(permission)` asks whether they hold it anywhere, and
    `user.has_perm(permission, unit)` whether they hold it for that organisation unit.
    """

    def has_perm(
        self, user_obj: AbstractBaseUser | AnonymousUser, perm: str, obj: Any = None
    ) -> bool:
        """Whether one of the person's roles grants the permission (there)."""
        if not user_obj.is_active or user_obj.is_anonymous:
            return False
        kinds = [kind for kind, granted in PERMISSIONS.items() if perm in granted]
        roles = Role.objects.filter(user_id=user_obj.pk, kind__in=kinds)
        if obj is None:
            return roles.exists()
        if not isinstance(obj, OrganizationUnit):
            return False
        return roles.filter(Q(unit=None) | Q(unit__in=lineage(obj))).exists()

    def has_module_perms(self, user_obj: AbstractBaseUser | AnonymousUser, app_label: str) -> bool:
        """Whether any role grants something in that app; the admin's navigation asks this."""
        if not user_obj.is_active or user_obj.is_anonymous:
            return False
        kinds = [
            kind
            for kind, granted in PERMISSIONS.items()
            if any(permission.startswith(f"{app_label}.") for permission in granted)
        ]
        return Role.objects.filter(user_id=user_obj.pk, kind__in=kinds).exists()


def lineage(unit: OrganizationUnit) -> list[int]:
    """The unit's id and those of all units above it."""
    ids: list[int] = []
    current: OrganizationUnit | None = unit
    while current is not None and current.pk not in ids:
        ids.append(current.pk)
        current = current.parent
    return ids


def demand(user: Any, permission: str, *, unit: OrganizationUnit | None = None) -> None:
    """Raise NotAllowed unless the person may do this (in that unit)."""
    if not user.has_perm(permission, unit):
        raise NotAllowed


def demand_for_all(user: Any, permission: str) -> None:
    """Raise NotAllowed unless the person may do this for the whole institution.

    That takes a role in no unit or in one that has none above it.
    """
    if not may_for_all(user, permission):
        raise NotAllowed("This concerns the whole institution; your role is in a part of it.")


def may_for_all(user: Any, permission: str) -> bool:
    """Whether the person may do this for the whole institution."""
    reaches_top = reach(user, permission).filter(parent=None).exists()
    return reaches_top or _holds_everywhere(user, permission)


def _holds_everywhere(user: Any, permission: str) -> bool:
    kinds = [kind for kind, granted in PERMISSIONS.items() if permission in granted]
    return user.is_superuser or Role.objects.filter(user=user, kind__in=kinds, unit=None).exists()


def reach(user: Any, permission: str) -> QuerySet[OrganizationUnit]:
    """The units in which the person may do this: those of their roles and everything below."""
    if user.is_superuser:
        return OrganizationUnit.objects.all()
    kinds = [kind for kind, granted in PERMISSIONS.items() if permission in granted]
    held = set(Role.objects.filter(user=user, kind__in=kinds).values_list("unit", flat=True))
    if None in held:
        return OrganizationUnit.objects.all()
    return below(held)


def holders(permission: str, unit: OrganizationUnit) -> QuerySet[User]:
    """Those whose roles let them do this in the unit."""
    kinds = [kind for kind, granted in PERMISSIONS.items() if permission in granted]
    held = Role.objects.filter(kind__in=kinds).filter(Q(unit=None) | Q(unit__in=lineage(unit)))
    return User.objects.filter(pk__in=held.values("user"), is_active=True)


def able(permission: str, unit: OrganizationUnit) -> list[User]:
    """Everybody who may do this in the unit: who holds a role for it, and administrators."""
    administrators = User.objects.filter(is_superuser=True, is_active=True)
    return list((holders(permission, unit) | administrators).order_by("pk").distinct())


def below(units: Iterable[int]) -> QuerySet[OrganizationUnit]:
    """These units and everything below them."""
    reached = set(units)
    parents = OrganizationUnit.objects.values_list("pk", "parent")
    while found := {unit for unit, parent in parents if parent in reached} - reached:
        reached |= found
    return OrganizationUnit.objects.filter(pk__in=reached)
