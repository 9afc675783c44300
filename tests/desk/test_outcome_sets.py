"""Sets of outcomes are made at the desk, and courses take them up there."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from registrar.models import OutcomeSet, SetOutcome
from tests.cast import College

pytestmark = pytest.mark.django_db


def test_a_set_is_made_and_taken_up_by_a_course(
    college: College, clara: User, chen: User, signed_in: Callable[[User], Client]
) -> None:
    desk = signed_in(clara)
    framework = college.skills[0].framework
    take = reverse("admin:registrar_course_sets", args=[college.course.pk])
    assert "There is no outcome set yet." in desk.get(take).content.decode()
    said = {"framework": framework.pk, "title": "General education"}
    made = desk.post(reverse("admin:registrar_outcomeset_new"), said, follow=True)
    assert "General education can be taken up" in made.content.decode()
    chair = signed_in(chen)
    course = reverse("admin:registrar_course_change", args=[college.course.pk])
    assert take in chair.get(course).content.decode()
    assert "Tick at least one." in chair.post(take, {"emphasis": "taught"}).content.decode()
    form = {"emphasis": "taught", "skills": [college.skills[0].pk, college.skills[2].pk]}
    body = chair.post(take, form, follow=True).content.decode()
    assert "2 outcomes added." in body
    assert "BIO101-S-2" in body
    assert "taken already" in chair.get(take).content.decode()
    page = reverse("admin:registrar_outcomeset_change", args=[OutcomeSet.objects.get().pk])
    body = chair.get(page).content.decode()
    assert body.count("BIO 101 Cells") == 2
    assert body.count("No course") == 1


def test_a_chair_takes_for_the_own_unit_only(
    college: College, clara: User, chen: User, signed_in: Callable[[User], Client]
) -> None:
    college.course.unit = college.arts
    college.course.save()
    take = reverse("admin:registrar_course_sets", args=[college.course.pk])
    assert signed_in(chen).post(take, {"emphasis": "taught"}).status_code == 403
    assert not SetOutcome.objects.exists()
