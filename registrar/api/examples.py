"""What systems may send, as the description shows it: rows that lead to those before them, a draft.

Sent in this order to the demo, each is taken.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

# The system that sends them.
SOURCE: Final = "banner"
ROWS: Final[Mapping[str, Mapping[str, Any]]] = {
    "organisations": {
        "sourced_id": "biology",
        "name": "Biology",
        "kind": "department",
    },
    "terms": {
        "sourced_id": "2026-autumn",
        "title": "Autumn 2026",
        "starts_on": "2026-09-01",
        "ends_on": "2027-01-31",
    },
    "courses": {
        "sourced_id": "bio-110",
        "code": "BIO 110",
        "title": "Cells and tissues",
        "organisation": "biology",
        "credit": "credit",
        "credits": 6,
    },
    "activities": {
        "sourced_id": "garden",
        "code": "GARDEN",
        "title": "Keeping the botanical garden",
        "organisation": "biology",
        "hours": 40,
    },
    "outcomes": {
        "code": "BIO110-1",
        "course": "bio-110",
        "statement": "Draw a cell from observation.",
    },
    "offerings": {
        "sourced_id": "bio-110-2026",
        "course": "bio-110",
        "title": "Cells and tissues, autumn 2026",
        "term": "2026-autumn",
    },
    "learners": {
        "sourced_id": "stu-1",
        "number": "000123",
        "given_name": "Ada",
        "family_name": "Byron",
    },
    "enrolments": {
        "sourced_id": "stu-1-bio-110-2026",
        "offering": "bio-110-2026",
        "learner": "stu-1",
    },
    "line-items": {
        "sourced_id": "bio-110-2026-final",
        "offering": "bio-110-2026",
        "title": "Final result",
        "category": "Module result",
    },
    "results": {
        "sourced_id": "bio-110-2026-final-stu-1",
        "line_item": "bio-110-2026-final",
        "learner": "stu-1",
        "text": "Pass",
        "dated": "2027-01-20",
    },
}

# The first learner is new, the second is the one above.
AWARDS: Final[Sequence[Mapping[str, Any]]] = (
    {
        "number": "000777",
        "given_name": "Grace",
        "family_name": "Hopper",
        "email": "grace@learner.example",
        "awarded_on": "2026-06-30",
        "result": 87.5,
    },
    {"number": "sis:banner:stu-1", "awarded_on": "2026-06-30"},
)
TEMPLATE_OF_THE_DEMO: Final = "workshop-attendance"
AWARDS_AS_CSV: Final = """\
learner number,given name,family name,e-mail,award date,result
000777,Grace,Hopper,grace@learner.example,2026-06-30,87.5
sis:banner:stu-1,,,,2026-06-30,
"""
TEMPLATE: Final[Mapping[str, Any]] = {
    "slug": "cells-and-tissues",
    "organisation": f"sis:{SOURCE}:biology",
    "name": "Cells and tissues",
    "description": "Knows the tissues of plants and animals, and draws them from observation.",
    "criteria": "Pass the course BIO 110.",
    "kind": "course",
    "rule": {
        "final_result": {"course": "BIO 110", "category": "Module result", "one_of": ["Pass"]}
    },
}
REWORDED: Final[Mapping[str, Any]] = {"criteria": "Pass the course BIO 110, with all its labs."}
WEBHOOK: Final[Mapping[str, Any]] = {
    "url": "https://hooks.college.example/credentials",
    "types": ["credential.issued", "credential.revoked"],
}


def as_sheet(kind: str) -> str:
    """The row in a sheet, below its header."""
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, ROWS[kind])
    writer.writeheader()
    writer.writerow(ROWS[kind])
    return sheet.getvalue()
