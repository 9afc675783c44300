"""Skills that a text may be about, each with the reason why. A person decides."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Any, Final

from django.db import connection

from skills.models import Framework, Skill
from skills.services import meanings, words

LIMIT: Final = 10
WORDS: Final = "words"
WORDS_AND_MEANING: Final = "words and meaning"
# So many are ranked by words, and as many by meaning, before the two are put together.
_RANKED: Final = 200
# How much words count beside meaning: of shares from 0 to 0.5, 0.1 and 0.15 found most for O*NET's
# tasks; outcome texts, which say it in other words, would do with none.
_SHARE_OF_WORDS: Final = 0.1
# What is less near than that, and has no word in common, is not suggested.
_NEAR: Final = 0.2
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

_POSSIBLE: Final = "SELECT s.id FROM skills_skill s WHERE {conditions}"


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A skill's key, its score, the words that it owes the score to, how near it is in meaning."""

    key: int
    score: float
    said: Sequence[str]
    likeness: float | None = None


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

    Where meanings are known, what is near in meaning comes first. Only skills that may be chosen,
    of all frameworks unless some are named. Nothing is tagged.
    """
    asked = list(dict.fromkeys(words.split(text)))[:_MAX_WORDS]
    if not asked:
        return []
    conditions = ["s.retired_at IS NULL", "s.kind <> 'category'"]
    if frameworks:
        conditions.append("s.framework_id = ANY(%(frameworks)s)")
    if kinds_at_source:
        conditions.append("s.kind_at_source = ANY(%(kinds_at_source)s)")
    where = " AND ".join(conditions)
    # A skill of several frameworks may come several times.
    enough = 3 * limit + len(without)
    parameters: dict[str, Any] = {
        "words": asked,
        "alike": _ALIKE,
        "frameworks": [each.pk for each in frameworks],
        "kinds_at_source": list(kinds_at_source),
        "limit": max(enough, _RANKED),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SCORED.format(conditions=where), parameters)
        ranked = [_Ranked(key, score, said) for key, score, said in cursor.fetchall()]
        if meanings.are_possible():
            cursor.execute(_POSSIBLE.format(conditions=where), parameters)
            likenesses = meanings.likenesses(text, among=[key for (key,) in cursor.fetchall()])
            ranked = _fused(ranked, likenesses, parameters["limit"]) if likenesses else ranked
    return _suggestions(ranked[:enough], seen={each.uri for each in without})[:limit]


def _fused(
    by_words: Sequence[_Ranked], likenesses: Mapping[int, float], limit: int
) -> list[_Ranked]:
    """Meaning first; the share of the best score by words decides between what is as near."""
    most = by_words[0].score if by_words else 1.0
    worded = {each.key: each for each in by_words}
    nearest = nlargest(limit, likenesses, key=likenesses.__getitem__)
    fused = []
    for key in {*worded, *(key for key in nearest if likenesses[key] >= _NEAR)}:
        likeness = likenesses.get(key, 0.0)
        score, said = (worded[key].score / most, worded[key].said) if key in worded else (0.0, ())
        fused.append(_Ranked(key, likeness + _SHARE_OF_WORDS * score, said, likeness))
    return sorted(fused, key=lambda each: (-each.score, each.key))


def _suggestions(ranked: Sequence[_Ranked], *, seen: set[str]) -> list[Suggestion]:
    skills = Skill.objects.select_related("framework").in_bulk([each.key for each in ranked])
    found = []
    for each in ranked:
        skill = skills[each.key]
        if skill.uri not in seen:
            seen.add(skill.uri)
            method = WORDS if each.likeness is None else WORDS_AND_MEANING
            reason = _reason(skill, each.said, each.likeness)
            found.append(Suggestion(skill, method, each.score, reason))
    return found


def _reason(skill: Skill, said: Sequence[str], likeness: float | None) -> str:
    """Which words the two texts have in common, which are alike, and how near they are."""
    same = [word for word in said if "~" not in word][:_SHOWN]
    alike = [_pair(skill, word) for word in said if "~" in word][:_SHOWN]
    parts = []
    if same:
        parts.append(f"words in common: {', '.join(same)}")
    if alike:
        parts.append(f"words alike: {', '.join(alike)}")
    if likeness is not None and likeness >= _NEAR:
        parts.append(f"near in meaning ({likeness:.2f} of 1)")
    return "; ".join(parts)


def _pair(skill: Skill, said: str) -> str:
    """The text's word and the skill's own, which was found by its stem."""
    one, _, other = said.partition("~")
    text = " ".join([skill.name, *skill.other_labels, *skill.keywords, skill.statement])
    return f"{one} and {next((w for w in words.split(text) if w.startswith(other)), other)}"
