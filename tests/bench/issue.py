"""End to end, by real workers: from approved awards to signed, stored, released credentials.

A worker and a signer, each one process, on a database of their own. Beside them, in the same run
and by turns, one process that goes the plain way (pyld, Django's bulk_create), and one that does
only what can't be left out (one signature, two hashes, the JSON, one row by COPY).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.bench import college
from tests.bench.rows import Row, peak_of

COUNT = 20_000
RUNS = 3
PLAIN_COUNT = 200
FLOOR_COUNT = 10_000


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Yield the rate end to end beside both references, what a credential takes, and the memory."""
    with college.opened() as home:
        home.employ()
        documents = _documents(home, PLAIN_COUNT)
        home.issue(home.prepared(1000))
        before = _stored_bytes()
        ways: dict[str, Callable[[], float]] = {
            "end to end": lambda: count / home.issue(home.prepared(count)),
            "pyld + bulk_create": lambda: _plain(documents),
            "floor": lambda: _floor(documents),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(RUNS):
            for name, way in ways.items():
                rates[name].append(way())
        ours, plain, floor = (statistics.median(rates[name]) for name in ways)
        for reference, value in (("pyld + bulk_create", plain), ("floor", floor)):
            yield Row(
                name="end to end",
                value=round(ours, 1),
                unit="credentials/second",
                reference=f"{reference}, one process",
                reference_value=round(value, 1),
                runs=RUNS,
            )
        alone, beside = _small_batches(home, count)
        yield Row(
            name="ten credentials while a large batch is issued",
            value=round(beside, 2),
            unit="seconds",
            reference="ten credentials alone",
            reference_value=round(alone, 2),
            runs=RUNS,
        )
        yield Row(
            name="stored",
            value=round((_stored_bytes() - before) / ((RUNS + 1) * count), 1),
            unit="bytes/credential",
            reference="the signed document as text",
            reference_value=_body_size(),
        )
        for process, peak in home.peak_memory().items():
            yield peak_of(f"peak memory, {process}", peak)


def _small_batches(home: college.College, count: int) -> tuple[float, float]:
    """How long a small batch takes when nothing else is issued, and in the midst of a large one."""
    alone = [home.issue(home.prepared(10)) for _ in range(RUNS)]
    small = [home.prepared(10) for _ in range(RUNS)]
    large = home.prepared(count)
    home.begin(large)
    beside = [home.issue(batch) for batch in small]
    home.wait(large)
    return statistics.median(alone), statistics.median(beside)


def _documents(home: college.College, count: int) -> list[dict[str, Any]]:
    """What the product would say of so many learners."""
    from registrar.models import Award
    from registrar.services.awarding import composition

    batch = home.prepared(count)
    return [each.said() for each in composition.compose(Award.objects.filter(batch=batch))]


def _plain(documents: list[dict[str, Any]]) -> float:
    """Canonicalise with pyld, sign, store with bulk_create: credentials a second."""
    from django.db import models
    from pyld import jsonld

    from issuer.vc import contexts
    from issuer.vc.signers import Ed25519Signer

    table = _table("plain", models.JSONField())
    signer = Ed25519Signer(secrets.token_bytes(32))
    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "documentLoader": contexts.document_loader,
    }
    proof = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022"}
    config = {"@context": documents[0]["@context"], **proof}
    with _made(table):
        begin = time.perf_counter()
        head = hashlib.sha256(jsonld.normalize(config, options).encode()).digest()
        rows = []
        for document in documents:
            digest = hashlib.sha256(jsonld.normalize(document, options).encode()).digest()
            value = signer.sign(head + digest).hex()
            rows.append(table(body={**document, "proof": {**proof, "proofValue": value}}))
        table.objects.bulk_create(rows)
        return len(documents) / (time.perf_counter() - begin)


def _floor(documents: list[dict[str, Any]]) -> float:
    """One signature, two hashes, the JSON and a row by COPY: credentials a second."""
    from django.db import models

    from issuer.services import copying
    from issuer.vc.signers import Ed25519Signer

    table = _table("floor", models.BinaryField())
    signer = Ed25519Signer(secrets.token_bytes(32))
    canonical = secrets.token_bytes(13_800)
    with _made(table):
        begin = time.perf_counter()
        rows = []
        for number in range(FLOOR_COUNT):
            body = json.dumps(documents[number % len(documents)]).encode()
            message = hashlib.sha256(canonical).digest() + hashlib.sha256(body).digest()
            rows.append((signer.sign(message),))
        copying.insert(table, ("body",), rows)
        return FLOOR_COUNT / (time.perf_counter() - begin)


def _table(name: str, body: Any) -> Any:
    """A model with one column."""
    from django.apps import apps
    from django.db import models

    if name in apps.all_models["issuer"]:
        return apps.all_models["issuer"][name]
    meta = type("Meta", (), {"app_label": "issuer", "db_table": f"bench_{name}"})
    return type(name, (models.Model,), {"body": body, "Meta": meta, "__module__": __name__})


@contextlib.contextmanager
def _made(table: Any) -> Iterator[None]:
    from django.db import connection

    with connection.schema_editor() as editor:
        editor.create_model(table)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(table)


def _stored_bytes() -> int:
    """What the rows of credentials take in the database, their indexes included."""
    from django.db import connection

    from issuer.models import Credential, Release, SecuredDocument, VerifiableCredential

    tables = (Credential, VerifiableCredential, SecuredDocument, Release)
    with connection.cursor() as cursor:
        cursor.execute(
            "select sum(pg_total_relation_size(name::regclass)) from unnest(%s::text[]) name",
            [[table._meta.db_table for table in tables]],
        )
        (found,) = cursor.fetchone()
    return int(found)


def _body_size() -> int:
    from issuer.models import SecuredDocument

    secured = SecuredDocument.objects.whole().first()
    return len(secured.body.encode()) if secured else 0
