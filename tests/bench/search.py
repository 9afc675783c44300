"""Searches among many skills, each through the web server, beside a plain scan.

On a database of its own with the frameworks in ../shared/data, copied until there are enough.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.bench import college, vocabulary
from tests.bench.rows import Row

COUNT = 30_000
SEARCHES = 400
# Of the scan, which is the same for every search.
SCANS = 60
BOUND = 200.0


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Yield how long a search takes, in ms: the median and what 95 of 100 stay below."""
    with college.opened() as home:
        held = vocabulary.take_in(count)
        searches = list(_drawn(random.Random(seed), SEARCHES))
        scans = [_timed(partial(_scan, words)) for _, words in searches[:SCANS]]
        with _served(home.folder) as ask:
            ask("warm")
            took: dict[str, list[float]] = {}
            for kind, words in searches:
                took.setdefault(kind, []).append(_timed(partial(ask, words)))
    times = [each for kind in took.values() for each in kind]
    reference = "naive ILIKE scan of code, label and statement in the database alone"
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        value = _quantile(times, share)
        yield Row(
            name=f"{name} of {held:,} skills",
            value=value,
            unit="ms",
            reference=reference,
            reference_value=_quantile(scans, share),
            runs=len(times),
            is_good=value <= BOUND,
        )
    for kind, some in took.items():
        yield Row(
            name=f"p95, {kind}",
            value=_quantile(some, 0.95),
            unit="ms",
            reference="bound",
            reference_value=BOUND,
            runs=len(some),
        )


def _drawn(dice: random.Random, count: int) -> Iterator[tuple[str, str]]:
    """What people type: three letters and more, words, slips, codes, and a single letter."""
    from skills.models import Skill

    skills = list(Skill.objects.current().order_by("pk").values_list("code", "label", "statement"))
    for number in range(count):
        code, label, statement = dice.choice(skills)
        words = [word for word in (label or statement).lower().split() if len(word) > 3] or ["use"]
        word = dice.choice(words)
        kinds: dict[str, str] = {
            "three letters": word[:3],
            "beginning of a word": word[: dice.randint(4, 6)],
            "words": " ".join(words[:3]),
            "common words": dice.choice(["manage", "use", "and", "data", "the", "work", "design"]),
            "a slip": _slipped(dice, word),
            "code": code or word,
            "one letter": word[:1],
        }
        kind = list(kinds)[number % len(kinds)]
        yield kind, kinds[kind]


def _slipped(dice: random.Random, word: str) -> str:
    at = dice.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _scan(words: str) -> None:
    """What a plain filter does: every skill is looked at for every word."""
    from django.db.models import Q

    from skills.models import Skill

    found = Skill.objects.current().select_related("framework")
    for word in words.split():
        found = found.filter(
            Q(code__icontains=word) | Q(label__icontains=word) | Q(statement__icontains=word)
        )
    list(found.order_by("-framework__is_own", "code", "id")[:20])


def _timed(do: Callable[[], object]) -> float:
    begin = time.perf_counter()
    do()
    return (time.perf_counter() - begin) * 1000


def _quantile(times: list[float], share: float) -> float:
    return round(statistics.quantiles(times, n=100)[round(share * 100) - 1], 1)


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[Callable[[str], Any]]:
    """The web server with one process, and a way to ask it."""
    socket_path = folder / "web"
    argv = [sys.executable, "-m", "gunicorn", "config.wsgi", "--worker-class", "gthread"]
    argv += ["--bind", f"unix:{socket_path}", "--workers", "1", "--threads", "2"]
    with (folder / "web.log").open("ab") as log:
        web = subprocess.Popen(argv, cwd=college.ROOT, env=os.environ, stdout=log, stderr=log)
    try:
        token = _token()
        while not socket_path.exists():
            if web.poll() is not None:
                raise RuntimeError((folder / "web.log").read_text()[-3000:])
            time.sleep(0.05)
        yield lambda words: _ask(socket_path, token, words)
    finally:
        web.terminate()
        web.wait()


def _ask(socket_path: Path, token: str, words: str) -> Any:
    from django.conf import settings

    line = socket.socket(socket.AF_UNIX)
    line.connect(str(socket_path))
    connection = http.client.HTTPConnection(urlsplit(settings.BASE_URL).netloc)
    connection.sock = line
    headers = {"Authorization": f"Bearer {token}"}
    connection.request("GET", f"/api/v1/skills?limit=20&search={quote(words)}", headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise AssertionError(f"{words!r}: {answer.status} {body[:500]!r}")
    return json.loads(body)["results"]


def _token() -> str:
    from django.conf import settings
    from oauth2_provider.models import AccessToken, Application

    application = Application.objects.create(
        name="bench",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    token = secrets.token_urlsafe(32)
    AccessToken.objects.create(
        application=application,
        token=token,
        scope=" ".join(settings.API_SCOPES),
        expires=datetime.now(UTC) + timedelta(hours=1),
    )
    return token
