"""The award rule of a draft, built by clicking: the server holds its parts, the page has none."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView
from django_htmx.http import HttpResponseClientRedirect

from issuer.errors import Refusal
from issuer.pages import Page, thing_url
from registrar import rules
from registrar.admin.draft_builders import LONGEST, DraftBuilderPage
from registrar.rules import RuleProblem, drafting
from registrar.rules.drafting import FIELDS, GROUPS, Part
from registrar.services.deciding import rule_choices, rule_doubts, rule_names
from registrar.services.drafting import templates

# More than any rule may have: conditions, and groups around them.
MOST_PARTS: Final = 150
# What one may add, as one chooses it.
ADDED: Final = (
    ("final_result", "The final result of a course is one of these"),
    ("score", "A score in a course is at least"),
    ("every_score", "Every score of a kind in a course is at least"),
    ("outcome_level", "An outcome is reached in a level or better"),
    ("outcome_word", "An outcome is reached in one of these words"),
    ("outcome_score", "An outcome is reached with a score of at least"),
    ("activity", "An activity is done"),
    ("credential", "Another credential is held"),
    ("all", "A group: all of these"),
    ("any", "A group: one of these"),
    ("at_least", "A group: so many of these"),
    ("none", "A group: none of these"),
)
ASKED: Final = (
    ("all", "All of these"),
    ("any", "One of these is enough"),
    ("at_least", "At least so many of these"),
    ("none", "None of these"),
)
_LABELS: Final = {
    "course": "Course",
    "category": "Kind of assessment",
    "line_item": "Or this assessment alone",
    "one_of": "One of these results, each on a line",
    "at_least": "At least",
    "outcome": "Outcome",
    "level_at_least": "Level, or better",
    "activity": "Activity",
    "template": "Credential",
    "from": "From the term",
    "to": "To the term",
}
_MOVES: Final = {
    "up": "Move up",
    "down": "Move down",
    "in": "Into the group above",
    "out": "Out of the group",
}
# What the choices in a field depend on.
_BESIDE: Final = {"category": "course", "line_item": "course", "level_at_least": "outcome"}


class RuleBuilderPage(DraftBuilderPage):
    """Parts are added, moved and removed by buttons; nothing is kept before one says so."""

    template_name = "registrar/desk/rule_builder.html"
    title = "Build the award rule"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._show(drafting.begin(self.revision.rule))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        top = _sent(request.POST)
        act, _, number = request.POST.get("do", "").partition("-")
        if act == "keep":
            for part, _ in top.walk():
                part.is_tried = True
            return self._keep(top)
        rows = [part for part, _ in top.walk()]
        moved = None
        if number.isascii() and number.isdecimal() and int(number[:4]) < len(rows):
            moved = _change(top, act, rows[int(number[:4])], request.POST)
        return self._show(top, moved=moved)

    def _keep(self, top: Part) -> HttpResponse:
        data = _data(top)
        try:
            if data is not None:
                rules.parse(data)
            templates.edit(self.revision, by=self.user, rule=data)
        except rules.InvalidRule:
            return self._show(top, status=422)
        except Refusal as error:
            return self._show(top, refusal=str(error), status=409)
        messages.success(self.request, "The rule is kept with the draft.")
        if self._is_by_script:
            return HttpResponseClientRedirect(thing_url(self.revision))
        return redirect(thing_url(self.revision))

    def _show(
        self,
        top: Part,
        *,
        moved: Part | None = None,
        refusal: str = "",
        status: int = 200,
    ) -> HttpResponse:
        data = _data(top)
        said, gaps, doubts = "", [], []
        if data is not None:
            try:
                rule = rules.parse(data)
            except rules.InvalidRule as error:
                drafting.note(top, error.problems)
            else:
                said = f"It is awarded when {rule.sentence(names=rule_names.of(rule))}."
                gaps = list(dict.fromkeys(each.reason for each in rule_names.unknown(rule)))
                doubts = list(dict.fromkeys(each.reason for each in rule_doubts.of(rule)))
        numbers = {id(part): number for number, (part, _) in enumerate(top.walk())}
        context = self.get_context_data(
            revision=self.revision,
            top=_shown(top, top, numbers, moved),
            count=len(numbers),
            said=said,
            gaps=gaps,
            doubts=doubts,
            is_empty=data is None,
            problems=[
                {"number": numbers[id(part)], "words": _in_words(part, problem)}
                for part, _ in top.walk()
                if part.is_tried
                for problem in part.problems
            ],
            # What follows while one types, beside the sentence.
            followers=",".join(
                f"#{name}-{number}" for number in numbers.values() for name in ("problems", "words")
            ),
            as_json="" if data is None else json.dumps(data, indent=2, ensure_ascii=False),
            added=ADDED,
            asked=ASKED,
            refusal=refusal,
        )
        # htmx shows nothing of an answer that says that something is wrong.
        return self.render_to_response(context, status=200 if self._is_by_script else status)

    @property
    def _is_by_script(self) -> bool:
        return bool(getattr(self.request, "htmx", False))


class RuleOptions(Page, TemplateView):
    """What a field may hold, while somebody types into it."""

    permission_required = "registrar.draft_revision"
    template_name = "registrar/desk/rule_options.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        of, at = asked.get("of", ""), asked.get("at", "")
        beside = {name: asked.get(f"{name}-{at}", "") for name in ("course", "outcome")}
        found = rule_choices.find(of, asked.get(f"{of}-{at}", "")[:200], beside=beside)
        return {"found": found}


def _data(top: Part) -> rules.Data | None:
    return top.as_data() if top.parts else None


def _change(top: Part, act: str, part: Part, sent: Mapping[str, str]) -> Part | None:
    """Do what the button says; returns the part that has the focus afterwards."""
    if act == "add" and part.is_group:
        kind = sent.get("new-" + sent.get("do", "").partition("-")[2], "")
        if kind not in dict(ADDED) or len(list(top.walk())) >= MOST_PARTS:
            return None
        made = Part(kind, {"count": "2"} if kind == "at_least" else {})
        part.parts.append(made)
        return made
    if act == "remove":
        holder = drafting.holder_of(top, part)
        drafting.remove(top, part)
        return holder
    drafting.move(top, part, act)
    return part


def _sent(sent: Mapping[str, str]) -> Part:
    """The parts as the form sends them: numbered from the top, each with its depth."""
    count = sent.get("count", "")
    rows: list[tuple[Part, int]] = []
    for number in range(min(int(count), MOST_PARTS) if count.isdecimal() and len(count) < 6 else 0):
        kind, depth = sent.get(f"kind-{number}", ""), sent.get(f"depth-{number}", "")
        if kind not in FIELDS and kind not in GROUPS:
            continue
        names = ("count",) if kind in GROUPS else FIELDS[kind][1]
        values = {name: sent.get(f"{name}-{number}", "")[:LONGEST] for name in names}
        part = Part(kind, values, is_tried=f"tried-{number}" in sent)
        rows.append((part, int(depth) if depth in tuple("0123456789") else 1))
    return drafting.lay_out(rows)


def _shown(
    top: Part, part: Part, numbers: Mapping[int, int], moved: Part | None, depth: int = 0
) -> dict[str, Any]:
    """A part as the template shows it."""
    number = numbers[id(part)]
    return {
        "number": number,
        "depth": depth,
        "kind": part.kind,
        "is_group": part.is_group,
        "label": dict(ADDED)[part.kind],
        "count": part.values.get("count") or "1",
        "fields": [] if part.is_group else [_field(part, name) for name in FIELDS[part.kind][1]],
        "terms": bool(part.values.get("from") or part.values.get("to")),
        "words": rule_choices.words_in(part.values) if "one_of" in part.values else [],
        "ways": [(way, _MOVES[way]) for way in drafting.ways(top, part)],
        "is_tried": part.is_tried,
        "problems": [_in_words(part, problem) for problem in part.problems if part.is_tried],
        "is_moved": part is moved,
        "parts": [_shown(top, each, numbers, moved, depth + 1) for each in part.parts],
    }


def _in_words(part: Part, problem: RuleProblem) -> str:
    """What is wrong with a part, for somebody who sees fields and no JSON."""
    if part.is_group and not part.parts:
        return "Nothing is in this group. Add something to it, or remove it."
    name = problem.pointer.rpartition("/")[2]
    label = _LABELS.get(name, "How many" if part.is_group else name)
    if name == "one_of" and problem.code in ("empty", "type"):
        return f"{label}: Write 1 to {rules.MAX_WORDS} of them, each on a line of its own."
    if problem.code == "required":
        return f"{label} is missing. Fill it in."
    if name == "at_least":
        return f"{label}: {problem.reason.replace('at_least is', 'This is')}"
    return f"{problem.reason} {problem.fix}" if name not in _LABELS else f"{label}: {problem.fix}"


def _field(part: Part, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": _LABELS[name],
        "value": part.values.get(name, ""),
        "beside": _BESIDE.get(name, ""),
        "is_term": name in ("from", "to"),
    }
