"""The columns of OSMT's CSV under both of its sets of headers, and a row."""

import csv
import io

IMPORT = (
    "Collection,Skill Name,Skill Categories,Authors,Contextualized Skill Statement,Keywords,"
    "Professional Standards,Certifications,BLS Major Group,BLS Minor Group,BLS Broad Occupation,"
    "BLS Detailed Occupation,O*NET Job Role,Employer,Alignment Title,Alignment"
).split(",")
EXPORT = (
    "Canonical URL,RSD Name,Authors,Skill Statement,Categories,Collections,Keywords,Standards,"
    "Certifications,Occupation Major Groups,Occupation Minor Groups,Broad Occupations,"
    "Detailed Occupations,O*Net Job Codes,Employers,Alignment Name,Alignment URL,"
    "Alignment Framework,Alignment 2 Name,Alignment 2 URL,Alignment 2 Framework"
).split(",")
ROW = {
    "RSD Name": "Hand Hygiene",
    "Skill Statement": "Wash hands; by protocol.",
    "Authors": "Quillhaven College",
    "Collections": "Nursing",
    "Categories": "Safety; Care",
    "Keywords": "hands; soap ;; soap",
    "Standards": "NLN",
    "Employers": "Ward 3; Ward 4",
    "Occupation Major Groups": "29-0000",
    "Detailed Occupations": "29-1141; 31-1131",
    "Alignment Name": "Washing",
    "Alignment URL": "https://other.example/1",
    "Alignment Framework": "Other",
    "Alignment 2 Name": "Soap",
    "Alignment 2 URL": "https://other.example/2",
}
# The same in the words of the import.
NAMES = dict(
    zip(
        [*EXPORT[1:3], "Skill Statement", "Categories", "Collections", "Standards"],
        [
            "Skill Name",
            "Authors",
            "Contextualized Skill Statement",
            "Skill Categories",
            "Collection",
            "Professional Standards",
        ],
        strict=True,
    )
) | {
    "Employers": "Employer",
    "Occupation Major Groups": "BLS Major Group",
    "Detailed Occupations": "BLS Detailed Occupation",
    "Alignment Name": "Alignment Title",
    "Alignment URL": "Alignment",
    "Keywords": "Keywords",
}


def sheet(header: list[str], *rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
