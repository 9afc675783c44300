"""One search over all frameworks: words, their beginnings, codes, other labels, and slips."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet

from skills.models import Framework, SearchWord, Skill
from skills.readers.gathering import MAX_SKILLS
from skills.services import words

LIMIT: Final = 20
# Fewer letters than these begin too many words to look at each.
_LETTERS: Final = 3
_MAX_WORDS: Final = 12
_LIKELY: Final = 40

# Name, code and labels before statements: D (unused), C, B, A.
_WEIGHTS: Final = "{0, 0.1, 0.4, 1}"


@dataclass(frozen=True, slots=True)
class Hit:
    """A skill that was found, and the other frameworks that have it too."""

    skill: Skill
    elsewhere: tuple[Framework, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, the best first.

    `read_as` says what was searched for instead of words that no skill has. `has_all` is false
    where no skill has all the words and these have some.
    """

    hits: tuple[Hit, ...] = ()
    read_as: str = ""
    has_all: bool = True

    @property
    def skills(self) -> list[Skill]:
        """The skills alone."""
        return [hit.skill for hit in self.hits]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The words asked for; the last may be only begun."""

    text: str
    words: tuple[str, ...]
    kinds: Collection[str] = ()
    frameworks: Collection[int] = ()
    except_kinds: Collection[str] = ()
    limit: int = LIMIT


def find(
    text: str,
    *,
    limit: int = LIMIT,
    kinds: Collection[str] = (),
    frameworks: Collection[Framework] = (),
    is_for_choosing: bool = False,
) -> Found:
    """Skills that are not retired and have each word, or its beginning, or its stem.

    What has just this code comes first; then our own frameworks; then what is called exactly so,
    what begins so, and what has the words in its name, in other labels, in its statement. A skill
    that several frameworks have under one URI comes once. Headings are left out where one chooses.
    Words that no skill has are read as the nearest that one has.
    """
    typed = words.split(text)[:_MAX_WORDS]
    if not typed:
        return Found()
    asked = _Asked(
        text=words.fold(text),
        words=tuple(dict.fromkeys(typed)),
        kinds=kinds,
        frameworks=[each.pk for each in frameworks],
        except_kinds=[Skill.Kind.CATEGORY] if is_for_choosing else [],
        limit=limit,
    )
    keys = _keys(asked, " & ")
    if keys:
        return Found(_hits(keys))
    return _otherwise(asked)


def narrow(skills: QuerySet[Skill], text: str, *, framework: Framework) -> QuerySet[Skill]:
    """Of these skills of a framework those that `find` finds by the words as they are typed."""
    if not text.strip():
        return skills
    typed = words.split(text)[:_MAX_WORDS]
    if not typed:
        return skills.none()
    asked = _Asked(
        text=words.fold(text),
        words=tuple(dict.fromkeys(typed)),
        frameworks=[framework.pk],
        limit=MAX_SKILLS,
    )
    return skills.filter(pk__in=_keys(asked, " & "))


def _otherwise(asked: _Asked) -> Found:
    """What is nearest, where nothing has all the words as they were typed."""
    meant = _meant(asked.words)
    read_as = "" if meant == asked.words else " ".join(meant)
    again = replace(asked, text=read_as or asked.text, words=meant)
    if read_as and (keys := _keys(again, " & ")):
        return Found(_hits(keys), read_as)
    if len(meant) > 1 and (keys := _keys(again, " | ")):
        return Found(_hits(keys), read_as, has_all=False)
    return Found()


def _meant(typed: Sequence[str]) -> tuple[str, ...]:
    """The same words, in place of each that no skill has the nearest that one has."""
    meant = []
    for at, word in enumerate(typed):
        if len(word) < _LETTERS or SearchWord.objects.filter(word__startswith=word).exists():
            meant.append(word)
        else:
            is_last = at == len(typed) - 1
            meant.append(words.nearest(word, _likely(word), is_beginning=is_last) or word)
    return tuple(meant)


def _likely(word: str) -> list[str]:
    """Words that share the most groups of three letters with this one, the likeliest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT word FROM skills_searchword
            WHERE length(word) >= %s - 2 AND word_similarity(%s, word) >= 0.3
            ORDER BY word_similarity(%s, word) DESC, length(word), word LIMIT %s
            """,
            [len(word), word, word, _LIKELY],
        )
        return [likely for (likely,) in cursor.fetchall()]


def _keys(asked: _Asked, joined: str) -> list[int]:
    """The keys of the best, each URI once."""
    query, parameters = _query(asked.words, joined)
    conditions = ["s.retired_at IS NULL"]
    if asked.kinds:
        conditions.append("s.kind = ANY(%(kinds)s)")
    if asked.except_kinds:
        conditions.append("s.kind <> ALL(%(except_kinds)s)")
    if asked.frameworks:
        conditions.append("s.framework_id = ANY(%(frameworks)s)")
    parameters |= {
        "kinds": list(asked.kinds),
        "except_kinds": list(asked.except_kinds),
        "frameworks": list(asked.frameworks),
        "name": asked.text,
        "begins": _like(asked.text),
        "code": asked.text,
        "weights": _WEIGHTS,
        "limit": asked.limit,
    }
    statement = f"""
        WITH asked AS (SELECT {query} AS query),
        found AS (
            SELECT DISTINCT ON (s.uri) s.id, f.is_own, t.name,
                   t.code = %(code)s AS is_its_code,
                   t.name = %(name)s AS is_it,
                   t.name LIKE %(begins)s OR t.code LIKE %(begins)s AS begins_so,
                   ts_rank(%(weights)s, t.words, asked.query) AS rank
            FROM asked, skills_searchtext t
            JOIN skills_skill s ON s.id = t.skill_id
            JOIN skills_framework f ON f.id = s.framework_id
            WHERE (t.words @@ asked.query OR t.code LIKE %(begins)s)
                  AND {" AND ".join(conditions)}
            ORDER BY s.uri, f.is_own DESC, s.id
        )
        SELECT id FROM found
        ORDER BY is_its_code DESC, is_own DESC, is_it DESC, begins_so DESC, rank DESC,
                 length(name), name, id
        LIMIT %(limit)s
    """  # noqa: S608 - the conditions are ours
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [key for (key,) in cursor.fetchall()]


def _query(asked: Sequence[str], joined: str) -> tuple[str, dict[str, Any]]:
    """A tsquery: each word as the beginning of one, or by its stem."""
    parts, parameters = [], {}
    for number, word in enumerate(asked):
        begun = "" if len(word) < _LETTERS else ":*"
        parameters[f"word{number}"] = f"{word}{begun}"
        parameters[f"stem{number}"] = word
        parts.append(
            f"(to_tsquery('simple', %(word{number})s) "
            f"|| plainto_tsquery('english', %(stem{number})s))"
        )
    return {" & ": " && ", " | ": " || "}[joined].join(parts), parameters


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _hits(keys: Sequence[int]) -> tuple[Hit, ...]:
    """The skills of these keys in this order, with the frameworks that have the same URI."""
    found = Skill.objects.select_related("framework").in_bulk(keys)
    twins = (
        Skill.objects.filter(uri__in=[skill.uri for skill in found.values()], retired_at=None)
        .filter(~Q(pk__in=keys))
        .select_related("framework")
        .order_by("framework")
    )
    elsewhere: dict[str, dict[int, Framework]] = {}
    for twin in twins:
        elsewhere.setdefault(twin.uri, {})[twin.framework_id] = twin.framework
    return tuple(Hit(found[key], tuple(elsewhere.get(found[key].uri, {}).values())) for key in keys)
