from typing import Any

import pytest

from issuer.vc import json_pointers
from issuer.vc.errors import PointsNowhere

DOCUMENT: dict[str, Any] = {
    "@context": ["https://a.example/", {"own": "https://b.example/"}],
    "id": "urn:a",
    "type": ["One", "Two"],
    "plain": "text",
    "a/b": {"m~n": 1, "": 2},
    "parts": [
        {
            "id": "urn:b",
            "type": ["Part"],
            "name": "first",
            "more": {"type": "Deep", "x": 1, "y": 2},
        },
        {"name": "second"},
        [{"name": "inner"}, "word"],
        {"name": "fourth"},
    ],
}


@pytest.mark.parametrize(
    ("pointer", "tokens"),
    [
        ("", []),
        ("/", [""]),
        ("/a~1b/m~0n", ["a/b", "m~n"]),
        ("/~01", ["~1"]),
        ("/parts/0/", ["parts", "0", ""]),
    ],
)
def test_a_pointer_is_a_list_of_tokens(pointer: str, tokens: list[str]) -> None:
    assert json_pointers.parse(pointer) == tokens


@pytest.mark.parametrize("pointer", ["a", "#/a", "/~", "/~2", "/a~", None, 1, ["/a"]])
def test_what_is_no_pointer_points_nowhere(pointer: Any) -> None:
    with pytest.raises(PointsNowhere):
        json_pointers.parse(pointer)


@pytest.mark.parametrize(
    "pointer",
    [
        "/other",
        "/plain/x",
        "/plain/0",
        "/parts/4",
        "/parts/-",
        "/parts/-1",
        "/parts/00",
        "/parts/+1",
        "/parts/٣",
        "/parts/99999999999999999999",
        "/parts/x",
        "/parts/0/x",
        "/",
    ],
)
def test_a_pointer_to_nothing_is_refused(pointer: str) -> None:
    assert not json_pointers.exists(DOCUMENT, pointer)
    with pytest.raises(PointsNowhere, match="points to nothing"):
        json_pointers.select(DOCUMENT, ["/plain", pointer])


def test_what_a_pointer_points_to_exists() -> None:
    for pointer in ("", "/plain", "/a~1b/m~0n", "/a~1b/", "/parts/2/1", "/parts/0/more/x"):
        assert json_pointers.exists(DOCUMENT, pointer)


def test_without_pointers_nothing_is_chosen() -> None:
    assert json_pointers.select(DOCUMENT, []) == {}


def test_the_empty_pointer_chooses_everything() -> None:
    chosen = json_pointers.select(DOCUMENT, ["", "/plain"])
    assert chosen == DOCUMENT
    assert chosen["parts"] is not DOCUMENT["parts"]


def test_ids_and_types_come_along_on_the_way() -> None:
    assert json_pointers.select(DOCUMENT, ["/parts/0/more/x"]) == {
        "@context": DOCUMENT["@context"],
        "id": "urn:a",
        "type": ["One", "Two"],
        "parts": [{"id": "urn:b", "type": ["Part"], "more": {"type": "Deep", "x": 1}}],
    }


def test_a_document_without_contexts_is_chosen_from_as_well() -> None:
    assert json_pointers.select({"a": {"b": 1, "c": 2}, "d": 3}, ["/a/c"]) == {"a": {"c": 2}}


def test_arrays_close_up_in_their_order() -> None:
    pointers = ["/parts/3/name", "/parts/2/1", "/parts/0/name", "/parts/2/0/name"]
    assert json_pointers.select(DOCUMENT, pointers)["parts"] == [
        {"id": "urn:b", "type": ["Part"], "name": "first"},
        [{"name": "inner"}, "word"],
        {"name": "fourth"},
    ]


@pytest.mark.parametrize("pointers", [["/parts", "/parts/1/name"], ["/parts/1/name", "/parts"]])
def test_the_wider_of_two_pointers_wins(pointers: list[str]) -> None:
    assert json_pointers.select(DOCUMENT, pointers)["parts"] == DOCUMENT["parts"]


def test_types_and_contexts_are_whole_also_where_one_of_them_is_asked_for() -> None:
    chosen = json_pointers.select(DOCUMENT, ["/type/1", "/@context/0"])
    assert chosen == {name: DOCUMENT[name] for name in ("@context", "id", "type")}


def test_an_escaped_name_is_read_as_it_was() -> None:
    for name in ("plain", "a/b", "m~n", "~1", "/~0", ""):
        assert json_pointers.parse(f"/{json_pointers.escape(name)}") == [name]
