"""Skills and frameworks as strangers see them: on a desk and a phone, and with scripts off."""

from collections.abc import Callable
from typing import Any

import pytest

from registrar.models import Revision
from registrar.services.teaching import tagging
from skills.models import Framework, Skill
from tests.cast import College
from tests.public.test_case_service import bring
from tests.screens import faults_on_every_screen, width_beyond_the_screen
from tests.skills.case_documents import ELSEWHERE, full_package

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

LONG = "Beobachtungsprotokollführungsgrundkenntnisse" * 3
ARABIC = "يلاحظ الخلية الحية ويرسمها"


@pytest.fixture
def pages(college: College, cells: Revision, fay: Any, chen: Any) -> dict[str, str]:
    """A page of each sort, with all that it can say."""
    taught = college.skills[0]
    tagging.accept(tagging.propose(college.outcome, taught, emphasis="taught", by=fay), by=chen)
    package = full_package()
    package["CFItems"][1] |= {
        "abbreviatedStatement": ARABIC,
        "notes": LONG,
        "alternativeLabel": LONG,
        "conceptKeywords": [LONG[:90], "soap"],
    }
    package["CFAssociations"][2] |= {
        "associationType": "exactMatchOf",
        "destinationNodeURI": {
            "title": LONG,
            "identifier": ELSEWHERE,
            "uri": f"https://b.example/{LONG}",
        },
    }
    ward = bring(package)
    _, full, crossed = (f"/skills/{each.uuid}" for each in ward.skills.order_by("pk"))
    found = {"taught": f"/skills/{taught.uuid}", "full": full, "crossed": crossed}
    theirs = Framework.objects.exclude(pk=ward.pk).get()
    Skill.objects.filter(pk=college.skills[2].pk).update(retired_at=college.skills[2].worded_at)
    found |= {"retired": f"/skills/{college.skills[2].uuid}"}
    return found | {
        "framework": f"/frameworks/{ward.uuid}",
        "other": f"/frameworks/{theirs.uuid}",
        "frameworks": "/frameworks",
    }


@pytest.mark.slow
def test_every_page_fits_its_screen_and_is_accessible(
    page: Any,
    without_scripts: Any,
    pages: dict[str, str],
    live_server: Any,
    serious_faults: Callable[[Any], list[str]],
) -> None:
    for name, address in pages.items():
        for tab in (page, without_scripts):
            answer = tab.goto(live_server.url + address)
            assert (name, answer.status) == (name, 200)
            assert (name, width_beyond_the_screen(tab)) == (name, 0)
        assert (name, faults_on_every_screen(page, serious_faults)) == (name, [])


def test_from_a_framework_one_walks_to_a_skill_and_back(
    without_scripts: Any, pages: dict[str, str], live_server: Any
) -> None:
    without_scripts.goto(live_server.url + pages["frameworks"])
    without_scripts.get_by_role("link", name="Practical skills").click()
    without_scripts.get_by_role("link", name="Statement 0").click()
    assert without_scripts.get_by_role("heading", level=1).inner_text() == "Statement 0"
    without_scripts.get_by_role("link", name=ARABIC).click()
    assert without_scripts.get_by_role("heading", level=1).inner_text() == ARABIC
    without_scripts.get_by_label("Where it stands").get_by_role("link").first.click()
    assert without_scripts.get_by_role("link", name="CASE 1.1").is_visible()
