"""How credentials are stored: in what form, by which statement, in one table or in partitions.

First the reference document, signed for many learners: its values and proof (what we store beside
the shape), its text, and its text compressed. Then rows as large as a proof, with the keys of
credentials, as many as `--count` says, in one table and in partitions. Each form and table has its
turn with every thousand rows, which are a transaction.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import secrets
import time
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b, sha256
from typing import Any

from psycopg import sql

from issuer.vc import did
from issuer.vc.data_integrity import proofs
from issuer.vc.json_text import write_json
from issuer.vc.shapes import Seal, Shape
from issuer.vc.signers import Ed25519Signer
from tests.bench import college, reference, side_by_side
from tests.bench.rows import Row

COUNT = 200_000
# Enough to tell the bytes of a row.
DOCUMENTS = 20_000
CHUNK = 1000
PARTS = 10
BATCH = 100_000
LOOK_UPS = 1000
RUNS = 5

_SIGNER = Ed25519Signer(b"\x07" * 32)
_METHOD = did.method_id(reference.DID, _SIGNER.public_multibase)

Values = tuple[Any, ...]


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Yield bytes and rows a second of each form, then of each layout."""
    with college.opened():
        yield from _forms(min(count, DOCUMENTS), seed)
        yield from _layouts(count)


# In what form


@dataclass
class Form:
    """A way to store a signed credential: its columns, and how to make and to read them."""

    name: str
    columns: dict[str, Any]
    make: Callable[[Values, bytes], Values]
    read: Callable[[Values], bytes]
    seconds: float = 0.0
    model: Any = None


def _forms(count: int, seed: int) -> Iterator[Row]:
    shape = reference.shape()
    seal = Seal(
        context=shape.document["@context"],
        signer=_SIGNER,
        verification_method=_METHOD,
        created=reference.CREATED,
    )
    learners = [values for values, _ in reference.documents(count, seed)]
    signed = [(values, shape.secure(values, seal)) for values in learners]
    forms = _known_forms(shape, signed[0][1])
    ours = forms[0]
    with contextlib.ExitStack() as tables:
        for form in forms:
            form.model = tables.enter_context(_table(form.name, form.columns))
        django = Form(**{**vars(ours), "model": tables.enter_context(_table("d", ours.columns))})
        for begin in range(0, count, CHUNK):
            chunk = signed[begin : begin + CHUNK]
            for form in random.sample(forms, len(forms)):
                form.seconds += _took(_copy, form, chunk)
            django.seconds += _took(_bulk_create, django, chunk)
        sizes = {form.name: _bytes(form.model._meta.db_table) / count for form in forms}
        yield from _beside("stored", sizes, unit="bytes/credential")
        rates = {f"{form.name}, by COPY": count / form.seconds for form in forms}
        rates[f"{ours.name}, by bulk_create"] = count / django.seconds
        yield from _beside("insert", rates, unit="rows/second")
        bodies = dict(enumerate((body for _, body in signed), 1))
        reading = {form.name: _reading(form, bodies) for form in forms}
        rates = side_by_side.medians(reading, runs=RUNS)
        yield from _beside("read", rates, unit="credentials/second", runs=RUNS)


def _known_forms(shape: Shape, dictionary: bytes) -> list[Form]:
    """Ours first."""
    from django.db import models

    def text() -> Any:
        return models.TextField()

    def binary() -> Any:
        return models.BinaryField()

    config = proofs.proof_config(verification_method=_METHOD, created=reference.CREATED)

    def parts(values: Values, body: bytes) -> Values:
        proof = body[body.rindex(b'"', 0, -3) + 1 : -3].decode()
        return write_json(list(values)), proof, sha256(body).digest()

    def whole(row: Values) -> bytes:
        values, proof_value, digest = row
        proof = write_json({**config, "proofValue": proof_value})
        body = b'%b,"proof":%b}' % (shape.write(json.loads(values))[:-1], proof.encode())
        if sha256(body).digest() != bytes(digest):
            raise AssertionError("These are not the bytes that were signed.")
        return body

    def pack(values: Values, body: bytes) -> Values:
        packer = zlib.compressobj(zdict=dictionary)
        return (packer.compress(body) + packer.flush(),)

    def unpack(row: Values) -> bytes:
        return zlib.decompressobj(zdict=dictionary).decompress(bytes(row[0]))

    return [
        Form(
            "values and proof",
            {"values": text(), "proof": text(), "digest": binary()},
            parts,
            whole,
        ),
        Form(
            "text", {"body": text()}, lambda _, body: (body.decode(),), lambda row: row[0].encode()
        ),
        Form(
            "zlib",
            {"body": binary()},
            lambda _, body: (zlib.compress(body),),
            lambda row: zlib.decompress(bytes(row[0])),
        ),
        Form("zlib with a dictionary", {"body": binary()}, pack, unpack),
    ]


@contextlib.contextmanager
def _table(name: str, columns: dict[str, Any]) -> Iterator[Any]:
    """A model for these columns, whose table is gone afterwards."""
    from django.db import connection, models

    meta = type("Meta", (), {"app_label": "issuer", "db_table": f"bench_{name}".replace(" ", "_")})
    fields = {name: field.clone() for name, field in columns.items()}
    model = type(
        name.title().replace(" ", ""),
        (models.Model,),
        {**fields, "Meta": meta, "__module__": __name__},
    )
    with connection.schema_editor() as editor:
        editor.create_model(model)
    try:
        yield model
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(model)


def _copy(form: Form, chunk: Sequence[tuple[Values, bytes]]) -> None:
    from django.db import transaction

    from issuer.services import copying

    with transaction.atomic():
        rows = (form.make(values, body) for values, body in chunk)
        copying.insert(form.model, list(form.columns), rows)


def _bulk_create(form: Form, chunk: Sequence[tuple[Values, bytes]]) -> None:
    rows = (form.make(values, body) for values, body in chunk)
    form.model.objects.bulk_create(
        form.model(**dict(zip(form.columns, row, strict=True))) for row in rows
    )


def _reading(form: Form, bodies: dict[int, bytes]) -> Callable[[], float]:
    """Read all, a chunk at a time, and look whether they are what was signed."""

    def way() -> float:
        begin = time.perf_counter()
        for first in range(1, len(bodies) + 1, CHUNK):
            rows = form.model.objects.filter(pk__range=(first, first + CHUNK - 1))
            for pk, *row in rows.values_list("pk", *form.columns):
                if form.read(tuple(row)) != bodies[pk]:
                    raise AssertionError(f"{form.name} gives another document.")
        return len(bodies) / (time.perf_counter() - begin)

    return way


# In one table or in partitions


@dataclass(frozen=True)
class Layout:
    """A table with the keys of credentials; what its name is, and how it is made."""

    name: str
    table: str
    statements: tuple[str, ...]


_COLUMNS = """
    id uuid NOT NULL, batch uuid NOT NULL, position integer NOT NULL,
    proof text NOT NULL, digest bytea NOT NULL, at timestamptz NOT NULL
"""
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_STEP = timedelta(milliseconds=100)


def _layouts(count: int) -> Iterator[Row]:
    layouts = [_one_table(), _by_hash(), _by_time(count)]
    part = count // PARTS
    took: dict[str, list[float]] = {layout.name: [0.0] * PARTS for layout in layouts}
    with _made(layouts):
        for begin in range(0, part * PARTS, CHUNK):
            rows = [_row(number) for number in range(begin, begin + CHUNK)]
            for layout in random.sample(layouts, len(layouts)):
                took[layout.name][begin // part] += _took(_copy_into, layout.table, rows)
        _settle(layouts)
        for number, title in ((0, "first"), (-1, "last")):
            rates = {name: part / seconds[number] for name, seconds in took.items()}
            yield from _beside(f"insert, the {title} tenth of {count:,}", rates, unit="rows/second")
        sizes = {layout.name: _bytes(layout.table) / count for layout in layouts}
        yield from _beside("stored", sizes, unit="bytes/row")
        for title, look_up in (("id", _by_id), ("batch and positions", _by_positions)):
            ways = {
                layout.name: _looking_up(look_up, layout.table, part * PARTS) for layout in layouts
            }
            rates = side_by_side.medians(ways, runs=RUNS)
            name = f"look-up by {title}, of {count:,}"
            yield from _beside(name, rates, unit="look-ups/second", runs=RUNS)


def _one_table() -> Layout:
    table = "bench_one"
    unique = f"ALTER TABLE {table} ADD PRIMARY KEY (id), ADD UNIQUE (batch, position)"
    return Layout("one table", table, (f"CREATE TABLE {table} ({_COLUMNS})", unique))


def _by_hash() -> Layout:
    """What is unique must hold the key of the partitions: a position is no longer given once."""
    table = "bench_by_hash"
    parts = (
        f"CREATE TABLE {table}_{number} PARTITION OF {table}"
        f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {number})"
        for number in range(PARTS)
    )
    made = f"CREATE TABLE {table} ({_COLUMNS}) PARTITION BY HASH (id)"
    unique = f"ALTER TABLE {table} ADD PRIMARY KEY (id)"
    index = f"CREATE INDEX ON {table} (batch, position)"
    return Layout(f"{PARTS} partitions by hash of the id", table, (made, unique, index, *parts))


def _by_time(count: int) -> Layout:
    """Neither an id nor a position is given once any longer, but for each time."""
    table = "bench_by_time"
    bounds = [_BEGIN + _STEP * (count // PARTS) * number for number in range(PARTS + 1)]
    parts = (
        f"CREATE TABLE {table}_{number} PARTITION OF {table}"
        f" FOR VALUES FROM ('{low.isoformat()}') TO ('{high.isoformat()}')"
        for number, (low, high) in enumerate(itertools.pairwise(bounds))
    )
    made = f"CREATE TABLE {table} ({_COLUMNS}) PARTITION BY RANGE (at)"
    unique = f"ALTER TABLE {table} ADD PRIMARY KEY (id, at), ADD UNIQUE (batch, position, at)"
    return Layout(f"{PARTS} partitions by time", table, (made, unique, *parts))


@contextlib.contextmanager
def _made(layouts: Sequence[Layout]) -> Iterator[None]:
    _execute(*(statement for layout in layouts for statement in layout.statements))
    try:
        yield
    finally:
        _execute(*(f"DROP TABLE {layout.table}" for layout in layouts))


def _settle(layouts: Sequence[Layout]) -> None:
    """What autovacuum would do in its own time."""
    _execute(*(f"VACUUM ANALYZE {layout.table}" for layout in layouts))


def _execute(*statements: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _row(number: int) -> Values:
    batch, position = divmod(number, BATCH)
    proof = f"z{secrets.token_hex(44)}"
    when = _BEGIN + _STEP * number
    return _id(number), _id(-1 - batch), position, proof, secrets.token_bytes(32), when


def _id(number: int) -> uuid.UUID:
    """As scattered as a drawn one, and can be told again."""
    return uuid.UUID(bytes=blake2b(str(number).encode(), digest_size=16).digest(), version=4)


def _copy_into(table: str, rows: Sequence[Values]) -> None:
    from django.db import connection, transaction

    statement = f"COPY {table} FROM STDIN (FORMAT BINARY)"
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(["uuid", "uuid", "int4", "text", "bytea", "timestamptz"])
        for row in rows:
            copy.write_row(row)


def _looking_up(
    look_up: Callable[[Any, str, int], int], table: str, count: int
) -> Callable[[], float]:
    """Numbers drawn anew each time, so that nothing is at hand for having been asked for."""
    from django.db import connection

    def way() -> float:
        numbers = random.choices(range(count), k=LOOK_UPS)
        with connection.cursor() as cursor:
            begin = time.perf_counter()
            if not all(look_up(cursor, table, number) for number in numbers):
                raise AssertionError(f"{table} does not find what it holds.")
            return LOOK_UPS / (time.perf_counter() - begin)

    return way


def _by_id(cursor: Any, table: str, number: int) -> int:
    query = sql.SQL("SELECT proof FROM {} WHERE id = %s").format(sql.Identifier(table))
    cursor.execute(query, [_id(number)])
    return len(cursor.fetchall())


def _by_positions(cursor: Any, table: str, number: int) -> int:
    """Ten of a batch, as who looks through it."""
    batch, position = divmod(number, BATCH)
    query = sql.SQL("SELECT proof FROM {} WHERE batch = %s AND position BETWEEN %s AND %s")
    values = [_id(-1 - batch), position, position + 9]
    cursor.execute(query.format(sql.Identifier(table)), values)
    return len(cursor.fetchall())


def _bytes(table: str) -> int:
    """What a table takes with its indexes and all its partitions."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM"
            " (SELECT %s AS name UNION SELECT relid::text FROM pg_partition_tree(%s)) AS tables",
            [table, table],
        )
        return int(cursor.fetchone()[0])


def _took(do: Callable[..., object], *given: Any) -> float:
    begin = time.perf_counter()
    do(*given)
    return time.perf_counter() - begin


def _beside(name: str, found: dict[str, float], *, unit: str, runs: int = 1) -> Iterator[Row]:
    """The first beside each of the others."""
    (ours, value), *others = found.items()
    for reference_name, reference_value in others:
        yield Row(
            name=f"{name}, {ours}",
            value=round(value, 1),
            unit=unit,
            reference=reference_name,
            reference_value=round(reference_value, 1),
            runs=runs,
        )
