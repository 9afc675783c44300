"""The import contracts of pyproject.toml hold."""

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


def test_nothing_imports_against_the_direction() -> None:
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS
