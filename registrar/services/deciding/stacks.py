"""Credentials that are made of others: how far learners are on the way, and what they lack."""

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.template.loader import render_to_string
from django.urls import reverse

from issuer.errors import BadAddress
from issuer.models import Credential, Institution, Mail, Release
from issuer.services import outbox
from registrar import rules
from registrar.models import Learner, Revision
from registrar.rules import Condition, CredentialHeld, Rule, Why
from registrar.services.college import roles
from registrar.services.deciding import eligibility, facts

PERMISSION: Final = "registrar.view_award"
SEND: Final = "registrar.evaluate_award"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things that a stack asks for: had, or what is missing of it in words.

    Of a credential it names the award, if there is one, and where the learner finds it.
    """

    name: str
    is_had: bool
    is_credential: bool = True
    award: Any = None
    page: str = ""
    is_earned: bool = False
    whys: tuple[Why, ...] = ()
    revision: Revision | None = None

    @property
    def day(self) -> date | None:
        """When it was awarded."""
        return self.award.awarded_on if self.award else None


@dataclass(frozen=True)
class Standing:
    """How far one learner is on the way to a stack: so many of those asked for are had.

    What is missing of each part is looked up when it is asked for.
    """

    revision: Revision
    learner: Learner
    asked: int
    missing: int
    decision: rules.Decision
    award: Any = None

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All that the stack is made of."""
        return tuple(_parts(self.decision, self.learner))

    @property
    def had(self) -> int:
        """How many of those that are asked for."""
        return self.asked - self.missing

    @property
    def words(self) -> str:
        """How far that is, in a sentence."""
        if not self.missing:
            return "All that is asked for is there."
        return f"{self.had} of the {self.asked} needed, {self.missing} more to come."


@dataclass(frozen=True)
class Board:
    """How far everybody is on the way to a stack, the beginners among them."""

    rule: Rule
    met: Mapping[int, AbstractSet[Condition]]

    @cached_property
    def asked(self) -> int:
        """How many are asked for."""
        return rules.asked(self.rule)

    @cached_property
    def had(self) -> dict[int, int]:
        """By learner how many of them are had."""
        known: dict[frozenset[Condition], int] = {}
        found = {}
        for learner, met in self.met.items():
            same = frozenset(met)
            if same not in known:
                known[same] = self.asked - rules.missing(self.rule, same)
            found[learner] = known[same]
        return found

    @cached_property
    def counts(self) -> list[tuple[int, int]]:
        """How many learners have none, one and so on up to all that are asked for."""
        tally = Counter(self.had.values())
        return [(number, tally[number]) for number in range(self.asked + 1)]

    def learners(self, had: int) -> list[int]:
        """Who has as many."""
        return [learner for learner, number in self.had.items() if number == had]


def approved() -> list[Revision]:
    """The approved revisions whose rule asks for other credentials, by name."""
    names_one = Revision.objects.annotate(words=Cast("rule", TextField())).filter(
        state=Revision.State.APPROVED, words__contains='"credential"'
    )
    return [each for each in names_one.order_by("name", "pk") if parts_of(each)]


def parts_of(revision: Revision) -> list[str]:
    """The short names of the templates that a stack is made of; none if it is no stack."""
    rule = _rule(revision)
    if rule is None:
        return []
    asked = (each.condition for each in rule.asked() if not each.is_excluded)
    return list(dict.fromkeys(leaf.target for leaf in asked if isinstance(leaf, CredentialHeld)))


def led_to(slugs: Iterable[str]) -> dict[str, list[Revision]]:
    """Of these templates the stacks that each is a part of."""
    wanted = set(slugs)
    found: dict[str, list[Revision]] = {}
    for revision in approved():
        for slug in wanted.intersection(parts_of(revision)):
            found.setdefault(slug, []).append(revision)
    return found


def begun(learner: Learner) -> list[Standing]:
    """Where a learner stands in each stack of which they have a part, or the whole."""
    awarded = learner.awards.not_declined().values_list("template__slug", flat=True)
    held = set(awarded)
    return [
        standing(revision, learner)
        for revision in approved()
        if held.intersection(parts_of(revision))
    ]


def standing(revision: Revision, learner: Learner) -> Standing:
    """Where one learner stands: part by part, with what is missing of each in words for them.

    The revision has a rule that can be understood.
    """
    rule = rules.parse(revision.rule)
    known = facts.gather(rule, learners=[learner.pk])
    decision = rules.evaluate(rule, known)[learner.pk]
    met = rules.met_by_each(rule, known)[learner.pk]
    whole = learner.awards.filter(template=revision.template_id).standing().with_state()
    return Standing(
        revision=revision,
        learner=learner,
        asked=rules.asked(rule),
        missing=rules.missing(rule, met),
        decision=decision,
        award=whole.order_by("-pk").first(),
    )


def board(revision: Revision) -> Board:
    """Where everybody stands who has a part, or takes part in what leads to one.

    Raises InvalidRule.
    """
    rule = rules.parse(revision.rule)
    known = facts.gather(rule)
    met = dict(rules.met_by_each(rule, known))
    for part in _approved_of(parts_of(revision)).values():
        if (of_part := _rule(part)) is not None:
            for learner in facts.taking_part(of_part):
                met.setdefault(learner, frozenset())
    return Board(rule, met)


def path_for(learner: Learner) -> str:
    """The learner's own page with all stacks that they have begun, to be sealed."""
    named = [learner.pk, learner.access_number, "seal"]
    return reverse("progress", args=named).removesuffix("/seal")


@transaction.atomic
def send(learner: Learner, *, by: User) -> Mail:
    """Send a learner the link to their page. Raises BadAddress, also where there is none."""
    roles.demand(by, SEND)
    if not learner.email:
        raise BadAddress("No e-mail address is known of this learner.")
    institution = Institution.objects.first()
    words = {
        "learner": learner.name,
        "institution": institution.name if institution else "The college",
        "stacks": [each.revision.name for each in begun(learner)],
    }
    return outbox.write(
        to=learner.email,
        to_name=learner.name,
        subject="How far you are",
        text=render_to_string("registrar/mail/progress.txt", words),
        why="progress.sent",
        about=learner,
        link=path_for(learner),
    )


def _parts(decision: rules.Decision, learner: Learner) -> Iterable[Part]:
    # Of what must not be so only what is, as it stands in the way.
    reasons = [each for each in decision.reasons if not (each.is_excluded and each.met)]
    slugs = [each.condition.target for each in reasons if _is_credential(each.condition)]
    revisions = _approved_of(slugs)
    awards = _awards(learner, slugs)
    pages = Release.objects.in_bulk([each.credential_id for each in awards.values()])
    names = decision.facts.names
    for reason in reasons:
        condition = reason.condition
        if reason.is_excluded or not _is_credential(condition):
            yield Part(reason.sentence, reason.met, is_credential=False)
            continue
        name = names.get(f"template:{condition.target}", condition.target)
        award = awards.get(condition.target)
        if reason.met and award is not None:
            page = pages.get(award.credential_id)
            yield Part(name, True, award=award, page=page.url if page else "")
            continue
        yield _to_come(name, award, revisions.get(condition.target), learner)


def _to_come(name: str, award: Any, revision: Revision | None, learner: Learner) -> Part:
    rule = _rule(revision) if revision else None
    if rule is None:
        return Part(name, False, award=award, revision=revision)
    found = eligibility.explain(rule, learner)
    is_earned = any(each.is_met for each in found)
    whys = () if is_earned else tuple(each.why for each in found)
    return Part(name, False, award=award, is_earned=is_earned, whys=whys, revision=revision)


def _awards(learner: Learner, slugs: Iterable[str]) -> dict[str, Any]:
    """By template the learner's award that is in force, else the newest one that counts."""
    made = learner.awards.filter(template__slug__in=set(slugs)).standing().with_state()
    found: dict[str, Any] = {}
    for award in made.select_related("template", "revision").order_by("pk"):
        held = found.get(award.template.slug)
        if held is None or held.state != Credential.State.VALID:
            found[award.template.slug] = award
    return found


def _approved_of(slugs: Iterable[str]) -> dict[str, Revision]:
    found = Revision.objects.filter(state=Revision.State.APPROVED, template__slug__in=set(slugs))
    return {each.template.slug: each for each in found.select_related("template")}


def _is_credential(condition: Condition) -> bool:
    return isinstance(condition, CredentialHeld)


def _rule(revision: Revision) -> Rule | None:
    try:
        return rules.parse(revision.rule) if revision.rule is not None else None
    except rules.InvalidRule:
        return None
