"""Secrets drawn for trying things out, kept in a file so that the next run tells the same ones."""

import json
import os
from pathlib import Path

from registrar.services.college import people


class DrawnSecrets:
    """Secrets by name, in a file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def get(self, name: str) -> str | None:
        """The secret of that name, or None if none was kept."""
        return self._kept.get(name)

    def keep(self, name: str, secret: str) -> None:
        """Keep a secret; it is on the disk when this returns."""
        self._kept[name] = secret
        new = self.path.with_name(self.path.name + ".new")
        new.unlink(missing_ok=True)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(self._kept, stream, indent=1)
        new.rename(self.path)

    def password(self, username: str) -> str:
        """A password for somebody: the one that is kept, or a new one of 60 random bits."""
        kept = self.get(username)
        if kept is None:
            kept = people.draw_password()
            self.keep(username, kept)
        return kept
