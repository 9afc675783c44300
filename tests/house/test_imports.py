"""The import contracts of pyproject.toml hold."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# In a process of its own: it switches off every logger that there is.
CHECK = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"


def test_both_apps_tell_in_the_same_way_when_rows_changed() -> None:
    issuers, skills = (ROOT / app / "models" / "changes.py" for app in ("issuer", "skills"))
    assert issuers.read_text() == skills.read_text()


def test_nothing_imports_against_the_direction() -> None:
    checked = subprocess.run(
        [sys.executable, "-c", CHECK], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
