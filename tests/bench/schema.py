"""The API as it describes itself: requests that its descriptions allow and forbid, by thousands.

A web server on a database of its own, with rows of every kind, a client with every scope, and a
learner who lets an application do everything. Schemathesis reads each description as it is served
(that of the REST API and the VC API, those of Open Badges 3.0 and CLR 2.0), and sends what it
allows, what it forbids, and chains of requests of which each needs what the last one answered. Then
it judges each answer: its status, its headers and its body by the description; what was allowed
must be done, what was forbidden refused.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.bench import college
from tests.bench.rows import Row

COUNT = 10_000
NUMBERS = {"--examples": (20, "how many requests are drawn for each operation in each phase")}
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
# What is published of Open Badges 3.0 and CLR 2.0; without it their documents may be anything.
SCHEMAS = Path(__file__).parents[3] / "shared" / "data" / "schemas"
# What is answered must stand in the description.
BY_DESCRIPTION = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Below which the APIs for learners describe themselves.
STANDARDS = ("/ims/ob/v3p0", "/ims/clr/v2p0")
SHOWN = 50


@dataclass
class Found:
    """What was answered to how many requests, and what each check found wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, list[str]] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        return self.statuses.total()

    @property
    def entered(self) -> int:
        """How many were let in."""
        shut = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        return self.cases - sum(self.statuses[status] for status in shut)

    def of(self, hundred: int) -> int:
        """How many answers were of these hundred statuses."""
        return sum(count for status, count in self.statuses.items() if status // 100 == hundred)

    def __iadd__(self, others: Found) -> Found:
        """What was found elsewhere, too."""
        self.statuses += others.statuses
        for check, failures in others.failures.items():
            self.failures.setdefault(check, []).extend(failures)
        return self

    def failed(self, checks: tuple[str, ...]) -> int:
        return sum(len(self.failures.get(check, ())) for check in checks)


def run(*, count: int, seed: int, examples: int) -> Iterator[Row]:
    """Yield how many requests there were, how many were let in, and what was wrong with answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ["BASE_URL"] = here = f"http://127.0.0.1:{port}"
    with college.empty() as home:
        _fill(home)
        token = _token()
        _serve(home, here, port)
        _send_rows(here, token)
        home.end("worker")
        asking = {"seed": seed, "examples": examples}
        found = _asked(home.folder, [f"{here}/api/v1/schema"], token, **asking)
        token = _token_of_a_learner()
        for path in STANDARDS:
            described = _described(here, path, home.folder)
            found += _asked(home.folder, [str(described), "--url", here + path], token, **asking)
        for check, failures in found.failures.items():
            for failure in failures[:SHOWN]:
                print(f"{check}: {failure}", file=sys.stderr)
    yield from _told(found, count)


def _told(found: Found, count: int) -> Iterator[Row]:
    cases = found.cases
    shares = (
        ("cases", cases, "requests", count, cases >= count),
        ("past authorisation", found.entered / cases, "share", 0.5, found.entered > cases / 2),
        ("answered with 2xx", found.of(2) / cases, "share", 0, True),
    )
    for name, value, unit, bound, is_good in shares:
        yield Row(
            name=name,
            value=round(value, 3),
            unit=unit,
            reference="bound",
            reference_value=bound,
            runs=cases,
            is_good=is_good,
        )
    others = sorted(set(found.failures) - {*BY_DESCRIPTION, "not_a_server_error"})
    wrong = [("5xx", found.of(5)), ("undocumented", found.failed(BY_DESCRIPTION))]
    wrong += [(check, len(found.failures[check])) for check in others]
    for name, failed in wrong:
        yield Row(
            name=name,
            value=failed,
            unit="answers",
            reference="bound",
            reference_value=0,
            runs=cases,
            is_good=not failed,
        )


# The college


def _fill(home: college.College) -> None:
    """Everything that the demo has, from people to credentials."""
    from django.core.management import call_command

    call_command("create_key", "--if-none", stdout=sys.stderr)
    home.employ()
    with (home.folder / "demo.log").open("w") as log:
        call_command("run_demo", passwords_to=home.folder / "passwords", stdout=log)


def _token() -> str:
    """A token of a client that may do everything."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from oauth2_provider.models import AccessToken

    from registrar.models import TokenProof
    from registrar.services.college import api_clients

    administrator = User.objects.filter(is_superuser=True).earliest("pk")
    application, _ = api_clients.add("bench", by=administrator, scopes=settings.ALL_SCOPES)
    token = secrets.token_urlsafe(32)
    kept = AccessToken.objects.create(
        application=application,
        token=token,
        scope=" ".join(settings.ALL_SCOPES),
        expires=datetime.now(UTC) + timedelta(hours=6),
    )
    # Whatever becomes of its secret.
    TokenProof.objects.create(token=kept, proof=f"{api_clients.BY_KEY}bench")
    return token


def _token_of_a_learner() -> str:
    """A token of an application that a learner lets do everything."""
    from django.conf import settings
    from oauth2_provider.models import AccessToken, Application

    from registrar.models import Award
    from registrar.services.learners import learner_sign_ins

    award = Award.objects.select_related("learner").exclude(learner__email="").earliest("pk")
    token = secrets.token_urlsafe(32)
    AccessToken.objects.create(
        application=Application.objects.earliest("pk"),
        user=learner_sign_ins.account_of(award.learner).user,
        token=token,
        scope=" ".join(settings.LEARNER_SCOPES),
        expires=datetime.now(UTC) + timedelta(hours=6),
    )
    return token


def _serve(home: college.College, here: str, port: int) -> None:
    argv = ["-m", "gunicorn", "config.wsgi", "--worker-class", "gthread", "--workers", "2"]
    argv += ["--threads", "4", "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    argv += ["--limit-request-line", "8190"]
    home.start("web", argv)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{here}/livez").close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The web server does not answer:\n{home.log('web')}")


def _send_rows(here: str, token: str) -> None:
    """What only the client itself can have: a job, a webhook, a message to it."""
    rows = [
        {"sourced_id": f"stu-{number}", "given_name": f"Zoë {number}"} for number in range(1_001)
    ]
    job = _post(f"{here}/api/v1/learners?source=bench", token, rows)
    webhook = {"url": "https://hooks.example/told", "types": ["credential.issued"]}
    webhook = _post(f"{here}/api/v1/webhooks", token, webhook)
    _post(f"{here}/api/v1/webhooks/{webhook['id']}/test", token, None)
    while _get(f"{here}/api/v1/jobs/{job['id']}", token)["state"] not in ("done", "failed"):
        time.sleep(0.2)


def _post(url: str, token: str, body: Any) -> Any:
    data = b"" if body is None else json.dumps(body).encode()
    return _ask(urllib.request.Request(url, data, {"Content-Type": "application/json"}), token)


def _get(url: str, token: str) -> Any:
    return _ask(urllib.request.Request(url), token)


def _ask(request: urllib.request.Request, token: str) -> Any:
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise RuntimeError(error.read().decode()) from error


# Asking


def _described(here: str, path: str, folder: Path) -> Path:
    """A description as it is served, with the schemas that it names beside us.

    A body may be anything: to draw what the schema of a whole credential allows takes for ever,
    and what is signed by nobody is refused all the same.
    """
    with urllib.request.urlopen(f"{here}{path}/discovery") as answer:
        said = json.load(answer)
    for operations in said["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                content["schema"] = {}
    description = folder / f"{path.replace('/', '-')}.json"
    description.write_text(json.dumps(_beside(said)), encoding="utf-8")
    return description


def _beside(node: Any) -> Any:
    if isinstance(node, list):
        return [_beside(each) for each in node]
    if not isinstance(node, dict):
        return node
    if (name := node.get("$ref")) is None:
        return {key: _beside(each) for key, each in node.items()}
    file = name.rpartition("/")[2]
    found = next(SCHEMAS.glob(f"*/{file}"), None)
    return {"$ref": found.as_uri()} if found else {}


def _asked(folder: Path, of: list[str], token: str, *, seed: int, examples: int) -> Found:
    """Let schemathesis ask; it says itself, on standard error, what it does."""
    report = folder / f"report-{secrets.token_hex(4)}"
    # On its command line the number would hold for chains, too.
    configuration = folder / "schemathesis.toml"
    drawn = f"[generation]\nmax-examples = {examples}"
    configuration.write_text(CONFIGURATION.read_text().replace("[generation]", drawn))
    argv = [str(Path(sys.executable).with_name("schemathesis")), "--config-file"]
    argv += [str(configuration), "run", *of, "--header", f"Authorization: Bearer {token}"]
    argv += ["--seed", str(seed), "--continue-on-failure"]
    argv += ["--report", "ndjson", "--report-ndjson-path", str(report), "--no-color"]
    env = {**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)}
    ended = subprocess.run(argv, cwd=folder, env=env, stdout=sys.stderr, check=False)
    if ended.returncode not in (0, 1):
        raise RuntimeError(f"schemathesis ended with {ended.returncode}")
    with report.open(encoding="utf-8") as lines:
        return _found(lines)


def _found(lines: Iterator[str]) -> Found:
    found = Found()
    for line in lines:
        finished = json.loads(line).get("ScenarioFinished")
        if finished is None:
            continue
        recorder = finished["recorder"]
        for key, exchange in recorder.get("interactions", {}).items():
            answer = exchange.get("response")
            wrong = [
                check["name"]
                for check in recorder.get("checks", {}).get(key, ())
                if check["status"] != "success"
            ]
            if answer is None:
                wrong = ["no answer"]
            else:
                found.statuses[answer["status_code"]] += 1
            for name in wrong:
                failure = f"{recorder['label']}: {_line(exchange)}"
                found.failures.setdefault(name, []).append(failure)
    return found


def _line(exchange: dict[str, Any]) -> str:
    """A request and its answer, short."""
    request, answer = exchange["request"], exchange.get("response") or {}
    return (
        f"{request['method']} {request['uri'][:300]} {_body(request.get('body'))!r} -> "
        f"{answer.get('status_code')} {_body(answer.get('content'))!r}"
    )


def _body(content: Any) -> bytes:
    return base64.b64decode((content or {}).get("$base64", ""))[:300]
