"""The files of the example."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def read(name: str) -> dict[str, Any]:
    """What is said in one of its JSON files."""
    content: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return content
