"""What PostgreSQL itself does and refuses: no wording is lost, nothing decided is edited."""

from typing import Any

import pgtrigger

results_are_superseded_not_edited = [
    pgtrigger.Protect(
        name="result_is_superseded_not_edited",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=["superseded_at", "updated_at"]),
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


class _ChangeWhen(pgtrigger.AnyChange):
    """Any column but the named ones changes, and the row was so before."""

    def __init__(self, before: str, *, exclude: list[str]) -> None:
        super().__init__(exclude=exclude)
        self._before = before

    def resolve(self, model: Any) -> str:
        return f"{self._before} AND ({super().resolve(model)})"


approved_revisions_do_not_change = [
    pgtrigger.Protect(
        name="approved_revision_does_not_change",
        operation=pgtrigger.Update,
        condition=_ChangeWhen(_SETTLED, exclude=["state", "retired_at", "updated_at"]),
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

_WORDINGS = "registrar_outcomewording"
_PAIRS = "old_rows o JOIN new_rows n ON n.id = o.id"
_IS_REWORDED = "n.statement IS DISTINCT FROM o.statement"
# Who rewords without saying from when does it today.
_REWORDED_FROM = "COALESCE(n.worded_from, CURRENT_DATE)"

outcomes_keep_their_wordings = [
    pgtrigger.Protect(name="outcome_is_retired_not_deleted", operation=pgtrigger.Delete),
    pgtrigger.Trigger(
        name="wording_of_a_new_outcome_is_kept",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_rows"),
        func=f"""
            INSERT INTO {_WORDINGS} (outcome_id, statement, holds_from, holds_until)
            SELECT n.id, n.statement, n.holds_from, n.holds_until FROM new_rows n;
            RETURN NULL;
        """,  # noqa: S608 - the names are ours
    ),
    pgtrigger.Trigger(
        name="former_wording_of_an_outcome_is_kept",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
        func=f"""
            UPDATE {_WORDINGS} w
            SET holds_until = GREATEST(
                w.holds_from - 1,
                CASE WHEN {_IS_REWORDED} THEN {_REWORDED_FROM} - 1 ELSE n.holds_until END
            )
            FROM {_PAIRS}
            WHERE w.outcome_id = n.id AND w.holds_until IS NULL
                  AND ({_IS_REWORDED} OR n.holds_until IS NOT NULL);
            INSERT INTO {_WORDINGS} (outcome_id, statement, holds_from, holds_until)
            SELECT n.id, n.statement, {_REWORDED_FROM}, n.holds_until
            FROM {_PAIRS} WHERE {_IS_REWORDED};
            RETURN NULL;
        """,  # noqa: S608 - the names are ours
    ),
]

_IS_ENDED_AGAIN = "OLD.holds_until IS NOT NULL AND OLD.holds_until IS DISTINCT FROM NEW.holds_until"


def _ended_once(what: str) -> pgtrigger.Trigger:
    return pgtrigger.Protect(
        name=f"{what}_is_ended_once",
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(_IS_ENDED_AGAIN),
    )


outcomes_are_ended_once = [
    _ended_once("outcome"),
    pgtrigger.Protect(
        name="outcome_keeps_its_place",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(
            exclude=["statement", "worded_from", "holds_until", "retired_at", "updated_at"]
        ),
    ),
]

outcome_wordings_are_ended_once = [
    _ended_once("outcome_wording"),
    pgtrigger.Protect(
        name="outcome_wording_is_superseded_not_edited",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=["holds_until"]),
    ),
    pgtrigger.Protect(name="outcome_wording_is_not_deleted", operation=pgtrigger.Delete),
]

tags_do_not_change_once_reviewed = [
    _ended_once("tag"),
    pgtrigger.Protect(
        name="reviewed_tag_does_not_change",
        operation=pgtrigger.Update,
        condition=_ChangeWhen(
            "OLD.state <> 'proposed'",
            exclude=["holds_until", "ending", "ending_asked_by", "updated_at"],
        ),
    ),
    pgtrigger.Protect(name="tag_is_not_deleted", operation=pgtrigger.Delete),
]

_OF_A_REVIEWED_TAG = """
    IF EXISTS (
        SELECT FROM registrar_skilltag WHERE id = {row}.tag_id AND state <> 'proposed'
    ) THEN
        RAISE EXCEPTION 'The evidence of a reviewed tag does not change';
    END IF;
    RETURN {row};
"""

evidence_of_reviewed_tags_does_not_change = [
    pgtrigger.Trigger(
        name="reviewed_tag_gains_no_evidence",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=_OF_A_REVIEWED_TAG.format(row="NEW"),
    ),
    pgtrigger.Trigger(
        name="reviewed_tag_loses_no_evidence",
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func=_OF_A_REVIEWED_TAG.format(row="OLD"),
    ),
]

accepted_mappings_do_not_change = [
    pgtrigger.Protect(
        name="accepted_mapping_does_not_change",
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition("OLD.state = 'accepted'"),
    ),
    pgtrigger.Protect(name="mapping_is_not_deleted", operation=pgtrigger.Delete),
]

corrections_are_decided_once = [
    pgtrigger.Protect(
        name="what_a_correction_says_does_not_change",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(
            exclude=["state", "was", "decided_by", "decided_at", "decision_reason", "batch"]
        ),
    ),
    pgtrigger.Protect(
        name="correction_is_decided_once",
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition("OLD.state <> 'waiting'"),
    ),
    pgtrigger.Protect(name="correction_is_not_deleted", operation=pgtrigger.Delete),
]

template_proposals_are_decided_once = [
    pgtrigger.Protect(
        name="proposed_words_do_not_change",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(
            exclude=["state", "decided_by", "decided_at", "answer", "revision"]
        ),
    ),
    pgtrigger.Protect(
        name="template_proposal_is_decided_once",
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition("OLD.state <> 'waiting'"),
    ),
    pgtrigger.Protect(name="template_proposal_is_not_deleted", operation=pgtrigger.Delete),
]
