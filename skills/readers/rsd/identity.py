"""Decides which framework descriptors make up, and what each of them is known by."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from skills.readers import identifiers, naming
from skills.readers.records import FrameworkRecord
from skills.readers.rsd.descriptors import Collection, Descriptor

_Thing = TypeVar("_Thing", str, Collection)


def framework_of(
    found: Sequence[Descriptor], *, collection: Collection, framework_id: str, title: str
) -> FrameworkRecord:
    """The framework of these descriptors. Raises Unreadable where nothing tells which one it is.

    A file's name never does: `skills.csv` of two colleges are two frameworks.
    """
    author = _in_common((one.authors for one in found), "")
    creator = _in_common(((one.creator,) if one.creator else () for one in found), "")
    if not collection.name:
        collection = _in_common((one.collections for one in found), collection)
    name = title or collection.name or author or creator
    identifier = framework_id.strip() or _identifier(collection, creator, author)
    framework = naming.framework_named(identifier, name, creator=(author or creator)[:500])
    dates = [one.changed_at for one in found if one.changed_at is not None]
    return replace(framework, changed_at=max(dates, default=None))


def identified(found: Iterable[Descriptor], framework: str) -> Iterator[Descriptor]:
    """The descriptors, those without address and UUID known by their name in the framework.

    Where several have one name, they are known by name and statement.
    """
    found = list(found)
    times = Counter(one.name.casefold() for one in found if not one.identifier)
    for one in found:
        if one.identifier:
            yield one
            continue
        words = [one.name.casefold()]
        if times[words[0]] > 1:
            words.append(one.statement)
        identifier = identifiers.made_of("skill", framework, *words)
        yield replace(one, identifier=identifier, uri=naming.address_of(identifier))


def _identifier(collection: Collection, creator: str, author: str) -> str:
    """What names the framework; a collection's mere name does only beside its owner's."""
    owner = creator or author
    if collection.identifier:
        return collection.identifier
    if collection.name and owner:
        return identifiers.made_of("collection", owner, collection.name)
    return identifiers.made_of("descriptors", owner) if owner else ""


def _in_common(each: Iterable[tuple[_Thing, ...]], otherwise: _Thing) -> _Thing:
    """The one thing that all of them have, if there is just one."""
    sets = [set(things) for things in each]
    shared = set.intersection(*sets) if sets else set()
    return shared.pop() if len(shared) == 1 else otherwise
