"""Reads a competency framework in CTDL-ASN JSON-LD, as the Credential Registry gives it.

values       the values of a property: texts in their languages, addresses, dates
graph        the nodes of a document, wherever they stand in it
nodes        the framework, a competency and a concept, each as its record
properties   which property is which association, in which direction
reading      all of these put together
"""

from skills.readers import json_text
from skills.readers.ctdl_asn.reading import Reading
from skills.readers.errors import Unreadable
from skills.readers.glimpse import Glimpse
from skills.readers.problems import Problems
from skills.readers.records import Package

__all__ = ["is_it", "read"]


def read(data: bytes, *, file: str = "") -> Package:
    """Read a framework, its competencies and their alignments, and all that is wrong with them.

    Takes a `@graph`, a list of nodes, or a framework with its competencies inside; names may
    go without their prefix. No context is fetched. A CTID is the identifier, in lower case; a
    node without one is known by its address. Texts are read in the framework's language, and
    those in others kept. Never raises for what the bytes hold.
    """
    problems = Problems(file)
    try:
        return Reading(json_text.parse(data, problems), problems).package()
    except Unreadable as error:
        problems.fatal(error)
        return Package(problems=problems.listed())


def is_it(glimpse: Glimpse) -> bool:
    """Whether a file looks like CTDL-ASN."""
    return "competencyText" in {name.rpartition(":")[2] for name in glimpse.members}
