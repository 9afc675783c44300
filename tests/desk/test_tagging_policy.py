"""The college sets its rules of tagging at the desk, and says why."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from registrar.models import TaggingPolicy
from registrar.services.teaching import policies
from tests.cast import College, member_of_staff
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db

RULES = {"max_tags": "2", "least_share": "25", "review_days": "14", "reason": "As the senate says."}


def test_the_rules_are_set_with_a_reason_and_those_before_stay_to_be_read(
    college: College, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    rules, settle = (
        reverse(f"admin:registrar_taggingpolicy_{name}") for name in ("changelist", "settle")
    )
    before = text(client.get(rules))
    assert "An outcome has at most 3 skills" in before
    assert "30 % of the grade or more; every section confirms" in before
    assert 'value="3"' in text(client.get(settle))
    wrong = text(client.post(settle, RULES | {"max_tags": "0", "reason": ""}))
    assert "greater than or equal to 1" in wrong
    assert "This field is required." in wrong
    client.post(settle, RULES)
    client.post(settle, RULES | {"least_share": "40", "all_sections": "on", "reason": "Too low."})
    held = policies.current()
    assert (held.max_tags, held.least_share, held.all_sections) == (2, 40, True)
    shown = text(client.get(rules))
    assert "40 % of the grade or more; every section confirms" in shown
    assert shown.index("Too low.") < shown.index("As the senate says.")
    assert shown.index("Current") < shown.index("Superseded")


def test_who_is_registrar_of_a_part_alone_sets_nothing(
    college: College, root: User, signed_in: SignIn
) -> None:
    client = signed_in(member_of_staff(root, "part", "registrar", college.science))
    answer = client.post(reverse("admin:registrar_taggingpolicy_settle"), RULES)
    assert answer.status_code == 409
    assert "This concerns the whole institution" in text(answer)
    assert not TaggingPolicy.objects.exists()
