"""What PostgreSQL itself does and refuses: no wording is lost, nothing that was said is edited."""

import pgtrigger

_WORDING = ("uri", "code", "label", "statement", "kind")
_COLUMNS = ", ".join(f'"{name}"' for name in _WORDING)
_OF_NEW = ", ".join(f'n."{name}"' for name in _WORDING)
_IS_REWORDED = " OR ".join(f'n."{name}" IS DISTINCT FROM o."{name}"' for name in _WORDING)
_TABLE = "skills_skillwording"
# Since when the new wording holds; who rewords without saying so does it now.
_BEGAN = "CASE WHEN n.worded_at > o.worded_at THEN n.worded_at ELSE clock_timestamp() END"
_PAIRS = "old_rows o JOIN new_rows n ON n.id = o.id"

# What `skills.services.words.fold` does in Python: small letters without accents, and only spaces
# where PostgreSQL would take words with a point or slash between them for an address.
_FOLDED = (
    r"translate(regexp_replace(normalize(lower(left({0}, 20000)), NFKD), "
    r"'[\u0300-\u036f]', '', 'g'), './\-_:@&', '        ')"
)
_NAME = "COALESCE(NULLIF(n.label, ''), n.statement)"
_OTHERS = (
    "(SELECT COALESCE(string_agg(each, ' '), '') "
    "FROM jsonb_array_elements_text(n.other_labels || n.keywords) each)"
)
_STATEMENT = "CASE WHEN n.label = '' THEN '' ELSE n.statement END"


def _weighed(text: str, weight: str) -> str:
    folded = _FOLDED.format(text)
    return (
        f"setweight(to_tsvector('simple', {folded}), '{weight}') || "
        f"setweight(to_tsvector('english', {folded}), '{weight}')"
    )


_WORDS = " || ".join(
    [_weighed(f"{_NAME} || ' ' || n.code", "A"), _weighed(_OTHERS, "B"), _weighed(_STATEMENT, "C")]
)
# Two imports at once would wait for each other's words in circles; 3 tells the lock from others.
_SEARCH_TEXTS = f"""
    PERFORM pg_advisory_xact_lock(3, 0);
    WITH texts AS (
        INSERT INTO skills_searchtext (skill_id, code, name, words)
        SELECT n.id, btrim({_FOLDED.format("n.code")}), btrim({_FOLDED.format(_NAME)}), {_WORDS}
        FROM {{rows}}
        ON CONFLICT (skill_id) DO UPDATE
        SET code = EXCLUDED.code, name = EXCLUDED.name, words = EXCLUDED.words
        RETURNING words
    )
    INSERT INTO skills_searchword (word)
    SELECT DISTINCT word FROM texts, unnest(tsvector_to_array(words)) word
    WHERE length(word) BETWEEN 3 AND 40 AND word !~ '[0-9]'
    ON CONFLICT DO NOTHING;
    RETURN NULL;
"""  # noqa: S608 - the names are ours
_IS_FOUND_OTHERWISE = (
    "(n.code, n.label, n.statement, n.other_labels, n.keywords) IS DISTINCT FROM "
    "(o.code, o.label, o.statement, o.other_labels, o.keywords)"
)

skills_are_found_by_their_words = [
    pgtrigger.Trigger(
        name="new_skill_is_found_by_its_words",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_rows"),
        func=_SEARCH_TEXTS.format(rows="new_rows n"),
    ),
    pgtrigger.Trigger(
        name="reworded_skill_is_found_by_its_words",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
        func=_SEARCH_TEXTS.format(rows=f"{_PAIRS} WHERE {_IS_FOUND_OTHERWISE}"),
    ),
]

skills_keep_their_wordings = [
    pgtrigger.Protect(name="skill_is_retired_not_deleted", operation=pgtrigger.Delete),
    # By statement and not by row, so that 14,000 skills cost three statements.
    pgtrigger.Trigger(
        name="wording_of_a_new_skill_is_kept",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_rows"),
        func=f"""
            INSERT INTO {_TABLE} (skill_id, {_COLUMNS}, began_at, ended_at)
            SELECT n.id, {_OF_NEW}, n.worded_at,
                   CASE WHEN n.retired_at IS NOT NULL
                        THEN GREATEST(n.retired_at, n.worded_at) END
            FROM new_rows n;
            RETURN NULL;
        """,  # noqa: S608 - the names are ours
    ),
    pgtrigger.Trigger(
        name="former_wording_of_a_skill_is_kept",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
        func=f"""
            UPDATE {_TABLE} w
            SET ended_at = GREATEST(
                w.began_at,
                CASE WHEN n.retired_at IS NOT NULL THEN n.retired_at ELSE {_BEGAN} END
            )
            FROM {_PAIRS}
            WHERE w.skill_id = n.id AND w.ended_at IS NULL
                  AND (n.retired_at IS NOT NULL OR {_IS_REWORDED});
            INSERT INTO {_TABLE} (skill_id, {_COLUMNS}, began_at)
            SELECT n.id, {_OF_NEW}, {_BEGAN}
            FROM {_PAIRS}
            WHERE n.retired_at IS NULL AND (o.retired_at IS NOT NULL OR {_IS_REWORDED});
            RETURN NULL;
        """,  # noqa: S608 - the names are ours
    ),
]

wordings_are_superseded_not_edited = [
    pgtrigger.Protect(
        name="wording_is_superseded_not_edited",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=["ended_at"]),
    ),
    pgtrigger.Protect(name="wording_is_not_deleted", operation=pgtrigger.Delete),
]

associations_are_superseded_not_edited = [
    pgtrigger.Protect(
        name="association_is_superseded_not_edited",
        operation=pgtrigger.Update,
        # An end that lay outside is found once its framework is imported; titles are the ends'.
        condition=pgtrigger.AnyChange(
            exclude=[
                "changed_on_source",
                "comment",
                "destination",
                "destination_title",
                "origin",
                "origin_title",
                "retired_at",
                "reviewed_at",
                "reviewed_by",
                "state",
                "updated_at",
            ]
        ),
    ),
    pgtrigger.Protect(name="association_is_retired_not_deleted", operation=pgtrigger.Delete),
]

rubrics_are_superseded_not_edited = [
    pgtrigger.Protect(
        name="rubric_is_superseded_not_edited",
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=["changed_on_source", "retired_at"]),
    ),
    pgtrigger.Protect(name="rubric_is_retired_not_deleted", operation=pgtrigger.Delete),
]

imports_are_facts = [
    pgtrigger.Protect(
        name="framework_import_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete
    ),
]

editions_do_not_change = [
    pgtrigger.Protect(name="edition_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
]

_SETTLED = "OLD.state <> 'draft'"
_COMES_BACK = "NEW.state = 'draft' OR OLD.state = 'superseded' AND NEW.state <> OLD.state"

published_competencies_do_not_change = [
    pgtrigger.Trigger(
        name="published_competency_does_not_change",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(
            f"{_SETTLED} AND ({_COMES_BACK} OR "
            "(OLD.framework_id, OLD.skill_id, OLD.code, OLD.label, OLD.statement, "
            "OLD.context, OLD.author_id, OLD.published_by_id, OLD.published_at) IS DISTINCT FROM "
            "(NEW.framework_id, NEW.skill_id, NEW.code, NEW.label, NEW.statement, NEW.context, "
            "NEW.author_id, NEW.published_by_id, NEW.published_at))"
        ),
        func="RAISE EXCEPTION 'A published competency does not change';",
    ),
    pgtrigger.Trigger(
        name="published_competency_is_not_deleted",
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        condition=pgtrigger.Condition(_SETTLED),
        func="RAISE EXCEPTION 'A published competency is not deleted';",
    ),
    pgtrigger.Trigger(
        name="published_competency_has_components",
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Insert,
        condition=pgtrigger.Condition("NEW.state = 'published'"),
        func="""
            IF NOT EXISTS (SELECT FROM skills_component WHERE competency_id = NEW.id) THEN
                RAISE EXCEPTION 'A published competency has components';
            END IF;
            RETURN NEW;
        """,
    ),
]

_OF_A_SETTLED = """
    IF EXISTS (
        SELECT FROM skills_competency WHERE id = {row}.competency_id AND state <> 'draft'
    ) THEN
        RAISE EXCEPTION 'The components of a published competency do not change';
    END IF;
    RETURN COALESCE(NEW, OLD);
"""

components_of_the_published_do_not_change = [
    pgtrigger.Trigger(
        name="published_competency_gains_no_component",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=_OF_A_SETTLED.format(row="NEW"),
    ),
    pgtrigger.Trigger(
        name="published_competency_loses_no_component",
        when=pgtrigger.Before,
        operation=pgtrigger.Delete | pgtrigger.Update,
        func=_OF_A_SETTLED.format(row="OLD"),
    ),
]
