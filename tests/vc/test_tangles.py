import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad

from issuer.vc import tangles
from issuer.vc.errors import OutOfBounds

P = [NamedNode(f"https://a.example/p{number}") for number in range(3)]
ROOT = NamedNode("https://a.example/root")
# A tree: the property and the text of each node, and its children.
Tree = tuple[int, str, list[Any]]


def tree(way: int = 0, text: str = "", *children: Tree) -> Tree:
    return (way, text, list(children))


def quads(*trees: Tree) -> list[Quad]:
    made: list[Quad] = []

    def grow(parent: NamedNode | BlankNode, branch: Tree) -> None:
        way, text, children = branch
        node = BlankNode(f"n{len(made)}")
        made.append(Quad(parent, P[way], node))
        made.append(Quad(node, P[0], Literal(text)))
        for child in children:
            grow(node, child)

    for each in trees:
        grow(ROOT, each)
    return made


def seconds(dataset: list[Quad]) -> float:
    found = Dataset(dataset)
    began = time.perf_counter()
    found.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return time.perf_counter() - began


def chain(length: int) -> Tree:
    return tree(0, "", chain(length - 1)) if length else tree()


@pytest.mark.parametrize(
    "trees",
    [
        [tree(0, str(number)) for number in range(2_000)],
        [tree() for _ in range(2_000)],
        [tree(0, str(number), *[tree()] * 10) for number in range(200)],
        [tree(0, str(number), chain(5)) for number in range(100)],
        [tree(0, "", *[tree()] * 4)] * 2,
        [tree(0, "", tree(0), tree(1), tree(2))] * 100,
    ],
    ids=["all unlike", "twins", "twins of unlike", "chains", "a small tangle", "unlike ways"],
)
def test_what_is_told_apart_at_once_is_accepted(trees: list[Tree]) -> None:
    tangles.require_few(quads(*trees))
    assert seconds(quads(*trees)) < 1


@pytest.mark.parametrize(
    "trees",
    [
        [tree(0, "", *[tree()] * 5)] * 2,
        [tree(0, "", *[tree()] * 2)] * 9,
        [tree(0, str(number), tree(0, "", *[tree()] * 2)) for number in range(9)],
        [tree(0, text, *[tree(0, "", tree())] * 2) for text in "abcdefghijklmnopqrstuvwxyz"] * 2,
        [chain(150)] * 2,
    ],
    ids=["siblings", "families", "cousins", "many kinds", "long chains"],
)
def test_what_would_take_long_to_tell_apart_is_refused(trees: list[Tree]) -> None:
    with pytest.raises(OutOfBounds):
        tangles.require_few(quads(*trees))


def test_nodes_that_stand_in_a_graph_of_their_own_are_seen() -> None:
    graphs = [BlankNode(f"g{number}") for number in range(2)]
    twins = [
        Quad(BlankNode(f"n{number}{child}"), P[0], Literal(""), graph)
        for number, graph in enumerate(graphs)
        for child in range(5)
    ]
    with pytest.raises(OutOfBounds):
        tangles.require_few(twins)


TREES: st.SearchStrategy[Tree] = st.recursive(
    st.builds(tree, st.integers(0, 1), st.sampled_from(["", "a"])),
    lambda inner: st.builds(
        lambda way, text, children: tree(way, text, *children),
        st.integers(0, 1),
        st.sampled_from(["", "a"]),
        st.lists(inner, max_size=5),
    ),
    max_leaves=40,
)


@settings(max_examples=200)
@given(st.lists(TREES, max_size=4), st.integers(1, 4))
def test_whatever_is_accepted_is_told_apart_in_a_moment(trees: list[Tree], times: int) -> None:
    found = quads(*trees * times)
    try:
        tangles.require_few(found)
    except OutOfBounds:
        return
    assert seconds(found) < 0.5
