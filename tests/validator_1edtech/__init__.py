"""The checklist of 1EdTech's public validator, and what the specifications ask for beyond it.

Written from its description alone and on other libraries than the product uses, so that the two
can be compared:

    report = inspect_badge(credential, fetch=pages, now=now)
    assert report.outcome is Outcome.VALID, report

A credential is a JSON object, the text of one, a compact JWS, or a baked PNG or SVG. `fetch`
gives what is found at an address, or raises; nothing else is asked. Probes have the names of the
validator; those that it does not have are in `additions`. Contexts and schemas are those beside
the checkout, so that a test that calls this takes the fixture `shared_data`.
"""

from .inspectors import inspect_badge, inspect_clr, inspect_endorsement, inspect_status_list
from .report import Outcome, Report

__all__ = [
    "Outcome",
    "Report",
    "inspect_badge",
    "inspect_clr",
    "inspect_endorsement",
    "inspect_status_list",
]
