"""Builds once what consecutive tests begin with alike: `@groundwork.laid` makes such a fixture.

A transaction stays open from test to test. In it each piece of groundwork is a savepoint on the
one before, and a test works in a savepoint of its own above them, which is rolled back as ever.
The next test begins where its own pieces and those that lie there part; tests/conftest.py sorts
the tests of a file so that they seldom do. A test that commits finds nothing laid, and builds.
"""

import copy
import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction

Build = Callable[..., Any]

# In the order in which they are laid.
PIECES: list[Build] = []


def laid(build: Build) -> Any:
    """A fixture whose rows stay for the tests that follow; each has its own copy of the value.

    It asks for nothing but other such fixtures and `db`, and leaves nothing outside the database.
    """
    PIECES.append(build)

    @functools.wraps(build)
    def piece(**arguments: Any) -> Any:
        return GROUND.copy(build) if GROUND.has(build) else build(**arguments)

    return pytest.fixture(piece)


def asked_for(item: pytest.Item) -> list[Build]:
    """The pieces that can be laid for a test, in their order: those that it does not override.

    None for one that commits, and none for one that has processes, whose neighbours' fixtures use
    other connections and databases.
    """
    if commits(item) or any(map(item.get_closest_marker, ("worker", "browser", "slow"))):
        return []
    definitions = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009
    meant = {inspect.unwrap(each[-1].func) for each in definitions.values()}
    found: dict[str, Build] = {}
    for build in PIECES:
        if build in meant and found.keys() | {"db"} >= inspect.signature(build).parameters.keys():
            found[build.__name__] = build
    return list(found.values())


def commits(item: pytest.Item) -> bool:
    """Whether a test is in no transaction."""
    marker = item.get_closest_marker("django_db")
    marked = marker is not None and marker.kwargs.get("transaction", False)
    return marked or not {"transactional_db", "live_server"}.isdisjoint(item.fixturenames)


@dataclass
class Layer:
    """A piece that lies there: the savepoint it began, and the values of all up to it."""

    build: Build
    savepoint: transaction.Atomic
    values: dict[str, Any]


class Ground:
    """What lies there now."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.copied: dict[int, Any] = {}

    @property
    def values(self) -> dict[str, Any]:
        """What the pieces that lie there are, by their names: to be copied, never changed."""
        return self.layers[-1].values if self.layers else {}

    def has(self, build: Build) -> bool:
        """Whether a piece lies there."""
        return any(layer.build is build for layer in self.layers)

    def copy(self, build: Build) -> Any:
        """Its value as this test has it; pieces that knew each other still do."""
        return copy.deepcopy(self.values[build.__name__], self.copied)

    def prepare(self, builds: Sequence[Build]) -> None:
        """Let exactly these pieces lie there, for a test that begins."""
        self.copied = {}
        if not connection.in_atomic_block:  # whoever connected anew has undone it all
            self.layers.clear()
        while [layer.build for layer in self.layers] != [*builds[: len(self.layers)]]:
            undo(self.layers.pop().savepoint)
        for build in builds[len(self.layers) :]:
            self._lay(build)

    def _lay(self, build: Build) -> None:
        values = copy.deepcopy(self.values)
        savepoint = transaction.atomic()
        savepoint._from_testcase = True  # as Django's own: it may have durable ones within
        savepoint.__enter__()
        try:
            asked = inspect.signature(build).parameters
            values[build.__name__] = build(**{name: values.get(name) for name in asked})
        except BaseException:
            undo(savepoint)
            raise
        self.layers.append(Layer(build, savepoint, values))


def undo(savepoint: transaction.Atomic) -> None:
    """Roll back to where it began."""
    transaction.set_rollback(True)
    savepoint.__exit__(None, None, None)


GROUND = Ground()
