"""Tables that strangers wrote: read strictly, and every fault told with its row and column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers import separated
from skills.readers.errors import Unreadable
from skills.readers.problems import Problems
from skills.readers.table import Table


def read(data: bytes, **how: bool) -> tuple[Table, list[tuple[int | None, str, str]]]:
    problems = Problems("t.csv")
    table = separated.read(data, problems, file="t.csv", **how)
    return table, [(each.row, each.column, each.code) for each in problems.listed()]


def unreadable(data: bytes) -> str:
    with pytest.raises(Unreadable) as error:
        separated.read(data, Problems("t.csv"))
    return error.value.code


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_tells_what_separates_the_cells(separator: str) -> None:
    table, problems = read(f"\ufeffA{separator}B\r\n1{separator}2\r\n".encode())
    assert table.header == ("A", "B")
    assert [row.cells for row in table.rows] == [["1", "2"]]
    assert problems == []


def test_rows_count_as_a_spreadsheet_counts_them() -> None:
    table, _ = read(b'a,b\n1,"two\nlines"\n\n3,4\n')
    assert [row.number for row in table.rows] == [2, 4]


def test_columns_are_found_whatever_their_case_and_punctuation() -> None:
    table, _ = read("Is Child_Of,Äther\nx,y\n".encode())
    assert table.rows[0].raw("isChildOf") == "x"
    assert table.rows[0].raw("äTHER") == "y"
    assert table.rows[0].raw("absent") == ""
    assert table.has("ischildof") and not table.has("ischildof", "absent")


def test_a_short_row_has_blanks_and_a_long_one_is_refused() -> None:
    table, problems = read(b"a,b,c\n1\n1,2,3,4\n1,2,3,,\n")
    assert [row.number for row in table.rows] == [2, 4]
    assert table.rows[0].raw("c") == ""
    assert problems == [(3, "", "too_many_cells")]


def test_a_row_with_a_stray_or_open_quote_costs_only_itself() -> None:
    table, problems = read(b'a,b\n"x"y,1\nok,2\n"open,3\nok,4\n')
    assert [row.cells for row in table.rows] == [["ok", "2"], ["ok", "4"]]
    assert problems == [(2, "", "broken_row"), (4, "", "broken_row")]


def test_without_quoting_a_quote_is_a_quote() -> None:
    table, problems = read(b'a\tb\n"x\ty"\n', is_quoted=False)
    assert table.rows[0].cells == ['"x', 'y"']
    assert problems == []


def test_bytes_and_signs_that_have_no_place_are_told_by_row_and_column() -> None:
    table, problems = read("a,b\n1,ok\n2,x\u202ey\n3,z\x00\n".encode() + b"4,\xe9t\xe9\n")
    assert [row.number for row in table.rows] == [2]
    assert problems == [
        (3, "b", "control_character"),
        (4, "b", "control_character"),
        (5, "b", "not_utf8"),
    ]


def test_what_is_left_of_a_letter_decoded_twice_is_read_as_a_space() -> None:
    table, problems = read("a\nend.\x9d\n".encode())
    assert table.rows[0].raw("a") == "end."
    assert problems == [(2, "a", "control_character")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n,,\n", "empty_file"),
        ("a,b\n1,2\n".encode("utf-16"), "not_utf8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "not_utf8"),
        (b"a,b,A \n1,2,3\n", "doubled_header"),
        (b'a,"b\n', "bad_header"),
        (b"a,b\x01\n", "control_character"),
        (",".join(f"c{n}" for n in range(1_001)).encode(), "too_many_columns"),
        (b"a\n" + b"1\n" * 250_001, "too_many_rows"),
        (b"a,b\n" + b'"x"y,1\n' * 101, "too_many_broken_rows"),
        (b"a" * ((64 << 20) + 1), "too_large"),
    ],
)
def test_what_cannot_be_read_at_all_is_said_in_one_word(data: bytes, code: str) -> None:
    assert unreadable(data) == code


@given(st.binary(max_size=400), st.booleans(), st.booleans())
def test_whatever_the_bytes_it_reads_or_says_why_not(
    data: bytes, is_open: bool, is_quoted: bool
) -> None:
    try:
        table, _ = read(data, is_open=is_open, is_quoted=is_quoted)
    except Unreadable as error:
        assert error.reason and error.fix
    else:
        assert all(row.good for row in table.rows)
