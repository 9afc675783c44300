"""Reads a 1EdTech CASE package, version 1.1 or 1.0, as a file or as a service gives it.

names        the words of CASE, and what each kind of object may have
pages        where the parts of a package are, also when they came page by page
items        the document, its items and their associations
definitions  concepts, subjects, licences, item types and groupings
rubrics      rubrics with their criteria and levels
details      what is kept under CASE's own names
reading      all of these put together
"""

from skills.readers import json_text
from skills.readers.case.pages import MAX_ASSOCIATIONS, MAX_ITEMS
from skills.readers.case.reading import Reading
from skills.readers.errors import Unreadable
from skills.readers.glimpse import Glimpse
from skills.readers.problems import Problems
from skills.readers.records import Package

__all__ = ["MAX_ASSOCIATIONS", "MAX_ITEMS", "is_it", "read"]


def read(data: bytes, *, file: str = "") -> Package:
    """Read a framework, its skills and their associations, and all that is wrong with them.

    Takes a CFPackage, or a list of a service's answers that make one up. Never raises for what
    the bytes hold. Items and associations with an error are left out, and so is an association
    with an item that was left out, or one that would close a circle of isChildOf; one that
    leads outside the file is kept with a warning. Identifiers of items are compared, and given,
    in lower case.
    """
    problems = Problems(file)
    try:
        return Reading(json_text.parse(data, problems), problems).package()
    except Unreadable as error:
        problems.fatal(error)
        return Package(problems=problems.listed())


def is_it(glimpse: Glimpse) -> bool:
    """Whether a file looks like a CASE package."""
    return bool(glimpse.members & {"CFDocument", "CFDocuments"})
