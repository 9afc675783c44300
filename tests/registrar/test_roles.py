"""Roles: who may do what, and in which unit."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from issuer.models import LedgerEntry
from registrar.errors import NotAllowed
from registrar.models import OrganizationUnit, Role
from registrar.services.college import people, roles
from tests.cast import College, member_of_staff

DRAFT = "registrar.draft_revision"


def fresh(person: User) -> User:
    """The same person without cached permissions."""
    return User.objects.get(pk=person.pk)


def test_a_role_holds_in_its_unit_and_all_below(college: College, root: User) -> None:
    person = member_of_staff(root, "per", "registrar", college.science)
    physics = people.add_unit("Physics", sourced_id="phy", parent=college.science, by=root)
    roles.demand(person, DRAFT, unit=college.science)
    roles.demand(person, DRAFT, unit=physics)
    for elsewhere in (college.arts, college.top):
        with pytest.raises(NotAllowed):
            roles.demand(person, DRAFT, unit=elsewhere)


def test_a_role_in_no_unit_holds_everywhere(college: College, root: User) -> None:
    person = member_of_staff(root, "per", "registrar", None)
    for unit in (college.top, college.science, college.arts):
        roles.demand(person, DRAFT, unit=unit)


def test_each_role_may_do_its_own_work_alone(
    clara: User, dev: User, fay: User, chen: User, olu: User
) -> None:
    may = {
        "registrar.draft_revision": {clara},
        "registrar.approve_revision": {dev},
        "issuer.prepare_batch": {clara},
        "issuer.approve_batch": {dev},
        "issuer.revoke_credential": {clara},
        "registrar.propose_skilltag": {fay, chen},
        "registrar.review_skilltag": {chen},
        "registrar.import_roster": {clara},
        "registrar.add_activity": {clara},
        "registrar.change_learningoutcome": {clara, chen},
        "issuer.change_institution": {olu},
        "registrar.add_role": set(),
    }
    for permission, people_who_may in may.items():
        found = {each for each in (clara, dev, fay, chen, olu) if each.has_perm(permission)}
        assert found == people_who_may, permission


def test_who_is_not_signed_in_or_no_longer_there_may_do_nothing(
    college: College, clara: User
) -> None:
    clara.is_active = False
    for nobody in (clara, AnonymousUser()):
        assert not roles.RoleBackend().has_perm(nobody, DRAFT, college.top)
        assert not roles.RoleBackend().has_module_perms(nobody, "registrar")
        with pytest.raises(NotAllowed):
            roles.demand(nobody, DRAFT, unit=college.top)


def test_a_permission_for_something_that_is_no_unit_is_refused(
    college: College, clara: User
) -> None:
    assert not clara.has_perm(DRAFT, college.course)


def test_a_circle_of_units_is_left_again(college: College, root: User) -> None:
    OrganizationUnit.objects.filter(pk=college.top.pk).update(parent=college.science)
    person = member_of_staff(root, "per", "registrar", college.arts)
    with pytest.raises(NotAllowed):
        roles.demand(person, DRAFT, unit=OrganizationUnit.objects.get(pk=college.science.pk))


def test_a_role_is_held_once(college: College, clara: User, root: User) -> None:
    role = clara.roles.get()
    assert people.give_role(clara, "registrar", college.top, by=root) == role
    people.give_role(clara, "registrar", None, by=root)
    with pytest.raises(IntegrityError, match="role_is_held_once"), transaction.atomic():
        Role.objects.create(user=clara, kind="registrar", unit=None)


def test_only_those_at_the_desk_may_sign_in_there(
    fay: User, chen: User, clara: User, root: User
) -> None:
    assert not fresh(fay).is_staff
    assert fresh(chen).is_staff
    people.take_role(chen.roles.get(), by=root, reason="Sabbatical.")
    assert not fresh(chen).is_staff
    people.give_role(clara, "approver", None, by=root)
    people.take_role(clara.roles.get(kind="approver"), by=root)
    assert fresh(clara).is_staff


def test_a_taken_role_is_entered_with_its_reason(chen: User, root: User) -> None:
    role = chen.roles.get()
    people.take_role(role, by=root, reason="Sabbatical.")
    people.take_role(role, by=root, reason="Again.")
    (entry,) = LedgerEntry.objects.filter(act="role.taken")
    assert (entry.actor, entry.reason) == ("root", "Sabbatical.")


def test_nobody_gives_themselves_a_role(college: College, clara: User, olu: User) -> None:
    for person in (clara, olu):
        with pytest.raises(NotAllowed):
            people.give_role(person, "approver", college.top, by=person)
        with pytest.raises(NotAllowed):
            people.add_person("pal", given_name="P", family_name="L", by=person)
        with pytest.raises(NotAllowed):
            people.set_password(person, "a quite long password", by=person)


def test_a_weak_password_is_refused(root: User) -> None:
    with pytest.raises(ValidationError):
        people.add_person("weak", given_name="W", family_name="K", password="123", by=root)
    with pytest.raises(ValidationError):
        people.add_administrator("weak", password="password1234")
    assert not User.objects.filter(username="weak").exists()


def test_who_has_no_password_cannot_sign_in(root: User) -> None:
    person = people.add_person("silent", given_name="S", family_name="T", by=root)
    assert not person.has_usable_password()
    people.set_password(person, "a quite long password", by=root)
    assert fresh(person).check_password("a quite long password")


def test_an_administrator_is_found_however_the_name_is_typed(db: None) -> None:
    added = people.add_administrator("ｚｏë", password="a quite long password")
    assert people.administrator("ｚｏë") == people.administrator("zoe\u0308") == added


def test_adding_somebody_again_changes_nothing(clara: User, root: User) -> None:
    again = people.add_person("clara", given_name="Other", family_name="Name", by=root)
    assert (again, again.first_name) == (clara, "Clara")


def test_what_concerns_the_whole_institution_takes_a_role_at_its_top(
    college: College, root: User
) -> None:
    in_arts = member_of_staff(root, "art", "registrar", college.arts)
    at_the_top = member_of_staff(root, "top", "registrar", college.top)
    everywhere = member_of_staff(root, "all", "registrar", None)
    for person in (root, at_the_top, everywhere):
        roles.demand_for_all(person, "registrar.import_roster")
    with pytest.raises(NotAllowed):
        roles.demand_for_all(in_arts, "registrar.import_roster")
