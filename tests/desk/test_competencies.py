"""A competency is drafted of components, published only when whole, and worded anew."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from issuer.models import LedgerEntry
from issuer.pages import thing_url
from skills.models import Competency, Skill
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db

NEW = "admin:skills_competency_new"


def said(college: Any, **more: Any) -> dict[str, Any]:
    return {
        "framework": college.skills[0].framework_id,
        "statement": "Documents living cells.",
        **more,
    }


def with_parts(college: Any, *roles: str) -> dict[str, Any]:
    keys = [skill.pk for skill in college.skills[: len(roles)]]
    chosen = {f"role-{key}": role for key, role in zip(keys, roles, strict=True)}
    return {"component": keys, **chosen}


def test_without_scripts_components_are_found_by_a_button_and_taken_in_their_likely_role(
    college: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    observe, draw, explain = (skill.pk for skill in college.skills)
    Skill.objects.filter(pk=explain).update(kind=Skill.Kind.KNOWLEDGE)
    chosen = with_parts(college, "behaviour")
    page = client.post(reverse(NEW), said(college, find="1", q="expl", **chosen))
    assert f'value="{explain}" id="skill-search-found-{explain}"' in text(page)
    assert "Documents living cells." in text(page)
    assert "There is a problem" not in text(page)
    (part,) = page.context["parts"]
    assert (part.skill.pk, part.role) == (observe, "behaviour")
    chosen["component"] += [explain, draw]
    client.post(reverse(NEW), said(college, **chosen))
    components = Competency.objects.get().components.values_list("skill", "role")
    assert list(components) == [(observe, "behaviour"), (explain, "knowledge"), (draw, "skill")]


def test_a_competency_without_components_and_context_is_refused_with_the_reason(
    college: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    page = client.post(reverse(NEW), said(college), follow=True)
    assert "It still needs components" in text(page)
    assert "It still needs a context" in text(page)
    competency = Competency.objects.get()
    refused = client.post(thing_url(competency), {"act": "publish"})
    assert refused.status_code == 409
    assert "cannot be published without components" in text(refused)
    assert "and without a context" in text(refused)
    competency.refresh_from_db()
    assert (competency.state, competency.skill) == ("draft", None)
    assert not LedgerEntry.objects.filter(act="competency.published").exists()


def test_a_whole_competency_becomes_a_skill_of_our_own_framework(
    college: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    whole = said(
        college,
        context="In a laboratory, alone.",
        **with_parts(college, "skill", "knowledge", "behaviour"),
    )
    client.post(reverse(NEW), whole)
    competency = Competency.objects.get()
    roles = competency.components.values_list("skill__label", "role")
    assert list(roles) == [("Observe", "skill"), ("Draw", "knowledge"), ("Explain", "behaviour")]
    page = client.post(thing_url(competency), {"act": "publish"}, follow=True)
    assert "Published." in text(page)
    competency.refresh_from_db()
    skill = Skill.objects.get(pk=competency.skill_id)
    assert (skill.kind, skill.statement) == ("competency", "Documents living cells.")
    assert thing_url(competency) in text(client.get(thing_url(skill)))
    acts = LedgerEntry.objects.filter(act__startswith="competency.").values_list("act", flat=True)
    assert sorted(acts) == ["competency.drafted", "competency.published"]
    edit = reverse("admin:skills_competency_edit", args=[competency.pk])
    assert client.get(edit).status_code == 404


def test_a_new_wording_takes_the_place_of_the_published_one(
    college: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    client.post(reverse(NEW), said(college, context="Alone.", **with_parts(college, "skill")))
    first = Competency.objects.get()
    client.post(thing_url(first), {"act": "publish"})
    revised = client.post(thing_url(first), {"act": "revise"})
    second = Competency.objects.get(state="draft")
    assert revised["Location"] == thing_url(second)
    edit = reverse("admin:skills_competency_edit", args=[second.pk])
    assert "checked" in text(client.get(edit))
    changed = {
        "statement": "Documents cells.",
        "context": "In pairs.",
        **with_parts(college, "skill"),
    }
    client.post(edit, changed)
    client.post(thing_url(second), {"act": "publish"})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, first.skill_id) == (
        "superseded",
        "published",
        second.skill_id,
    )
    assert Skill.objects.get(pk=first.skill_id).statement == "Documents cells."
    assert thing_url(first) in text(client.get(thing_url(second)))


def test_a_draft_is_discarded_and_nothing_is_lost_when_a_form_is_wrong(
    college: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    wrong = said(college, context="Alone.", **with_parts(college, "skill")) | {"statement": ""}
    page = text(client.post(reverse(NEW), wrong))
    assert "Write what somebody can do." in page
    assert "Alone." in page
    assert f'value="{college.skills[0].pk}" id="skill-search-chosen-' in page
    client.post(reverse(NEW), said(college))
    competency = Competency.objects.get()
    assert client.post(thing_url(competency), {"act": "discard"}).status_code == 422
    gone = client.post(thing_url(competency), {"act": "discard", "confirmed": "on"})
    assert gone["Location"] == reverse("admin:skills_competency_changelist")
    assert not Competency.objects.exists()


def test_a_retired_component_is_refused_where_it_is_chosen(
    college: Any, clara: User, signed_in: SignIn
) -> None:
    Skill.objects.filter(pk=college.skills[0].pk).update(retired_at="2026-01-01T00:00Z")
    page = signed_in(clara).post(reverse(NEW), said(college, **with_parts(college, "skill")))
    assert "Choose a current one." in text(page)


def test_chairs_look_at_competencies_and_draft_none(
    college: Any, chen: User, signed_in: SignIn
) -> None:
    client = signed_in(chen)
    assert client.get(reverse("admin:skills_competency_changelist")).status_code == 200
    assert client.get(reverse(NEW)).status_code == 403
