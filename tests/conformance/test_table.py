"""The table of the README names tests that there are, and none of these files is left out."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
TABLE = (TESTS.parent / "issuer/README.md").read_text().partition("## Conformance")[2]
NAMED = re.findall(r"`([a-z_0-9/]+\.py)(?:::(test_\w+))?`", TABLE.partition("\n## ")[0])


def test_every_test_that_is_named_is_there() -> None:
    assert NAMED
    missing = []
    for path, test in NAMED:
        text = (TESTS / path).read_text()
        if test and f"\ndef {test}(" not in text:
            missing.append(test)
    assert missing == []


def test_every_file_about_suites_is_named() -> None:
    files = {f"conformance/{path.name}" for path in Path(__file__).parent.glob("test_*.py")}
    assert files - {path for path, _ in NAMED} == {f"conformance/{Path(__file__).name}"}
