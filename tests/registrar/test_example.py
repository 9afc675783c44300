"""The built-in example holds together: whatever it names exists, and nobody approves their own."""

import csv
import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from registrar import rules
from registrar.example import generate
from registrar.readers import oneroster_csv
from skills.readers import case

EXAMPLE = Path(generate.__file__).parent
SCRIPTS = (
    "LATIN ARABIC HEBREW CJK HIRAGANA KATAKANA HANGUL CYRILLIC GREEK DEVANAGARI TAMIL THAI "
    "ETHIOPIC BENGALI ARMENIAN GEORGIAN"
)
LEAVES = {"final_result", "score", "outcome", "activity"}


def load(name: str) -> Any:
    return json.loads((EXAMPLE / name).read_text(encoding="utf-8"))


def rows(name: str, *, bundle: str = "roster") -> list[dict[str, str]]:
    with (EXAMPLE / bundle / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def codes_of(package: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["humanCodingScheme"]: item for item in package["CFItems"]}


def staff() -> dict[str, set[tuple[str, str]]]:
    return {
        person["username"]: {(role["role"], role["unit"]) for role in person["roles"]}
        for person in load("college.json")["staff"]
    }


def lineage(code: str | None) -> Iterator[str]:
    parents = {unit["code"]: unit["parent"] for unit in load("college.json")["units"]}
    while code:
        yield code
        code = parents[code]


def holds(username: str, kind: str, unit: str) -> bool:
    return any((kind, above) in staff()[username] for above in lineage(unit))


def outcomes() -> list[tuple[str, dict[str, Any]]]:
    """Every outcome with the unit of its course or activity."""
    found = load("outcomes.json")
    units = {
        activity["code"]: activity["unit"] for activity in load("activities.json")["activities"]
    }
    of_courses = [
        (course["unit"], one) for course in found["courses"] for one in course["outcomes"]
    ]
    of_activities = [
        (units[activity["activity"]], one)
        for activity in found["activities"]
        for one in activity["outcomes"]
    ]
    return of_courses + of_activities


def leaves(rule: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "at_least" in rule:
        assert 0 < rule["at_least"] <= len(rule["of"])
    for branch in rule.get("all", []) + rule.get("any", []) + rule.get("of", []):
        yield from leaves(branch)
    yield from ((name, leaf) for name, leaf in rule.items() if name in LEAVES)


def all_leaves(name: str) -> list[dict[str, Any]]:
    return [
        leaf
        for template in load("templates.json")["templates"]
        if template["rule"]
        for found, leaf in leaves(template["rule"])
        if found == name
    ]


def students() -> list[dict[str, str]]:
    return [user for user in rows("users") if user["sourcedId"].startswith("stu-")]


def final_letters(bundle: str) -> dict[str, str]:
    return {
        row["sourcedId"]: row["textScore"]
        for row in rows("results", bundle=bundle)
        if ".final." in row["sourcedId"]
    }


def test_the_rosters_are_what_the_script_writes(tmp_path: Path) -> None:
    generate.write(tmp_path)
    for made in sorted(tmp_path.rglob("*.csv")):
        kept = EXAMPLE / made.relative_to(tmp_path)
        assert made.read_bytes() == kept.read_bytes(), kept.name


@pytest.mark.parametrize("bundle", ["roster", "roster_corrections"])
def test_the_rosters_are_read_without_a_problem(bundle: str) -> None:
    found = oneroster_csv.read(EXAMPLE / bundle)
    assert list(found.problems) == []
    assert found.version == "1.2"
    assert len(found.results) > 0


def test_the_corrections_lead_to_rows_of_the_roster() -> None:
    for name in ("users", "classes", "lineItems", "enrollments"):
        before = {row["sourcedId"] for row in rows(name)}
        assert {row["sourcedId"] for row in rows(name, bundle="roster_corrections")} <= before


def test_two_learners_pass_and_one_fails_by_correction_and_one_result_comes_late() -> None:
    before = final_letters("roster")
    after = final_letters("roster_corrections")
    changes = Counter((before.get(key), letter) for key, letter in after.items())
    assert changes == {("Fail", "Pass"): 2, ("Pass", "Fail"): 1, (None, "Pass"): 1}
    assert len({key.rsplit(".", 1)[1] for key in after}) == 4


def test_the_college_has_the_size_that_was_promised() -> None:
    assert len(students()) == 300
    assert len(rows("courses")) == 12
    assert len(load("activities.json")["activities"]) == 6
    assert 40 <= len(load("framework.json")["CFItems"]) <= 50
    assert sum(path.stat().st_size for path in EXAMPLE.rglob("*") if path.is_file()) < 1_500_000


def test_the_terms_have_passes_failures_withdrawals_incompletes_and_retakes() -> None:
    letters = Counter(final_letters("roster").values())
    assert letters["Pass"] > letters["Distinction"] > letters["Fail"] > 50
    finals = [row for row in rows("results") if ".final." in row["sourcedId"]]
    statuses = Counter(row["scoreStatus"] for row in finals)
    assert statuses["not submitted"] > 20
    assert statuses["partially graded"] > 5
    taken = Counter(
        (row["studentSourcedId"], row["classSourcedId"].partition("-")[0]) for row in finals
    )
    assert max(taken.values()) == 2


def test_nothing_of_the_running_term_has_a_result_yet() -> None:
    held = [row["sourcedId"] for row in rows("classes") if row["termSourcedIds"] == "term-26F"]
    assert len(held) == 6
    assert not [row for row in rows("results") if row["classSourcedId"] in held]


@pytest.mark.parametrize("script", SCRIPTS.split())
def test_names_come_in_many_scripts(script: str) -> None:
    names = "".join(user["givenName"] + user["familyName"] for user in students())
    assert any(unicodedata.name(letter, "").startswith(script) for letter in names)


def test_names_are_as_awkward_as_real_ones() -> None:
    names = [f"{user['givenName']} {user['familyName']}" for user in students()]
    assert max(len(name) for name in names) >= 120
    assert any("'" in name for name in names)
    assert any("-" in user["familyName"][1:] for user in students())
    assert [user["familyName"] for user in students()].count("-") == 1
    assert len(set(names)) == len(names)


def test_every_address_is_a_reserved_one() -> None:
    people = [user["email"] for user in rows("users")]
    people += [person["email"] for person in load("college.json")["staff"]]
    assert all(address.endswith(".example") for address in people)
    assert len({user["identifier"] for user in students()}) == 300


def test_units_are_the_organisations_of_the_roster() -> None:
    units = {(unit["sourced_id"], unit["code"]) for unit in load("college.json")["units"]}
    assert units == {(org["sourcedId"], org["identifier"]) for org in rows("orgs")}


def test_staff_hold_every_role_in_units_that_exist() -> None:
    units = {unit["code"] for unit in load("college.json")["units"]}
    held = Counter(kind for roles in staff().values() for kind in {kind for kind, _ in roles})
    assert held == {
        **{"registrar": 2, "approver": 1, "operator": 1},
        **{"faculty": 7, "advocate": 1, "chair": 5},
    }
    assert {unit for roles in staff().values() for _, unit in roles} <= units
    users = {user["sourcedId"]: user["username"] for user in rows("users")}
    for person in load("college.json")["staff"]:
        if "sourced_id" in person:
            assert users[person["sourced_id"]] == person["username"]


def test_courses_with_outcomes_are_the_courses_of_the_roster() -> None:
    described = {
        (course["sourced_id"], course["course"], course["title"])
        for course in load("outcomes.json")["courses"]
    }
    assert described == {
        (row["sourcedId"], row["courseCode"], row["title"]) for row in rows("courses")
    }
    assert [activity["activity"] for activity in load("outcomes.json")["activities"]] == [
        activity["code"] for activity in load("activities.json")["activities"]
    ]


def test_every_course_has_four_to_eight_outcomes_and_every_code_is_used_once() -> None:
    for course in load("outcomes.json")["courses"]:
        assert 4 <= len(course["outcomes"]) <= 8
    for activity in load("outcomes.json")["activities"]:
        assert 2 <= len(activity["outcomes"]) <= 4
    codes = [outcome["code"] for _, outcome in outcomes()]
    assert len(set(codes)) == len(codes)


def test_tags_name_skills_of_the_framework_once_per_outcome() -> None:
    skills = codes_of(load("framework.json"))
    for _, outcome in outcomes():
        tagged = [tag["skill"] for tag in outcome["tags"]]
        assert len(set(tagged)) == len(tagged), outcome["code"]
        assert all(skills[code]["CFItemType"] != "Category" for code in tagged)
        assert {tag["emphasis"] for tag in outcome["tags"]} <= {"taught", "practised", "assessed"}


def test_tags_are_proposed_by_faculty_and_reviewed_by_the_chair_of_their_unit() -> None:
    for unit, outcome in outcomes():
        for tag in outcome["tags"]:
            assert holds(tag["proposed_by"], "faculty", unit), outcome["code"]
            if tag["state"] == "proposed":
                assert "reviewed_by" not in tag
                continue
            assert holds(tag["reviewed_by"], "chair", unit), outcome["code"]
            assert tag["reviewed_by"] != tag["proposed_by"]
            assert tag["state"] == "accepted" or tag["comment"]


def test_some_tags_wait_and_some_were_rejected() -> None:
    states = Counter(tag["state"] for _, outcome in outcomes() for tag in outcome["tags"])
    assert states["proposed"] >= 12
    assert states["rejected"] >= 2
    assert states["accepted"] > 100


def test_courses_stand_in_every_state_and_nobody_reviews_what_they_submitted() -> None:
    steps = load("teaching.json")["mappings"]
    units = {course["course"]: course["unit"] for course in load("outcomes.json")["courses"]}
    units |= {each["code"]: each["unit"] for each in load("activities.json")["activities"]}
    assert {step["state"] for step in steps} == {
        *("open", "submitted", "returned", "accepted", "carried")
    }
    for step in steps:
        unit = units[step["opportunity"]]
        assert holds(step["by"], "faculty", unit) or holds(step["by"], "chair", unit)
        if step["state"] in ("accepted", "returned"):
            assert holds(step["reviewed_by"], "chair", unit)
            assert step["reviewed_by"] != step["by"]


def test_people_outside_are_asked_about_learners_who_take_part() -> None:
    parts = {
        (activity["code"], part["learner"])
        for activity in load("activities.json")["activities"]
        for part in activity["participants"]
    }
    asked = load("teaching.json")["confirmations"]
    assert {(each["activity"], each["learner"]) for each in asked} <= parts
    assert {answer for each in asked for answer in each["answers"].values()} == {True, False, None}
    assert all(each["email"].endswith(".example") for each in asked)


def test_templates_are_drafted_by_the_registrars_and_approved_by_somebody_else() -> None:
    for template in load("templates.json")["templates"]:
        assert holds(template["author"], "registrar", template["unit"])
        if template["state"] in ("approved", "retired"):
            assert holds(template["approver"], "approver", template["unit"])
            assert template["approver"] != template["author"]
        else:
            assert template["approver"] is None


def test_templates_are_seen_in_every_state() -> None:
    templates = load("templates.json")["templates"]
    states = Counter(template["state"] for template in templates)
    assert states.keys() == {"draft", "submitted", "approved", "retired"}
    assert len({template["slug"] for template in templates}) == len(templates)


def test_one_template_can_be_suspended_and_is_one_that_is_awarded() -> None:
    found = [
        template
        for template in load("templates.json")["templates"]
        if template.get("status_purpose") == "suspension"
    ]
    assert [template["slug"] for template in found] == ["safe-bedside-practice"]
    assert found[0]["state"] == "approved"


def test_templates_attest_skills_of_the_framework() -> None:
    skills = codes_of(load("framework.json"))
    for template in load("templates.json")["templates"]:
        assert template["skills"]
        assert all(skills[code]["CFItemType"] != "Category" for code in template["skills"])


def test_the_template_for_files_is_approved_and_has_no_rule() -> None:
    found = load("templates.json")
    (template,) = [t for t in found["templates"] if t["slug"] == found["file_template"]]
    assert template["state"] == "approved"
    assert template["rule"] is None
    (result,) = template["result_descriptions"]
    assert (result["value_min"], result["value_max"]) == ("0", "100")


def test_every_other_template_has_a_rule() -> None:
    found = load("templates.json")
    for template in found["templates"]:
        if template["slug"] != found["file_template"]:
            assert list(leaves(template["rule"])), template["slug"]


def test_rules_can_be_parsed() -> None:
    for template in load("templates.json")["templates"]:
        if template["rule"]:
            assert rules.parse(template["rule"]).as_data() == template["rule"]


def test_rules_and_results_ask_for_work_that_the_course_has() -> None:
    courses = {row["sourcedId"]: row["courseCode"] for row in rows("courses")}
    classes = {row["sourcedId"]: courses[row["courseSourcedId"]] for row in rows("classes")}
    categories = {row["sourcedId"]: row["title"] for row in rows("categories")}
    work = {
        (classes[row["classSourcedId"]], categories[row["categorySourcedId"]])
        for row in rows("lineItems")
    }
    asked = all_leaves("final_result") + all_leaves("score")
    asked += [
        result["source"]
        for template in load("templates.json")["templates"]
        for result in template["result_descriptions"]
        if "source" in result
    ]
    assert {(leaf["course"], leaf["category"]) for leaf in asked} <= work


def test_rules_ask_for_outcomes_and_activities_that_have_facts() -> None:
    judged = {row["learningObjectiveId"] for row in rows("resultLearningObjectiveIds")}
    assert {leaf["outcome"] for leaf in all_leaves("outcome")} <= judged
    done = {
        activity["code"]
        for activity in load("activities.json")["activities"]
        if any(one["state"] == "Completed" for one in activity["participants"])
    }
    assert {leaf["activity"] for leaf in all_leaves("activity")} <= done


def test_results_on_outcomes_name_outcomes_of_their_own_course() -> None:
    codes = {outcome["code"] for _, outcome in outcomes()}
    for name in ("lineItemLearningObjectiveIds", "resultLearningObjectiveIds"):
        for row in rows(name):
            assert row["learningObjectiveId"] in codes
            course = row["learningObjectiveId"].partition("-")[0]
            assert row["sourcedId"].startswith(f"{course}-")


def test_participants_are_learners_with_a_state_and_dates() -> None:
    learners = {user["sourcedId"] for user in students()}
    units = {unit["code"] for unit in load("college.json")["units"]}
    for activity in load("activities.json")["activities"]:
        assert activity["unit"] in units
        taking_part = [one["learner"] for one in activity["participants"]]
        assert set(taking_part) <= learners
        assert len(set(taking_part)) == len(taking_part)
        for one in activity["participants"]:
            assert one["state"] in ("Completed", "Withdrew", "In progress")
            assert ("ended_on" in one) == (one["state"] != "In progress")
            assert one["state"] != "Completed" or one["hours"] >= activity["hours"]


@pytest.mark.parametrize("name", ["framework.json", "framework_next.json"])
def test_the_framework_is_a_valid_case_package(name: str, shared_data: Path) -> None:
    schema = (shared_data / "case/case-v1p1-cfpackage.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft201909Validator(
        json.loads(schema), format_checker=jsonschema.FormatChecker()
    ).validate(load(name))


@pytest.mark.parametrize("name", ["framework.json", "framework_next.json"])
def test_the_framework_is_read_without_a_problem(name: str) -> None:
    found = case.read((EXAMPLE / name).read_bytes(), file=name)
    assert list(found.problems) == []
    assert len(found.skills) == len(load(name)["CFItems"])


@pytest.mark.parametrize("name", ["framework.json", "framework_next.json"])
def test_every_item_of_the_framework_hangs_below_the_document(name: str) -> None:
    package = load(name)
    document = package["CFDocument"]["identifier"]
    parents = {
        link["originNodeURI"]["identifier"]: link["destinationNodeURI"]["identifier"]
        for link in package["CFAssociations"]
        if link["associationType"] == "isChildOf"
    }
    for item in package["CFItems"]:
        parent = parents[item["identifier"]]
        is_category = item["CFItemType"] == "Category"
        assert (parent if is_category else parents[parent]) == document


def test_the_next_edition_rewords_two_adds_three_and_leaves_out_one_in_use() -> None:
    now, later = codes_of(load("framework.json")), codes_of(load("framework_next.json"))
    assert len(later.keys() - now.keys()) == 3
    (retired,) = now.keys() - later.keys()
    assert any(tag["skill"] == retired for _, outcome in outcomes() for tag in outcome["tags"])
    reworded = {code for code in now.keys() & later.keys() if now[code] != later[code]}
    assert len(reworded) == 2
    for code in reworded:
        assert now[code]["fullStatement"] != later[code]["fullStatement"]
        assert now[code]["lastChangeDateTime"] < later[code]["lastChangeDateTime"]


def test_every_programme_has_courses_and_a_unit_of_the_college() -> None:
    with (EXAMPLE / "programmes.csv").open(encoding="utf-8", newline="") as lines:
        said = list(csv.DictReader(lines))
    courses = {row["courseCode"] for row in rows("courses")}
    units = {unit["code"] for unit in load("college.json")["units"]}
    assert {row["course"] for row in said} == courses
    assert {row["unit"] for row in said if row["unit"]} <= units
    assert max(Counter(row["programme"] for row in said).values()) == 12
