"""What can be set is documented; what is documented can be set."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def names_in(path: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (ROOT / path).read_text(), re.MULTILINE))


def test_every_setting_is_in_the_example_and_the_other_way_round() -> None:
    read = names_in("config/settings.py", r'env\.\w+\(\s*"([A-Z_]+)"')
    shown = names_in("deploy/env.example", r"^#?([A-Z_]+)=")
    assert read == shown
