"""What faculty of the example college do: tags, courses from term to term, marks, questions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from issuer.services import clock
from registrar.example import files
from registrar.models import (
    Confirmation,
    Learner,
    LearningOpportunity,
    LearningOutcome,
    LineItem,
    Mapping,
    Result,
    SkillTag,
    Term,
)
from registrar.services.college import people
from registrar.services.marking import confirmations, marks
from registrar.services.marking.confirmations import Supervisor
from registrar.services.marking.marks import Said
from registrar.services.teaching import catalog, mappings, submissions, tagging
from registrar.services.teaching.tagging import Piece
from skills.models import Framework, Skill

State = SkillTag.State
# What coursework and examination each count for in every course.
HALF = Decimal(50)


@dataclass(frozen=True)
class ExampleTeaching:
    """Does what is missing; what people have done since, or for a later term, is left alone."""

    source: str
    framework: Framework
    registrar: User

    @property
    def first_term(self) -> Term:
        """The term from which on its outcomes hold and are tagged."""
        return self._terms.earliest("starts_on")

    @property
    def last_term(self) -> Term:
        """The term for which somebody has proposed more."""
        return self._terms.latest("starts_on")

    @property
    def _terms(self) -> Any:
        return Term.objects.filter(source=self.source, children=None)

    def _opportunity(self, code: str) -> LearningOpportunity:
        sources = (self.source, people.OWN)
        return LearningOpportunity.objects.get(code=code, source__in=sources)

    @property
    def _skills(self) -> dict[str, Skill]:
        return {skill.code: skill for skill in self.framework.skills.all()}

    # Tags

    def tag(self) -> int:
        """Which outcomes teach which skills: accepted for the first term, proposed for the last."""
        said, skills = files.read("outcomes.json"), self._skills
        for each in [*said["courses"], *said["activities"]]:
            opportunity = self._opportunity(each.get("course") or each["activity"])
            held = {outcome.code: outcome for outcome in opportunity.outcomes.all()}
            tags = [(held[one["code"]], tag) for one in each["outcomes"] for tag in one["tags"]]
            self._tag_first(opportunity, tags, skills)
            for outcome, tag in tags:
                if tag["state"] == State.PROPOSED:
                    self._propose(outcome, skills[tag["skill"]], tag, self.last_term)
        return SkillTag.objects.filter(skill__framework=self.framework).count()

    @transaction.atomic
    def _tag_first(
        self,
        opportunity: LearningOpportunity,
        tags: list[tuple[LearningOutcome, dict[str, Any]]],
        skills: dict[str, Skill],
    ) -> None:
        """Propose what is reviewed by now, reject what was rejected, accept all else at once."""
        reviewed = [(outcome, tag) for outcome, tag in tags if tag["state"] != State.PROPOSED]
        for outcome, tag in reviewed:
            proposal = self._propose(outcome, skills[tag["skill"]], tag, self.first_term)
            if proposal and tag["state"] == State.REJECTED:
                tagging.reject(proposal, by=_person(tag["reviewed_by"]), comment=tag["comment"])
        mapping = Mapping.objects.filter(
            opportunity=opportunity, term=self.first_term, state=Mapping.State.OPEN
        ).first()
        if mapping is not None and mapping.tags.filter(state=State.PROPOSED).exists():
            reviewer = next(tag["reviewed_by"] for _, tag in reviewed if tag["state"] == "accepted")
            submissions.accept(_confirm(mapping), by=_person(reviewer))

    def _propose(
        self, outcome: LearningOutcome, skill: Skill, said: dict[str, Any], term: Term
    ) -> SkillTag | None:
        if outcome.tags.filter(skill=skill).exists():
            return None
        return tagging.propose(
            outcome,
            skill,
            emphasis=said["emphasis"],
            by=_person(said["proposed_by"]),
            term=term,
            evidence=_evidence(outcome, said["emphasis"]),
        )

    # Courses from term to term

    def map_courses(self) -> int:
        """What was changed, carried, submitted, sent back and accepted in the terms since."""
        for said in files.read("teaching.json")["mappings"]:
            opportunity = self._opportunity(said["opportunity"])
            term = self._terms.get(title=said["term"])
            begun = opportunity.mappings.filter(term__starts_on__gte=term.starts_on)
            if not begun.exclude(state=Mapping.State.OPEN).exists():
                self._map(opportunity, term, said)
        return Mapping.objects.filter(term__source=self.source).count()

    @transaction.atomic
    def _map(self, opportunity: LearningOpportunity, term: Term, said: dict[str, Any]) -> None:
        teacher = _person(said["by"])
        outcomes = said.get("outcomes", {})
        catalog.record_outcomes(opportunity, outcomes, by=self.registrar, term=term)
        mapping = mappings.open(opportunity, term, by=teacher)
        self._edit(opportunity, said, teacher, term)
        if said["state"] == Mapping.State.OPEN:
            return
        mapping = _confirm(mapping)
        if "days_ago" in said:
            # All of the example comes to be on one day; a queue has older ones, too.
            submitted_at = clock.now() - timedelta(days=said["days_ago"])
            Mapping.objects.filter(pk=mapping.pk).update(submitted_at=submitted_at)
        if said["state"] == Mapping.State.ACCEPTED:
            submissions.accept(mapping, by=_person(said["reviewed_by"]))
        if said["state"] == Mapping.State.RETURNED:
            first, *answers = said["comments"]
            submissions.send_back(mapping, by=_person(first["by"]), comment=first["text"])
            for each in answers:
                mappings.comment(mapping, each["text"], by=_person(each["by"]))

    def _edit(
        self, opportunity: LearningOpportunity, said: dict[str, Any], teacher: User, term: Term
    ) -> None:
        skills = self._skills
        outcomes = {each.code: each for each in opportunity.outcomes.all()}
        for each in said.get("proposals", ()):
            outcome = outcomes[each["outcome"]]
            proposal = {"emphasis": each["emphasis"], "proposed_by": teacher.username}
            self._propose(outcome, skills[each["skill"]], proposal, term)
        for each in said.get("changes", ()):
            outcome, emphasis = outcomes[each["outcome"]], each["emphasis"]
            held = tagging.standing(outcome, skills[each["skill"]])
            if held is not None:
                evidence = _evidence(outcome, emphasis)
                tagging.change(held, by=teacher, term=term, emphasis=emphasis, evidence=evidence)
        for each in said.get("ends", ()):
            held = tagging.standing(outcomes[each["outcome"]], skills[each["skill"]])
            if held is not None:
                tagging.end(held, by=teacher, term=term)

    # Marks and questions

    def mark(self) -> int:
        """What a teacher has marked by hand so far: fewer than ten learners."""
        for said in files.read("teaching.json")["marks"]:
            course = self._opportunity(said["course"])
            outcome = course.outcomes.get(code=said["outcome"])
            offering = course.offerings.get(term=self._terms.get(title=said["term"]))
            if not Result.objects.filter(line_item__offering=offering, outcome=outcome).exists():
                learners = Learner.objects.filter(enrolments__offering=offering)
                pairs = zip(learners.order_by("sourced_id"), said["levels"], strict=False)
                said_of = [
                    Said(learner=learner.pk, outcome=outcome.pk, level=level)
                    for learner, level in pairs
                ]
                by, kind = _person(said["by"]), said["assessment"]
                marks.mark(offering, said_of, by=by, assessment=kind)
        return Result.objects.current().exclude(marked_by=None).count()

    def ask_outside(self) -> int:
        """Questions to people outside: answered with yes, with no, and not yet."""
        if not Confirmation.objects.exists():
            for said in files.read("teaching.json")["confirmations"]:
                self._ask(said)
        return Confirmation.objects.count()

    @transaction.atomic
    def _ask(self, said: dict[str, Any]) -> None:
        activity = self._opportunity(said["activity"])
        learner = Learner.objects.get(source=self.source, sourced_id=said["learner"])
        answers: dict[str, bool | None] = said["answers"]
        asked = confirmations.ask(
            confirmations.offering_of(activity, learner),
            learner,
            activity.outcomes.filter(code__in=answers),
            of=Supervisor(
                name=said["name"], organization=said["organization"], email=said["email"]
            ),
            by=_person(said["asked_by"]),
        )
        given = {row.pk: answers[row.outcome.code] for row in asked.outcomes.all()}
        known = {key: answer for key, answer in given.items() if answer is not None}
        if known:
            confirmations.answer(asked, known, comment=said["comment"])


def _person(username: str) -> User:
    return User.objects.get(username=username)


def _confirm(mapping: Mapping) -> Mapping:
    """All who teach it in the term confirm it; whoever began it where nobody does."""
    for person in _teachers(mapping) or [mapping.owner]:
        mapping = submissions.confirm(mapping, by=person)
    return mapping


def _teachers(mapping: Mapping) -> Iterable[User]:
    taught = mapping.opportunity.offerings.filter(term=mapping.term)
    return list(User.objects.filter(offerings__in=taught).distinct().order_by("username"))


def _evidence(outcome: LearningOutcome, emphasis: str) -> list[Piece]:
    """The work of a course that assesses the outcome, or its coursework."""
    items = LineItem.objects.filter(
        offering__opportunity=outcome.opportunity, category__in=["Coursework", "Exam"]
    ).order_by("offering__term__starts_on", "category", "pk")
    item = items.filter(outcomes=outcome).first() or items.first()
    if item is None or emphasis != SkillTag.Emphasis.ASSESSED:
        return []
    return [Piece(line_item=item, share=HALF)]
