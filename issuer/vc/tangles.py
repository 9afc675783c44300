"""How much work RDFC-1.0 would have to tell blank nodes apart: bounded before it is begun."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from pyoxigraph import BlankNode, Quad

from issuer.vc.errors import OutOfBounds

# Labels are refused, so blank nodes form trees, and RDFC-1.0 tries k! orders of k equal children
# of equal parents. Measured with pyoxigraph 0.5.13: two parents of 4 equal children 0.3 ms, of 7
# equal children 96 ms. Eight equal nodes of 128 keep every document below a few milliseconds.
MAX_TANGLED = 128
MAX_EQUAL_TANGLED = 8
# From each node of a chain of equal ones, as the cells of equal lists are, it walks to the ends.
# Measured: 40 lists of 5 cells (1,000 steps) 1 ms.
MAX_STEPS = 16_384

Look = frozenset[tuple[object, ...]]
Ways = dict[str, list[tuple[str, tuple[object, ...]]]]


def require_few(quads: Sequence[Quad]) -> None:
    """Raise OutOfBounds when blank nodes are so much alike that telling them apart takes long.

    Nodes that look like no other cost nothing, and neither do those that look
    alike but hang on nodes which do not. What is counted are trees of nodes
    that look alike: where such a tree forks, the orders of its branches are
    tried; where it does not, it is walked.
    """
    looks = _looks(quads)
    counted = Counter(looks.values())
    twins = {node: look for node, look in looks.items() if counted[look] > 1}
    ways = _ways(quads, twins)
    tangled: list[Look] = []
    steps = 0
    for nodes in _connected(ways):
        if any(_forks(ways[node]) for node in nodes):
            tangled += [twins[node] for node in nodes]
        else:
            steps += len(nodes) ** 2
    if steps > MAX_STEPS or len(tangled) > MAX_TANGLED:
        raise OutOfBounds("The document has too many objects without an id that are alike.")
    if max(Counter(tangled).values(), default=0) > MAX_EQUAL_TANGLED:
        raise OutOfBounds(
            f"More than {MAX_EQUAL_TANGLED} objects without an id are alike in the document."
        )


def _looks(quads: Sequence[Quad]) -> dict[str, Look]:
    """What RDFC-1.0 hashes of each blank node at first: its quads, other blank nodes left out."""
    seen: defaultdict[str, set[tuple[object, ...]]] = defaultdict(set)
    for quad in quads:
        terms = (quad.subject, quad.predicate, quad.object, quad.graph_name)
        for node in terms:
            if isinstance(node, BlankNode):
                seen[node.value].add(
                    tuple(term == node if isinstance(term, BlankNode) else term for term in terms)
                )
    return {node: frozenset(quads_of_it) for node, quads_of_it in seen.items()}


def _ways(quads: Sequence[Quad], twins: dict[str, Look]) -> Ways:
    """The ways from each twin to others, and the kind of each: RDFC-1.0 groups them by it."""
    ways: Ways = {node: [] for node in twins}
    for quad in quads:
        ends = [
            (place, term.value)
            for place, term in enumerate((quad.subject, quad.object, quad.graph_name))
            if isinstance(term, BlankNode) and term.value in twins
        ]
        for _, start in ends:
            for place, end in ends:
                if start != end:
                    ways[start].append((end, (place, quad.predicate, twins[end])))
    return ways


def _forks(ways: list[tuple[str, tuple[object, ...]]]) -> bool:
    kinds: list[Any] = [kind for _, kind in ways]
    return len(set(kinds)) < len(kinds)


def _connected(ways: Ways) -> Iterator[list[str]]:
    """Yield the groups of nodes between which there are ways."""
    left = set(ways)
    while left:
        group: list[str] = []
        found = [left.pop()]
        while found:
            node = found.pop()
            group.append(node)
            for end, _ in ways[node]:
                if end in left:
                    left.remove(end)
                    found.append(end)
        yield group
