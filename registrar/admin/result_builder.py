"""The results that credentials of a draft carry, filled in as a form; as JSON only to take in."""

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from issuer.errors import Refusal
from issuer.pages import thing_url
from issuer.vc.reading import in_words
from issuer.vc.vocabularies import RESULT_TYPES
from registrar.admin.draft_builders import LONGEST, DraftBuilderPage
from registrar.admin.drafts import JsonField
from registrar.models import LearningOutcome
from registrar.services.deciding import result_levels, rule_choices
from registrar.services.drafting import readiness, templates
from registrar.services.marking import scales

MOST: Final = 30
# What one row of the form holds; `id` goes along unseen.
_FIELDS: Final = (
    "id",
    "name",
    "result_type",
    "allowed_value",
    "value_min",
    "value_max",
    "required_value",
    "course",
    "category",
    "outcome",
)
_LABELS: Final = {
    "name": "What it is called",
    "result_type": "What kind of result",
    "allowed_value": "Grades or levels, one on each line, the lowest first",
    "value_min": "Or a number, at least",
    "value_max": "At most",
    "required_value": "Needed to earn it",
    "course": "Filled from the course",
    "category": "Kind of assessment there",
    "outcome": "Or from results in the outcome",
}
# Of which of these a form begins; the others stand below the usual ones.
_USUAL: Final = ("LetterGrade", "Percent", "RawScore", "RubricCriterionLevel", "Status", "Result")
TYPES: Final = tuple(
    (name, in_words(name)) for name in (*_USUAL, *sorted(RESULT_TYPES - set(_USUAL)))
)

# The fields as they stand beside each other.
_LINES: Final = (
    ("name", "result_type"),
    ("allowed_value",),
    ("value_min", "value_max", "required_value"),
    ("course", "category", "outcome"),
)
# How many outcomes are named in place of one that does not exist.
_LIKE: Final = 5

_Row = dict[str, str]


class ResultBuilderPage(DraftBuilderPage):
    """Results are added, filled in, moved and removed; nothing is kept before one says so."""

    template_name = "registrar/desk/result_builder.html"
    title = "Results that it carries"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._show([_row(each) for each in self.revision.result_descriptions])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = _sent(request.POST)
        act, _, number = request.POST.get("do", "").partition("-")
        at = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else -1
        if act == "keep":
            return self._keep(rows)
        if act == "import":
            return self._take_in(rows, request.POST.get("json", ""))
        if act == "scale":
            return self._add_scale(rows, request.POST.get("outcome-scale", "").strip())
        if act == "add" and len(rows) < MOST:
            rows.append(dict.fromkeys(_FIELDS, "") | {"result_type": _USUAL[0]})
        elif 0 <= at < len(rows):
            _change(rows, act, at)
        return self._show(rows)

    def _keep(self, rows: list[_Row]) -> HttpResponse:
        described = [_described(row) for row in rows]
        if any(map(readiness.result_problem, described)):
            return self._show(rows, asks=True, status=422)
        try:
            templates.edit(self.revision, by=self.user, result_descriptions=described)
        except Refusal as error:
            return self._show(rows, refusal=str(error), status=409)
        messages.success(self.request, "The results are kept with the draft.")
        return redirect(thing_url(self.revision))

    def _add_scale(self, rows: list[_Row], code: str) -> HttpResponse:
        """A result whose levels are those in which the outcome is judged."""
        living = LearningOutcome.objects.living(timezone.localdate()).filter(code=code)
        outcome = living.first()
        if outcome is None:
            return self._show(rows, scale=code[:LONGEST], status=422)
        scale = scales.of([outcome], on=timezone.localdate())[outcome.pk]
        if len(rows) < MOST:
            filled = {"name": outcome.statement[:300], "outcome": code}
            rows.append(dict.fromkeys(_FIELDS, "") | filled | _of_scale(scale))
        return self._show(rows)

    def _take_in(self, rows: list[_Row], text: str) -> HttpResponse:
        try:
            data = JsonField(required=False).clean(text[: 16 * LONGEST])
        except ValidationError as error:
            return self._show(rows, refusal=" ".join(error.messages), json_text=text, status=422)
        if refusal := _unfit(data):
            return self._show(rows, refusal=refusal, json_text=text, status=422)
        return self._show([_row(each) for each in data], asks=True)

    def _show(
        self,
        rows: list[_Row],
        *,
        asks: bool = False,
        refusal: str = "",
        json_text: str = "",
        scale: str | None = None,
        status: int = 200,
    ) -> HttpResponse:
        described = [_described(row) for row in rows]
        problems = [_problem(each) if asks else "" for each in described]
        shown = [
            {
                "number": number,
                "row": row,
                "lines": [[_field(row, name) for name in line] for line in _LINES],
                "problem": problems[number],
                "is_first": number == 0,
                "is_last": number == len(rows) - 1,
            }
            for number, row in enumerate(rows)
        ]
        context = self.get_context_data(
            revision=self.revision,
            shown=shown,
            count=len(rows),
            types=TYPES,
            refusal=refusal,
            has_problems=any(problems),
            json_text=json_text or _as_text(described),
            is_json_refused=bool(json_text),
            scale=scale or "",
            scale_problem="" if scale is None else _no_outcome(scale),
        )
        return self.render_to_response(context, status=status)


def _problem(described: dict[str, Any]) -> str:
    """What is wrong with a result, for somebody who sees its name above."""
    return readiness.result_problem(described).removeprefix(f"{described['name']}: ")


def _no_outcome(code: str) -> str:
    """That there is none, and which there are that one may mean."""
    if not code:
        return "Write the code of an outcome, or choose one."
    like = [each.value for each in rule_choices.find("outcome", code, beside={})[:_LIKE]]
    meant = f" Do you mean {', '.join(like)}?" if like else ""
    return f"There is no outcome {code[:60]}.{meant}"


def _unfit(data: Any) -> str:
    """What of JSON the form could not show; blank for nothing."""
    if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
        return "Write a list of objects: [{...}, {...}]."
    if len(data) > MOST:
        return f"A credential carries {MOST} results at most; these are {len(data)}."
    if unknown := sorted(set().union(*data) - readiness.RESULT_MEMBERS):
        return f"A result has no {', '.join(unknown)[:200]}."
    levels = (result_levels.problem({"result_type": result_levels.RUBRIC} | each) for each in data)
    return next(filter(None, levels), "")


def _as_text(described: list[dict[str, Any]]) -> str:
    return json.dumps(described, indent=2, ensure_ascii=False) if described else ""


def _sent(sent: Mapping[str, str]) -> list[_Row]:
    count = sent.get("count", "")
    rows = min(int(count), MOST) if count.isascii() and count.isdecimal() and len(count) < 4 else 0
    return [
        {name: sent.get(f"{name}-{number}", "").strip()[:LONGEST] for name in _FIELDS}
        for number in range(rows)
    ]


def _change(rows: list[_Row], act: str, at: int) -> None:
    if act == "remove":
        del rows[at]
    elif act in ("up", "down"):
        to = at + (1 if act == "down" else -1)
        if 0 <= to < len(rows):
            rows[at], rows[to] = rows[to], rows[at]


def _of_scale(scale: scales.Scale) -> _Row:
    rising = [*reversed(scale.levels)]
    if not scale.rubric:
        names = "\n".join(level.name for level in rising)
        return {"result_type": "Result", "allowed_value": names}
    levels = [
        {
            "name": level.name,
            "points": "" if level.points is None else f"{level.points.normalize():f}",
            "description": level.meaning,
        }
        for level in rising
    ]
    return {"result_type": result_levels.RUBRIC, "allowed_value": _level_lines(levels)}


def _level_lines(levels: Iterable[Mapping[str, Any]]) -> str:
    """A level a line, as one writes it: Proficient | 3 | Explains each step."""
    said = ([_text(level.get(name)) for name in result_levels.MEMBERS] for level in levels)
    return "\n".join(" | ".join(parts).rstrip(" |") for parts in said)


def _levels(lines: Iterable[str]) -> list[dict[str, str]]:
    """What `_level_lines` writes, as revisions keep it."""
    parts = (map(str.strip, line.split("|", 2)) for line in lines)
    levels = (zip(result_levels.MEMBERS, each, strict=False) for each in parts)
    return [{name: said for name, said in level if said} for level in levels]


def _row(described: Mapping[str, Any]) -> _Row:
    """A description as the form shows it; what has another shape is shown as it is written."""
    row = {name: _text(described.get(name)) for name in _FIELDS}
    if levels := result_levels.levels(described):
        row["allowed_value"] = _level_lines(levels)
    source = described.get("source")
    if isinstance(source, dict):
        row |= {name: _text(source.get(name)) for name in ("course", "category", "outcome")}
    return row


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    return "" if value is None else str(value)


def _described(row: _Row) -> dict[str, Any]:
    """The description that the row of a form makes, as revisions keep it."""
    described: dict[str, Any] = {
        "id": row["id"] or uuid.uuid4().urn,
        "name": row["name"],
        "result_type": row["result_type"],
    }
    if allowed := list(filter(None, map(str.strip, row["allowed_value"].splitlines()))):
        if row["result_type"] == result_levels.RUBRIC:
            described["levels"] = _levels(allowed)
        else:
            described["allowed_value"] = allowed
    for name in ("value_min", "value_max", "required_value"):
        if row[name]:
            described[name] = row[name]
    if row["outcome"]:
        described["source"] = {"outcome": row["outcome"]}
    elif row["course"] or row["category"]:
        described["source"] = {"course": row["course"], "category": row["category"]}
    return described


def _field(row: _Row, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": _LABELS[name],
        "value": row[name],
        "beside": "course" if name == "category" else "",
    }
