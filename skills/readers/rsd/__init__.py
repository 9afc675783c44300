"""Reads Rich Skill Descriptors in JSON: one, a list of them, or a collection.

descriptors  what one descriptor says, whether it stood in JSON or in a row
identity     which framework they make up, and what each of them is known by
reading      descriptors out of JSON, in the words of either version
gathered     the framework that they make up (also of `osmt_csv`)
"""

from skills.readers import json_text
from skills.readers.errors import Unreadable
from skills.readers.glimpse import Glimpse
from skills.readers.problems import Problems
from skills.readers.records import Package
from skills.readers.rsd import gathered
from skills.readers.rsd.reading import Reading

__all__ = ["is_it", "read"]


def read(data: bytes, *, file: str = "", framework_id: str = "", title: str = "") -> Package:
    """Read descriptors as the skills of one framework, and all that is wrong with them.

    The framework is the one of `framework_id`; else the collection that all of them are in,
    else that of their one creator, or author. Where none of this is there, that is a fatal
    problem. A skill is known by its address, else its UUID, else its name. Never raises for
    what the bytes hold.
    """
    problems = Problems(file)
    try:
        reading = Reading(json_text.parse(data, problems), problems)
        found = reading.descriptors()
        return gathered.package(
            found,
            problems,
            collection=reading.collection(),
            framework_id=framework_id,
            title=title,
            refused=reading.refused,
        )
    except Unreadable as error:
        problems.fatal(error)
        return Package(problems=problems.listed())


def is_it(glimpse: Glimpse) -> bool:
    """Whether a file looks like Rich Skill Descriptors."""
    return glimpse.members >= {"skillName", "skillStatement"}
