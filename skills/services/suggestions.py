"""Skills that a text may be about, each with the reason why. A person decides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from skills.models import Framework, Skill
from skills.services import words

LIMIT: Final = 10
WORDS: Final = "words"
_MAX_WORDS: Final = 80
# Of each sort of word in a reason.
_SHOWN: Final = 4
# How like a word another must be to count for it, as a share of the letters in threes. Measured by
# `./dev bench suggest`.
_ALIKE: Final = 0.4

# BM25 (Robertson and Zaragoza 2009), where a word counts by the place in which it stands: name,
# other labels, statement.
_SCORED: Final = """
    WITH asked AS (
        SELECT lexeme, min(word) AS said FROM unnest(%(words)s::text[]) word,
               unnest(tsvector_to_array(to_tsvector('english', word))) lexeme
        GROUP BY lexeme
    ),
    meant AS (
        SELECT lexeme, said, lexeme AS word, 1.0::float8 AS alike FROM asked
        UNION ALL
        SELECT a.lexeme, a.said, w.word, similarity(a.lexeme, w.word)
        FROM asked a JOIN skills_searchword w ON w.word %% a.lexeme
        WHERE w.word <> a.lexeme AND similarity(a.lexeme, w.word) >= %(alike)s
    ),
    within AS (
        SELECT count(*) AS everything, avg(length(t.words)) AS size
        FROM skills_searchtext t JOIN skills_skill s ON s.id = t.skill_id WHERE {conditions}
    ),
    found AS (
        SELECT m.lexeme, m.said, m.word, m.alike, t.skill_id, length(t.words) AS size,
               1.6449 * ts_rank('{{0, 0.3, 0.6, 1}}', t.words, m.query) AS weight
        FROM (SELECT *, quote_literal(word)::tsquery AS query FROM meant) m
        JOIN skills_searchtext t ON t.words @@ m.query
        JOIN skills_skill s ON s.id = t.skill_id WHERE {conditions}
    ),
    held AS (
        SELECT f.lexeme, f.said, f.word, f.alike, f.skill_id, f.weight, f.size / w.size AS size,
               w.everything, count(*) OVER (PARTITION BY f.lexeme, f.word) AS holders
        FROM found f, within w
    ),
    counted AS (
        SELECT DISTINCT ON (skill_id, lexeme) skill_id, lexeme, said, word, alike,
               alike * ln(1 + (everything - holders + 0.5) / (holders + 0.5))
               * weight * 2.2 / (weight + 1.2 * (0.25 + 0.75 * size)) AS score
        FROM held ORDER BY skill_id, lexeme, score DESC
    )
    SELECT skill_id, sum(score) AS score,
           array_agg(CASE WHEN alike = 1 THEN said ELSE said || '~' || word END ORDER BY score DESC)
    FROM counted GROUP BY skill_id ORDER BY score DESC, skill_id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A skill, by which method it was found, how strongly, and why, for people."""

    skill: Skill
    method: str
    score: float
    reason: str


def suggest(
    text: str,
    *,
    limit: int = LIMIT,
    frameworks: Collection[Framework] = (),
    kinds_at_source: Collection[str] = (),
    without: Collection[Skill] = (),
) -> list[Suggestion]:
    """The skills that share the rarest words with the text, the best first; each URI once.

    Only skills that may be chosen, of all frameworks unless some are named. Nothing is tagged.
    """
    asked = list(dict.fromkeys(words.split(text)))[:_MAX_WORDS]
    if not asked:
        return []
    conditions = ["s.retired_at IS NULL", "s.kind <> 'category'"]
    if frameworks:
        conditions.append("s.framework_id = ANY(%(frameworks)s)")
    if kinds_at_source:
        conditions.append("s.kind_at_source = ANY(%(kinds_at_source)s)")
    parameters: dict[str, Any] = {
        "words": asked,
        "alike": _ALIKE,
        "frameworks": [each.pk for each in frameworks],
        "kinds_at_source": list(kinds_at_source),
        # A skill of several frameworks may come several times.
        "limit": 3 * limit + len(without),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SCORED.format(conditions=" AND ".join(conditions)), parameters)
        rows = cursor.fetchall()
    return _suggestions(rows, seen={each.uri for each in without})[:limit]


def _suggestions(rows: Sequence[Any], *, seen: set[str]) -> list[Suggestion]:
    skills = Skill.objects.select_related("framework").in_bulk([key for key, _, _ in rows])
    found = []
    for key, score, said in rows:
        skill = skills[key]
        if skill.uri not in seen:
            seen.add(skill.uri)
            found.append(Suggestion(skill, WORDS, score, _reason(skill, said)))
    return found


def _reason(skill: Skill, said: Sequence[str]) -> str:
    """Which words the two texts have in common, and which are alike."""
    same = [word for word in said if "~" not in word][:_SHOWN]
    alike = [_pair(skill, word) for word in said if "~" in word][:_SHOWN]
    parts = []
    if same:
        parts.append(f"words in common: {', '.join(same)}")
    if alike:
        parts.append(f"words alike: {', '.join(alike)}")
    return "; ".join(parts)


def _pair(skill: Skill, said: str) -> str:
    """The text's word and the skill's own, which was found by its stem."""
    one, _, other = said.partition("~")
    text = " ".join([skill.name, *skill.other_labels, *skill.keywords, skill.statement])
    return f"{one} and {next((w for w in words.split(text) if w.startswith(other)), other)}"
