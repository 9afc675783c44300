"""The college's rules of tagging: set them, and tell which of them a tag would break."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TypedDict, Unpack

from django.contrib.auth.models import User
from django.db.models import Q

from issuer.errors import WrongState
from registrar.errors import ShareTooSmall, TooManyTags
from registrar.models import LearningOpportunity, LearningOutcome, SkillTag, TaggingPolicy
from registrar.services.college import settling
from skills.models import Skill

_WHOLE = 100


class Rules(TypedDict, total=False):
    """What a policy says."""

    max_tags: int
    least_share: int
    all_sections: bool
    review_days: int


def current() -> TaggingPolicy:
    """The policy that holds."""
    return settling.current(TaggingPolicy)


def settle(*, by: User, reason: str, **said: Unpack[Rules]) -> TaggingPolicy:
    """Set rules for the whole college, and say why; those that are not said stay as they are.

    What was accepted before is not touched. Raises WrongState for rules that nobody could keep,
    and what `settling.settle` raises.
    """
    return settling.settle(TaggingPolicy, by=by, reason=reason, check=_check, **said)


def _check(policy: TaggingPolicy) -> None:
    is_share = 0 <= policy.least_share <= _WHOLE
    if policy.max_tags < 1 or not is_share or policy.review_days < 1:
        raise WrongState("At least one skill and one day, and a share from 0 to 100 percent.")


def check_count(outcome: LearningOutcome, adding: Skill) -> None:
    """Raise TooManyTags if this skill would be one too many for the outcome.

    Counted are those that are proposed or hold, but those that are to end. To be called while the
    opportunity is held, so that two who add at once are both counted.
    """
    most = current().max_tags
    tagged = SkillTag.objects.filter(outcome=outcome).filter(
        Q(state=SkillTag.State.PROPOSED)
        | Q(state=SkillTag.State.ACCEPTED, holds_until=None, ending=None)
    )
    skills = set(tagged.values_list("skill", flat=True))
    if len(skills | {adding.pk}) > max(most, len(skills)):
        raise TooManyTags(
            f"Rule “at most {most} {'skill' if most == 1 else 'skills'} an outcome”: "
            f"{outcome.code} has {len(skills)} already. Withdraw or end one of them first."
        )


def check_shares(
    skill: Skill, shares: Iterable[Decimal | None], *, policy: TaggingPolicy | None = None
) -> None:
    """Raise ShareTooSmall if the shares that are given do not reach the least one together."""
    given = [share for share in shares if share is not None]
    if not given:
        return
    total = sum(given, Decimal())
    if min(given) <= 0 or total > _WHOLE:
        raise WrongState(
            f"Shares of the grade are above 0 % and 100 % together at most, not {_said(total)} %. "
            "Correct them."
        )
    least = (policy or current()).least_share
    if total < least:
        raise _too_small(skill, f"{_said(total)} % is tied", least)


def check_evidence(tag: SkillTag, *, policy: TaggingPolicy | None = None) -> None:
    """Raise ShareTooSmall where the tag breaks the rule on shares, also by saying none.

    A share has to be said where a course assesses the skill; activities have no grade. Whoever
    asks about many gives the policy.
    """
    policy = policy or current()
    shares = [each.share for each in tag.evidence.all() if each.share is not None]
    check_shares(tag.skill, shares, policy=policy)
    is_course = tag.outcome.opportunity.kind == LearningOpportunity.Kind.COURSE
    if is_course and tag.emphasis == SkillTag.Emphasis.ASSESSED and not shares:
        if policy.least_share:
            raise _too_small(tag.skill, "nothing is tied", policy.least_share)


def _too_small(skill: Skill, found: str, least: int) -> ShareTooSmall:
    return ShareTooSmall(
        f"Rule “at least {least} % of the grade”: {found} to “{skill.name}”. "
        "Add the work that assesses it, or say that it is taught or practised."
    )


def _said(number: Decimal) -> str:
    return f"{number.normalize():f}"
