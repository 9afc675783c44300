"""JSON of any shape, for what must read it or refuse it in our words."""

from typing import Any

from hypothesis import strategies as st


def any_json(*names: str) -> st.SearchStrategy[Any]:
    """Values of every kind, and lists and objects of them, whose members bear these names."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=3)
        ),
        max_leaves=6,
    )
