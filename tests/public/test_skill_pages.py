"""Each skill and each framework at an address of its own: for people, and for machines."""

import json
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from issuer.pages import thing_url
from registrar.models import LearningOutcome, Revision
from registrar.services.drafting import templates
from registrar.services.teaching import tagging
from skills.models import Association, Competency, Component, Framework, Skill
from skills.readers import formats, rsd
from skills.services import frameworks, identities
from tests.cast import College
from tests.public.test_case_service import bring
from tests.skills.case_documents import full_package

pytestmark = pytest.mark.django_db


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    return answer.content.decode()


@pytest.fixture
def theirs(shared_data: Path) -> Framework:
    path = shared_data / "competencies" / "cocurricular_case_v1p1.json"
    return bring(json.loads(path.read_text()), is_own=False)


# A skill's page


def test_the_page_says_what_the_skill_says_and_where_it_stands(client: Client) -> None:
    bring(full_package())
    top, child = Skill.objects.order_by("pk")[:2]
    Skill.objects.filter(pk=child.pk).update(
        kind="skill", keywords=["soap", "water"], other_labels=["Hygiene"], notes="With care."
    )
    page = text(client, f"/skills/{child.uuid}")
    for words in ("Statement 1", "soap; water", "Hygiene", "With care.", "Practical skills"):
        assert words in page
    assert f'href="/skills/{top.uuid}"' in page
    assert f'href="/frameworks/{top.framework.uuid}"' in page
    assert "How it is judged" in page and "Washes hands" in page and "Without help" in page
    assert "CC BY 4.0" in page
    above = text(client, f"/skills/{top.uuid}")
    assert "What belongs to it" in above and f'href="/skills/{child.uuid}"' in above


def test_markup_in_a_statement_is_shown_as_text(client: Client) -> None:
    package = full_package()
    package["CFItems"][0]["fullStatement"] = "<script>alert(1)</script>"
    bring(package)
    page = text(client, f"/skills/{Skill.objects.order_by('pk')[0].uuid}")
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_the_page_tells_who_teaches_and_what_certifies_the_skill(
    client: Client, college: College, cells: Revision, fay: User, chen: User
) -> None:
    skill = college.skills[0]
    assert "Where it is taught" not in text(client, f"/skills/{skill.uuid}")
    tag = tagging.propose(college.outcome, skill, emphasis="taught", by=fay)
    assert "Where it is taught" not in text(client, f"/skills/{skill.uuid}")
    tagging.accept(tag, by=chen)
    page = text(client, f"/skills/{skill.uuid}")
    assert "Where it is taught" in page and "BIO 101" in page
    assert "Draw a cell from observation. (taught)" in page
    assert "What certifies it" in page
    assert f'href="/achievements/{cells.achievement_id}"' in page
    # The desk says the same, and leads to its own pages.
    client.force_login(chen)
    desk = text(client, thing_url(skill))
    assert "Draw a cell from observation. (taught)" in desk
    assert f'/course/{college.course.pk}/change/"' in desk and f'href="{thing_url(cells)}"' in desk
    yesterday = timezone.localdate() - timedelta(days=1)
    LearningOutcome.objects.filter(pk=college.outcome.pk).update(
        retired_at=timezone.now(), holds_until=yesterday
    )
    assert "Draw a cell from observation" not in text(client, thing_url(skill))


def test_a_template_that_is_retired_certifies_nothing_any_more(
    client: Client, college: College, cells: Revision, dev: User
) -> None:
    templates.retire(cells, by=dev, reason="Nobody wants it")
    assert "What certifies it" not in text(client, f"/skills/{college.skills[0].uuid}")


def test_the_page_shows_the_crosswalk_from_both_sides(
    client: Client, root: User, clara: User, theirs: Framework
) -> None:
    ours = bring(full_package())
    origin, destination = ours.skills.first(), theirs.skills.first()
    link = Association.objects.create(
        identifier="a0000000-0000-4000-8000-0000000000aa",
        kind="precedes",
        origin=origin,
        origin_uri=origin.uri,
        destination=destination,
        destination_uri=destination.uri,
        state="proposed",
        proposed_by=clara,
    )
    assert "In other frameworks" not in text(client, f"/skills/{origin.uuid}")
    Association.objects.filter(pk=link.pk).update(
        state="accepted", reviewed_by=root, reviewed_at=timezone.now()
    )
    here, there = (
        text(client, f"/skills/{origin.uuid}"),
        text(client, f"/skills/{destination.uuid}"),
    )
    assert "Comes before" in here and str(destination.uuid) in here and theirs.title in here
    assert "Comes after" in there and str(origin.uuid) in there


def test_links_to_what_is_not_held_lead_outside(client: Client) -> None:
    package = full_package()
    package["CFAssociations"][2] |= {
        "associationType": "exactMatchOf",
        "destinationNodeURI": {
            "title": "Far away",
            "identifier": "x-9",
            "uri": "https://b.example/9",
        },
    }
    bring(package)
    page = text(client, f"/skills/{Skill.objects.order_by('pk')[2].uuid}")
    assert "Same as" in page
    assert '<a href="https://b.example/9" rel="noopener nofollow" dir="auto">Far away</a>' in page


def test_the_page_of_a_competency_says_what_it_is_made_of(client: Client, root: User) -> None:
    framework = bring(full_package())
    whole, part = framework.skills.order_by("pk")[:2]
    competency = Competency.objects.create(
        framework=framework, statement="x", context="On a ward, alone.", author=root
    )
    Component.objects.create(competency=competency, skill=part, role="behaviour", position=1)
    Competency.objects.filter(pk=competency.pk).update(
        skill=whole, state="published", published_by=root, published_at=timezone.now()
    )
    page = text(client, f"/skills/{whole.uuid}")
    assert "What it is made of" in page and "On a ward, alone." in page and "Behaviour" in page
    assert "Retired" not in page and "At its source" in page
    whole.framework.skills.filter(pk=part.pk).update(retired_at=timezone.now())
    own = identities.address(whole.uuid)
    whole.framework.skills.filter(pk=whole.pk).update(uri=own, notes="On a ward, alone.")
    page = text(client, f"/skills/{whole.uuid}")
    assert "Retired" in page and "At its source" not in page
    assert page.count("On a ward, alone.") == 1


# The same for machines


def test_machines_get_a_descriptor_or_a_cf_item_as_they_prefer(
    client: Client, shared_data: Path
) -> None:
    bring(full_package())
    skill = Skill.objects.order_by("pk")[1]
    address = f"/skills/{skill.uuid}"
    descriptor = client.get(address, headers={"accept": "application/ld+json"})
    assert descriptor["Content-Type"] == "application/ld+json"
    assert "Accept" in descriptor["Vary"]
    found = rsd.read(descriptor.content)
    assert found.skills[0].statement == "Statement 1"
    assert client.get(f"{address}.jsonld").json() == descriptor.json()
    item = client.get(address, headers={"accept": "application/json"})
    assert item["Content-Type"] == "application/json"
    whole = item.json()
    assert client.get(f"{address}.json").json() == whole
    assert client.get(f"/ims/case/v1p1/CFItems/{skill.uuid}").json() == whole
    whole.pop("CFDocumentURI")
    schema = json.loads((shared_data / "case" / "case-v1p1-cfpackage.schema.json").read_text())
    definitions = {"$ref": "#/$defs/CFPckgItem", "$defs": schema["$defs"]}
    jsonschema.validate(whole, definitions)


def test_a_descriptor_of_somebody_elses_skill_names_them(client: Client, theirs: Framework) -> None:
    skill = theirs.skills.order_by("pk")[3]
    found = client.get(f"/skills/{skill.uuid}.jsonld").json()
    assert found["id"] == skill.uri
    assert found["authors"] == [theirs.creator]


def test_what_is_retired_says_so_to_machines_too(client: Client) -> None:
    package = full_package()
    bring(package)
    last = Skill.objects.order_by("pk")[2]
    package["CFItems"].pop()
    package["CFAssociations"].pop()
    bring(package)
    assert "Former wordings" not in text(client, f"/skills/{last.uuid}")
    assert client.get(f"/skills/{last.uuid}.jsonld").json()["status"] == "archived"
    assert client.get(f"/skills/{last.uuid}.json").json()["statusEndDate"]


def test_pages_and_data_are_kept_by_caches_until_they_change(client: Client) -> None:
    bring(full_package())
    skill = Skill.objects.order_by("pk")[0]
    for address in (f"/skills/{skill.uuid}", f"/skills/{skill.uuid}.json"):
        answer = client.get(address)
        assert "max-age=300" in answer["Cache-Control"] and "public" in answer["Cache-Control"]
        assert "Cookie" not in answer.get("Vary", "")
        tag = {"if-none-match": answer["ETag"]}
        assert client.get(address, headers=tag).status_code == 304
        Skill.objects.filter(pk=skill.pk).update(statement=f"Other {address}")
        assert client.get(address, headers=tag).status_code == 200


# A framework's page


def test_a_small_framework_is_shown_whole_with_its_downloads(client: Client) -> None:
    framework = bring(full_package())
    page = text(client, f"/frameworks/{framework.uuid}")
    for skill in framework.skills.all():
        assert f'href="/skills/{skill.uuid}"' in page
    assert page.count("<ul>") == 1
    for suffix in ("case.json", "ctdl-asn.jsonld", "rsd.jsonld", "csv"):
        address = f"/frameworks/{framework.uuid}.{suffix}"
        assert f'href="{address}"' in page
        answer = client.get(address)
        assert answer["Content-Disposition"] == (
            f'attachment; filename="practical-skills.{suffix}"'
        )
        found = formats.read(answer.getvalue(), framework_id="f", title="f")
        assert len(found.skills) == 3


def test_machines_get_our_frameworks_as_they_prefer(client: Client) -> None:
    framework = bring(full_package())
    address = f"/frameworks/{framework.uuid}"
    for accept, name in (("application/json", "case"), ("application/ld+json", "ctdl_asn")):
        answer = client.get(address, headers={"accept": accept})
        assert formats.recognise(answer.getvalue()) == name
        assert "Accept" in answer["Vary"]


def test_frameworks_of_others_are_shown_with_their_credit_and_not_given_away(
    client: Client, theirs: Framework
) -> None:
    Framework.objects.filter(pk=theirs.pk).update(notes="This uses the work of the commission.")
    address = f"/frameworks/{theirs.uuid}"
    page = text(client, address)
    assert "This uses the work of the commission." in page
    assert "Download" not in page
    assert client.get(f"{address}.case.json").status_code == 404
    answer = client.get(address, headers={"accept": "application/json"})
    assert answer["Content-Type"].startswith("text/html")
    skill = theirs.skills.first()
    assert "This uses the work of the commission." in text(client, f"/skills/{skill.uuid}")


def test_a_large_framework_is_shown_from_the_top_page_by_page(client: Client) -> None:
    package = full_package()
    for number in range(3, 400):
        item = {**package["CFItems"][2]}
        item["identifier"] = f"10000000-0000-4000-8000-{number:012}"
        item["fullStatement"] = f"Statement {number}"
        package["CFItems"].append(item)
    package["CFItems"][0]["humanCodingScheme"] = "Z"
    framework = bring(package)
    page = text(client, f"/frameworks/{framework.uuid}")
    assert page.count('href="/skills/') == 100
    # What has something below it comes first, whatever its code.
    assert page.index(f"/skills/{Skill.objects.get(statement='Statement 0').uuid}") == (
        page.index("/skills/")
    )
    assert "?page=4" in page
    below = Skill.objects.get(statement="Statement 1")
    assert f'href="/skills/{below.uuid}"' not in page
    assert "Statement 399" in text(client, f"/frameworks/{framework.uuid}?page=4")
    assert client.get(f"/frameworks/{framework.uuid}?page=x").status_code == 200


def test_a_circle_that_somebody_made_in_the_database_does_no_harm(client: Client) -> None:
    framework = bring(full_package())
    first, second = framework.skills.order_by("pk")[:2]
    Association.objects.create(
        framework=framework,
        identifier="circle",
        kind="isChildOf",
        origin=first,
        destination=second,
        origin_uri=first.uri,
        destination_uri=second.uri,
    )
    for address in (f"/frameworks/{framework.uuid}", f"/skills/{first.uuid}"):
        text(client, address)


def test_all_frameworks_in_use_are_listed_our_own_first(client: Client, theirs: Framework) -> None:
    assert "No framework is in use" not in text(client, "/frameworks")
    ours = bring(full_package())
    page = text(client, "/frameworks")
    assert page.index(ours.title) < page.index(theirs.title)
    assert "24 skills" in page


def test_before_any_import_there_is_nothing_to_list(client: Client) -> None:
    assert "No framework is in use" in text(client, "/frameworks")


def test_replacements_are_followed_to_their_end(client: Client) -> None:
    package = full_package()
    bring(package)
    first, _, third = Skill.objects.order_by("pk")
    ends = [association["originNodeURI"] for association in package["CFAssociations"]]
    package["CFItems"] = package["CFItems"][2:]
    package["CFAssociations"] = [
        {
            **package["CFAssociations"][0],
            "identifier": f"b0000000-0000-4000-8000-00000000000{number}",
            "associationType": "replacedBy",
            "originNodeURI": ends[number],
            "destinationNodeURI": ends[number + 1],
        }
        for number in range(2)
    ]
    package["CFRubrics"] = []
    bring(package)
    page = text(client, f"/skills/{first.uuid}")
    assert "Replaced by" in page and f'href="/skills/{third.uuid}"' in page
    assert "Takes the place of" in text(client, f"/skills/{third.uuid}")
    assert frameworks.successors([first])[first.pk] == [third]
