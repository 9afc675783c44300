"""What PostgreSQL itself refuses: rewriting a result, changing a revision once it is approved."""

from typing import Any

import pgtrigger

results_are_superseded_not_edited = [
    pgtrigger.Protect(
        name="result_is_superseded_not_edited",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=["superseded_at"]),
    ),
    pgtrigger.Protect(name="result_is_not_deleted", operation=pgtrigger.Delete),
]

choices_are_facts = [
    pgtrigger.Protect(
        name="skill_choice_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete
    ),
]

set_outcomes_are_facts = [
    pgtrigger.Protect(
        name="set_outcome_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete
    ),
]

_SETTLED = "OLD.state IN ('approved', 'retired')"


class _ChangeOfASettledRevision(pgtrigger.AnyChange):
    """Any column but the named ones changes, and the revision was approved before."""

    def resolve(self, model: Any) -> str:
        return f"{_SETTLED} AND ({super().resolve(model)})"


approved_revisions_do_not_change = [
    pgtrigger.Protect(
        name="approved_revision_does_not_change",
        operation=pgtrigger.Update,
        condition=_ChangeOfASettledRevision(exclude=["state", "retired_at"]),
    ),
    pgtrigger.Protect(
        name="approved_revision_is_not_deleted",
        operation=pgtrigger.Delete,
        condition=pgtrigger.Condition(_SETTLED),
    ),
]

confirmations_are_answered_once = [
    pgtrigger.Protect(
        name="what_was_asked_does_not_change",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=["state", "answered_at", "comment"]),
    ),
    pgtrigger.Protect(
        name="answer_is_given_once",
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(
            "OLD.state <> 'asked' AND NOT (OLD.state = 'answered' AND NEW.state = 'retracted' "
            "AND OLD.answered_at = NEW.answered_at AND OLD.comment = NEW.comment)"
        ),
    ),
    pgtrigger.Protect(name="confirmation_is_not_deleted", operation=pgtrigger.Delete),
]

confirmed_outcomes_are_answered_once = [
    pgtrigger.Protect(
        name="confirmed_words_do_not_change",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=["answer", "result"]),
    ),
    pgtrigger.Protect(
        name="outcome_is_answered_once",
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition("OLD.answer <> ''"),
    ),
    pgtrigger.Protect(name="confirmed_outcome_is_not_deleted", operation=pgtrigger.Delete),
]
