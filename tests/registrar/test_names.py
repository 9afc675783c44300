"""Names are written as their owners write them."""

import pytest

from registrar.models.learners import full_name


@pytest.mark.parametrize(
    ("given", "family", "name"),
    [
        ("Zoë", "O'Brien-Núñez", "Zoë O'Brien-Núñez"),
        ("Budiarti", "-", "Budiarti"),
        ("", "Madonna", "Madonna"),
        ("伟", "王", "王伟"),
        ("さくら", "佐々木", "佐々木さくら"),
        ("민준", "김", "김민준"),
        ("Wei", "王", "Wei 王"),
        ("محمد", "الأحمد", "محمد الأحمد"),
        ("", "", ""),
    ],
)
def test_a_name_reads_as_its_owner_writes_it(given: str, family: str, name: str) -> None:
    assert full_name(given, family) == name
