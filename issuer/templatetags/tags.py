"""The look's small parts: state tags, pictures, progress, history."""

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django import template
from django.contrib.auth.models import User
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst

from issuer.models import Batch, LedgerEntry
from issuer.vc import reading

register = template.Library()

HISTORY_LENGTH = 50
# The work on a batch, chunk by chunk; the bar on its page tells of it.
WORK = ("credentials.requested", "credentials.signed")


class Appearance(NamedTuple):
    """How a state looks: never by colour alone, so each has a word and a shape too."""

    colour: str
    shape: str
    word: str


STATES = {
    "draft": Appearance("grey", "pencil", "Draft"),
    "open": Appearance("grey", "pencil", "Open"),
    "submitted": Appearance("amber", "clock", "Waits for approval"),
    "prepared": Appearance("amber", "clock", "Waits for approval"),
    "proposed": Appearance("amber", "clock", "Waits for review"),
    "planned": Appearance("amber", "clock", "Read, not applied"),
    "reading": Appearance("blue", "clock", "Being read"),
    "preparing": Appearance("blue", "clock", "Being prepared"),
    "read": Appearance("amber", "clock", "Read, nobody awarded"),
    "new": Appearance("green", "tick", "New"),
    "already": Appearance("grey", "dash", "Issued already"),
    "left": Appearance("grey", "dash", "Left out"),
    "new_person": Appearance("violet", "question", "New person"),
    "replace": Appearance("violet", "seal", "Replaces another"),
    "again": Appearance("violet", "seal", "One more"),
    "wrong": Appearance("red", "cross", "With errors"),
    "staged": Appearance("amber", "clock", "Published, not signing yet"),
    "requested": Appearance("amber", "clock", "Waits for its signature"),
    "night": Appearance("blue", "clock", "Running"),
    "done": Appearance("green", "tick", "Done"),
    "held": Appearance("amber", "pause", "Waits for a person"),
    "waiting": Appearance("amber", "clock", "Waits for a second person"),
    "made": Appearance("green", "tick", "Carried out"),
    "asked": Appearance("amber", "clock", "Waits for an answer"),
    "answered": Appearance("green", "tick", "Answered"),
    "retracted": Appearance("red", "cross", "Answer retracted"),
    "queued": Appearance("amber", "clock", "Waits to be sent"),
    "sending": Appearance("amber", "clock", "Being sent"),
    "approved": Appearance("green", "tick", "Approved"),
    "running": Appearance("blue", "clock", "Being issued"),
    "scheduled": Appearance("amber", "clock", "Scheduled"),
    "paused": Appearance("amber", "pause", "Paused"),
    "accepted": Appearance("green", "tick", "Accepted"),
    "applied": Appearance("green", "tick", "Applied"),
    "delivered": Appearance("green", "tick", "Delivered"),
    "off": Appearance("grey", "dash", "Switched off"),
    "active": Appearance("green", "tick", "Active"),
    "valid": Appearance("green", "tick", "Valid"),
    "issued": Appearance("blue", "seal", "Issued"),
    "signed": Appearance("blue", "seal", "Signed"),
    "sent": Appearance("green", "tick", "Sent"),
    "bounced": Appearance("red", "cross", "Came back"),
    "unsure": Appearance("violet", "question", "Perhaps sent"),
    "suspended": Appearance("amber", "pause", "Suspended"),
    "expired": Appearance("grey", "dash", "Expired"),
    "declined": Appearance("red", "cross", "Declined"),
    "returned": Appearance("amber", "pencil", "Sent back"),
    "rejected": Appearance("red", "cross", "Rejected"),
    "refused": Appearance("red", "cross", "Refused"),
    "failed": Appearance("red", "cross", "Failed"),
    "revoked": Appearance("red", "cross", "Revoked"),
    "invalid": Appearance("red", "cross", "Invalid"),
    "compromised": Appearance("red", "cross", "Compromised"),
    "discarded": Appearance("grey", "dash", "Discarded"),
    "retired": Appearance("grey", "dash", "Retired"),
    "withdrawn": Appearance("grey", "dash", "Withdrawn"),
    "published": Appearance("green", "tick", "Published"),
    "superseded": Appearance("grey", "dash", "Superseded"),
    "current": Appearance("green", "tick", "Current"),
    "passed": Appearance("green", "tick", "Passed"),
    "could_not_check": Appearance("violet", "question", "Could not check"),
    "unknown": Appearance("violet", "question", "Unknown"),
    "warning": Appearance("amber", "question", "Worth a look"),
}


@register.inclusion_tag("look/state.html")
def state_tag(value: str, word: str = "", size: str = "") -> dict[str, str]:
    """A state as a tag of word, shape and colour; what is not known is shown as unknown."""
    appearance = STATES.get(value) or STATES["unknown"]._replace(word=str(value).capitalize())
    return {
        "colour": appearance.colour,
        "shape": appearance.shape,
        "word": word or appearance.word,
        "size": size,
    }


@register.filter
def picture(svg: str) -> str:
    """SVG text as an image address: as an image it cannot run scripts or load anything."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@register.filter
def as_json(value: Any) -> str:
    """A document to read: indented, letters as they are."""
    if isinstance(value, str):
        value = json.loads(value)
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.inclusion_tag("look/history.html")
def history(thing: Model, successor: Model | None = None) -> dict[str, Any]:
    """Who did what to this thing and to what took its place, when and why, newest first."""
    things = [each for each in (thing, successor) if each is not None]
    about = LedgerEntry.objects.filter(subject__in=map(_name_of, things))
    entries = list(about.exclude(act__in=WORK)[:HISTORY_LENGTH])
    people = User.objects.filter(username__in={entry.actor for entry in entries})
    names = {person.username: person.get_full_name() for person in people}
    return {
        "entries": [
            {"entry": entry, "who": names.get(entry.actor) or entry.actor} for entry in entries
        ]
    }


def _name_of(thing: Model) -> str:
    # A course or activity is entered as what both are.
    label = (thing._meta.concrete_model or thing)._meta.label_lower
    return f"{label}:{thing.pk}"


@register.filter
def act_in_words(act: str) -> str:
    """An act of the ledger as people read it: credential.revoked as Credential revoked."""
    words = act.replace(".", " ").replace("_", " ").replace("skilltag", "skill tag")
    return words.capitalize().replace("Api", "API")


@register.filter
def kind_in_words(kind: str) -> str:
    """A kind of achievement as people read it."""
    return reading.kind_in_words(kind)


@register.inclusion_tag("look/problems.html")
def problems(rows: Iterable[Any], *, are_lines: bool = False) -> dict[str, Any]:
    """What is wrong with a file: file, row, column, value, reason, remedy.

    What is only worth a look is told from what keeps a file from being used. Rows are called
    lines where the page does so.
    """
    rows = list(rows)
    severities = {
        row.get("severity") if isinstance(row, dict) else getattr(row, "severity", None)
        for row in rows
    }
    are_warnings = severities == {"warning"}
    return {"problems": rows, "are_warnings": are_warnings, "are_lines": are_lines}


@register.filter
def under_their_names(cells: Iterable[str], headers: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The cells of a row of Django's lists, each with the name of its column for small screens."""
    for cell, header in zip(cells, headers, strict=True):
        if cell.startswith("<td"):
            rest = mark_safe(cell.removeprefix("<td"))  # noqa: S308 - as Django made it
            cell = format_html('<td data-label="{}"{}', capfirst(header["text"]), rest)
        yield cell


@register.inclusion_tag("look/pages.html", takes_context=True)
def pages(context: dict[str, Any], page: Any) -> dict[str, Any]:
    """Links to the other pages of a long list; whatever else was asked for stays."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    return {
        "page": page,
        "numbers": page.paginator.get_elided_page_range(page.number),
        "query": query.urlencode(),
    }


CHART_WIDTH, CHART_HEIGHT = 720, 150
CHART_BASE, CHART_TOP = 130, 18
CHART_PLACES = 12


@register.inclusion_tag("look/batch_chart.html")
def batch_chart(batches: Iterable[Batch]) -> dict[str, Any]:
    """Bars of how many credentials each batch holds, oldest to newest; each bar is a link."""
    shown = list(batches)[::-1]
    most = max((batch.count for batch in shown), default=0) or 1
    step = CHART_WIDTH // max(len(shown), CHART_PLACES)
    bars = []
    for place, batch in enumerate(shown):
        height = max(2, round((CHART_BASE - CHART_TOP) * batch.count / most))
        left = place * step + step // 6
        bars.append(
            {
                "batch": batch,
                "url": reverse("admin:issuer_batch_change", args=[batch.pk]),
                "look": {"prepared": "waiting", "declined": "declined"}.get(batch.state, ""),
                "x": left,
                "y": CHART_BASE - height,
                "width": step * 2 // 3,
                "height": height,
                "middle": left + step // 3,
                "label_y": CHART_BASE - height - 5,
            }
        )
    return {
        "bars": bars,
        "width": CHART_WIDTH,
        "height": CHART_HEIGHT,
        "base": CHART_BASE,
        "date_y": CHART_BASE + 15,
    }
