"""Whom on record the rows of a file may mean: by number or key, by address, by name."""

from collections import defaultdict
from collections.abc import Collection
from typing import Final
from unicodedata import normalize
from urllib.parse import unquote

from django.db.models import Q
from django.db.models.functions import Lower

from registrar.models import Learner
from registrar.readers.award_columns import BY_KEY
from registrar.services.learners import same_people

# A name that more learners have tells nothing of any of them.
MOST_NAMESAKES: Final = 5

Name = tuple[str, str]


def by_key(keys: Collection[str]) -> dict[str, list[Learner]]:
    """By number, or by the key of another system, the learners whom it means."""
    by_sources: defaultdict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key in keys:
        if key.startswith(BY_KEY):
            source, _, sourced_id = key.removeprefix(BY_KEY).partition(":")
            by_sources[unquote(source)][sourced_id].append(key)
    found = by_number({key for key in keys if not key.startswith(BY_KEY)})
    for source, named in by_sources.items():
        if "\0" in source:  # PostgreSQL knows no such text
            continue
        own = Learner.objects.filter(source=source, sourced_id__in=named)
        joined = same_people.joined(source, among=named)
        others = Learner.objects.in_bulk(set(joined.values()))
        meant = {each.sourced_id: each for each in own}
        meant |= {sourced_id: others[learner] for sourced_id, learner in joined.items()}
        for sourced_id, learner in meant.items():
            found |= {key: [learner] for key in named[sourced_id]}
    return found


def by_number(numbers: Collection[str]) -> dict[str, list[Learner]]:
    """By number the learners who have it; one without a number goes by the source's own id."""
    found: defaultdict[str, list[Learner]] = defaultdict(list)
    if numbers:
        having = Q(number__in=numbers) | Q(number="", sourced_id__in=numbers)
        for learner in Learner.objects.filter(having).order_by("pk"):
            found[number_of(learner)].append(learner)
    return found


def by_address(addresses: Collection[str]) -> dict[str, list[Learner]]:
    """By e-mail address, in small letters, those who have it and have not left."""
    found: defaultdict[str, list[Learner]] = defaultdict(list)
    if addresses:
        present = Learner.objects.filter(retired_at=None).exclude(email="")
        having = present.annotate(address=Lower("email")).filter(address__in=addresses)
        for learner in having.order_by("pk"):
            found[learner.email.lower()].append(learner)
    return found


def by_name(names: Collection[Name]) -> dict[Name, list[Learner]]:
    """By name, as `name_of` has it, those who have not left; none of a name that many have."""
    found: defaultdict[Name, list[Learner]] = defaultdict(list)
    if names:
        given, family = zip(*names, strict=True)
        present = Learner.objects.filter(retired_at=None)
        spelt = present.annotate(given=Lower("given_name"), family=Lower("family_name"))
        for learner in spelt.filter(given__in=given, family__in=family).order_by("pk"):
            found[name_of(learner.given_name, learner.family_name)].append(learner)
    return {
        name: found[name] for name in names if name in found and len(found[name]) <= MOST_NAMESAKES
    }


def name_of(given_name: str, family_name: str) -> Name:
    """A name as it is compared: letter by letter with all accents, in small letters."""
    return normalize("NFC", given_name.lower()), normalize("NFC", family_name.lower())


def number_of(learner: Learner) -> str:
    """The number by which a learner goes."""
    return learner.number or learner.sourced_id


def is_a_slip(one: str, other: str) -> bool:
    """Whether a sign was mistyped, added or left out, or two neighbours changed places."""
    short, long = sorted((one, other), key=len)
    same = next((at for at, sign in enumerate(short) if sign != long[at]), len(short))
    short, long = short[same:], long[same:]
    if len(short) < len(long):
        return short == long[1:]
    return bool(short) and (short[1:] == long[1:] or short == long[1::-1] + long[2:])
