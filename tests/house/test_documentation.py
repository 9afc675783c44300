"""What can be set is documented; what is documented can be set."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def names_in(path: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (ROOT / path).read_text(), re.MULTILINE))


def test_every_setting_is_in_the_example_and_the_other_way_round() -> None:
    read = names_in("config/settings.py", r'\b(?:env\.|_)\w+\(\s*"([A-Z_]+)"')
    shown = names_in("deploy/env.example", r"^#?([A-Z_]+)=")
    assert read == shown


def test_every_module_of_the_credential_core_is_on_its_map() -> None:
    core = ROOT / "issuer" / "vc"
    modules = {path.stem for path in core.glob("*.py")} - {"__init__"}
    folders = {f"{path.parent.name}/" for path in core.glob("*/__init__.py")}
    text = (ROOT / "issuer" / "README.md").read_text()
    shown = text.partition("## The credential core")[2].partition("\n## ")[0]
    assert not {each for each in modules if f"`{each}`" not in shown}
    assert not {each for each in folders if f"`{each}" not in shown}
