"""What `./dev bench verify` prints; how fast anything is, no test judges."""

import pytest

from tests.bench import side_by_side, verify


def test_each_way_to_verify_has_a_row_beside_pyld(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "RUNS", 1)
    monkeypatch.setattr(side_by_side, "SECONDS", 0.001)
    rows = list(verify.by_turns(count=2, seed=0))
    assert [row.name for row in rows] == ["strangers", "own", "own, all checks"]
    assert all("pyld" in row.reference and row.ratio > 0 for row in rows)


def test_rates_are_medians_of_runs_in_which_all_take_turns() -> None:
    done: list[str] = []
    found = side_by_side.rates(
        {"a": lambda: done.append("a"), "b": lambda: done.append("b")}, runs=1
    )
    assert set(found) == {"a", "b"} == set(done)
    assert min(found.values()) > 0


def test_things_are_taken_round_and_round() -> None:
    done: list[int] = []
    do = side_by_side.over([1, 2], done.append)
    for _ in range(5):
        do()
    assert done == [1, 2, 1, 2, 1]
