"""The libraries that others sign with in Node: installed aside, and asked to sign in turns.

Tuned: contexts in memory and shared between calls, and a young generation of 64 MB, with which
they are half as fast again as without.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGES = {
    "digitalbazaar": (
        "vc@7.3.0",
        "data-integrity@2.5.0",
        "eddsa-rdfc-2022-cryptosuite@1.3.0",
        "ed25519-multikey@1.3.1",
    ),
    "digitalcredentials": (
        "vc@10.0.2",
        "data-integrity@2.6.0",
        "eddsa-rdfc-2022-cryptosuite@1.3.0",
        "ed25519-multikey@1.4.0",
    ),
}
_SCRIPT = Path(__file__).with_name("peers") / "sign.mjs"


class Peer:
    """One family's packages in a process of their own, which works only when it is asked."""

    def __init__(self, family: str, folder: Path) -> None:
        self.name = f"@{family}/{PACKAGES[family][0]}"
        self._process = subprocess.Popen(
            ["node", "--max-semi-space-size=64", "sign.mjs", family, "task.json"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def sign(self, seconds: float) -> tuple[float, int, dict[str, Any]]:
        """Sign for so long; how many a CPU second, how many in all, and the last of them."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        return said["signed"] / said["seconds"], said["turn"], said["last"]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


@contextlib.contextmanager
def running(task: dict[str, Any]) -> Iterator[list[Peer]]:
    """Install the packages into a temporary folder and start a process for each family."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise SystemExit("bench: --peers needs node and npm, which are not here")
    with tempfile.TemporaryDirectory(prefix="peers-") as name, contextlib.ExitStack() as opened:
        folder = Path(name)
        wanted = [f"@{family}/{each}" for family in PACKAGES for each in PACKAGES[family]]
        (folder / "package.json").write_text('{"private": true}')
        install = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *wanted]
        subprocess.run(install, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(_SCRIPT, folder)
        (folder / "task.json").write_text(json.dumps(task))
        peers = [Peer(family, folder) for family in PACKAGES]
        for peer in peers:
            opened.callback(peer.close)
        yield peers
