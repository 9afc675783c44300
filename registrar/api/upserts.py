"""Send rows: each is created, updated or unchanged, or told what is wrong with it."""

import functools
import inspect
import itertools
import tempfile
from collections.abc import Mapping
from typing import Any, BinaryIO, ClassVar, Final, cast
from unicodedata import normalize

from django.conf import settings
from django.core.files import File
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from oauth2_provider.models import AccessToken
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from issuer import bodies
from issuer.services.clients import Client
from registrar import tasks
from registrar.api.examples import ROWS, SOURCE, as_sheet
from registrar.api.jobs import JobSerializer, SentRowSerializer
from registrar.api.references import KnownElsewhere
from registrar.errors import NoSource
from registrar.readers import rows as readers
from registrar.readers.cells import EMAIL
from registrar.readers.errors import Unreadable
from registrar.readers.row_members import ELSEWHERE, MEMBERS, Member
from registrar.services.feeding import upsert_jobs, upsert_rows, upserts
from registrar.services.feeding.upsert_rows import Row

# So many rows are written while the system waits; more become a job.
AT_ONCE: Final = 1_000
_PART: Final = 1 << 16
_REFERENCE: Final = (
    ": its sourcedId in the same source, or `sis:<source>:<sourcedId>` as it is read"
)
# Seven digits before the point.
_LARGEST: Final = 9_999_999


class TooLarge(APIException):
    """More than is read of one request."""

    status_code = 413
    default_code = "too_large"


class TooManyRows(APIException):
    """More rows than one request may hold."""

    status_code = 413
    default_code = "too_many_items"
    default_detail = f"Send at most {readers.MOST_ROWS:,} rows at once."


class NoRows(APIException):
    """The body is no list of rows."""

    status_code = 400

    def __init__(self, error: Unreadable, *, is_sheet: bool = False) -> None:
        super().__init__(f"{error.reason} {error.fix}", error.code)
        if is_sheet:  # any text is one; what is wrong is what it says
            self.status_code = 422


class Sent:
    """A body as it came, kept out of memory."""

    def __init__(self, stream: BinaryIO, media_type: str) -> None:
        self.stream = stream
        self.media_type = media_type


class _RowsParser(BaseParser):
    """Keeps the body as it is; what is wrong with its rows is told row by row."""

    def parse(  # type: ignore[override]
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Sent:
        bodies.demand_utf8(media_type)
        most = (
            settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            if self.media_type == readers.JSON
            else settings.UPLOAD_MAX_BYTES
        )
        kept = cast(BinaryIO, tempfile.TemporaryFile(dir=settings.UPLOAD_DIR))
        while part := stream.read(_PART):
            kept.write(part)
            if kept.tell() > most:
                kept.close()
                raise TooLarge(f"Of {self.media_type} at most {most:,} bytes are read at once.")
        return Sent(kept, self.media_type)


class JsonRows(_RowsParser):
    """A list of objects."""

    media_type = readers.JSON


class JsonLines(_RowsParser):
    """An object a line."""

    media_type = readers.NDJSON


class Sheet(_RowsParser):
    """A header, then a row a line."""

    media_type = readers.CSV


class UpsertedSerializer(serializers.Serializer):
    """What became of rows, in their order. The answer is 200 also where all of them are wrong."""

    dry_run = serializers.BooleanField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    errors = serializers.IntegerField(  # type: ignore[assignment]
        help_text="How many rows are wrong and changed nothing; `rows` says why"
    )
    rows = SentRowSerializer(many=True)


class DoneLater(Response):
    """A job does the work, and knows by itself that it is a dry run."""

    is_kept_when_dry = True


class UpsertsMixin(KnownElsewhere):
    """A list to which systems with the scope to write send rows."""

    kind: ClassVar[str]
    write_scopes: ClassVar[list[str]]
    # Each row is told what became of it, and nothing of what is held.
    write_only = ("POST",)
    write_parameters = ("source",)

    @property
    def ids(self) -> dict[str, Any]:
        """The example is what the row of the examples becomes."""
        known = f"{ELSEWHERE}{SOURCE}:{ROWS[self.kind][known_by(self.kind)]}"
        return {**super().ids, "example": known}

    def get_parsers(self) -> list[BaseParser]:
        """What rows are read from."""
        return [JsonRows(), JsonLines(), Sheet()]

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add and change rows, each known by `source` and its key.

        Rows that are right are written, also where others are wrong. So look at each row's
        `status` and `errors`, not at the status of the answer: 200 also comes where every row is
        wrong, and `errors` beside `rows` counts them.

        A member that is left out stays as it is. Null empties it, as does an empty text, and in a
        sheet an empty cell; `notes` of the row name each that held something (`emptied`), also in
        a dry run. What is required is an error then. To leave something alone in a sheet
        leave out its column, or send those rows as NDJSON. `retired` and `withdrawn` are false
        where they are left out or empty: what was retired stands again then, and where the
        member is left out a note says so (`brought_back`).

        The same rows again change nothing. Of rows with one key that say the same, one counts, and
        the others are `unchanged` with a note; of those that differ all are refused (`duplicate`).
        Results of a whole and of one outcome may share a key. Up to 1,000 rows are answered one by
        one; more, up to 100,000, become a job.
        """
        source = _source(request)
        sent = request.data
        if not isinstance(sent, Sent):
            raise NoRows(Unreadable("body_required", "There is no body.", "Send a list of rows."))
        with sent.stream:
            try:
                return self._take(request, sent, source)
            except Unreadable as error:
                raise NoRows(error, is_sheet=sent.media_type == readers.CSV) from error

    def _take(self, request: Request, sent: Sent, source: str) -> Response:
        dry_run = request.query_params.get("dry_run") == "true"
        sent.stream.seek(0)
        given = upsert_jobs.read(sent.stream, sent.media_type, self.kind)
        first = list(itertools.islice(given, AT_ONCE + 1))
        if len(first) <= AT_ONCE:
            rows = upserts.apply(
                self.kind,
                first,
                source=source,
                by=Client.of(request.auth),
                is_text=sent.media_type == readers.CSV,
            )
            return Response(_told(rows, dry_run=dry_run))
        total = len(first) + sum(1 for _ in itertools.islice(given, readers.MOST_ROWS))
        if total > readers.MOST_ROWS:
            raise TooManyRows
        sent.stream.seek(0)
        job = upsert_jobs.take(
            File(sent.stream),
            application=cast(AccessToken, request.auth).application_id,
            kind=self.kind,
            source=source,
            media_type=sent.media_type,
            total=total,
            dry_run=dry_run,
        )
        tasks.write_rows_soon(job)
        return DoneLater(
            JobSerializer(job).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/api/v1/jobs/{job.pk}"},
        )


def _source(request: Request) -> str:
    if (said := request.query_params.get("source")) is None:
        missing = (
            "The parameter is missing. It names the system that knows the rows by their keys, "
            "such as `?source=banner`."
        )
        raise ValidationError({"source": [missing]}, code="required")
    try:
        return upserts.demand_source(normalize("NFC", said), by=Client.of(request.auth))
    except NoSource as error:
        raise ValidationError({"source": [str(error)]}, code=error.code) from error


def _told(rows: list[Row], *, dry_run: bool) -> dict[str, Any]:
    statuses = [row.status for row in rows]
    return {
        "dry_run": dry_run,
        "created": statuses.count(upsert_rows.CREATED),
        "updated": statuses.count(upsert_rows.UPDATED),
        "unchanged": statuses.count(upsert_rows.UNCHANGED),
        "errors": statuses.count(upsert_rows.ERROR),
        "rows": [
            {
                "row": row.index,
                "key": row.key,
                "status": row.status,
                "errors": upsert_jobs.told(row.index, row.flaws),
                "notes": upsert_jobs.told(row.index, row.notes),
            }
            for row in rows
        ],
    }


def _field(member: Member) -> serializers.Field:
    options: dict[str, Any] = {
        "required": member.needed and member.name in ("sourced_id", "code"),
        "allow_null": not member.needed,
        "help_text": member.what + (_REFERENCE if member.leads_to else ""),
    }
    if member.words:
        return serializers.ChoiceField([word for word in member.words if word], **options)
    if member.json == "boolean":
        return serializers.BooleanField(**options)
    if member.json == "number":
        return serializers.FloatField(min_value=-_LARGEST, max_value=_LARGEST, **options)
    if member.name.endswith("_on") or member.name == "dated":
        return serializers.DateField(**options)
    options["allow_blank"] = not member.needed
    if member.kind is EMAIL:
        return serializers.EmailField(max_length=member.kind.longest, **options)
    return serializers.CharField(max_length=member.kind.longest, **options)


def known_by(kind: str) -> str:
    """The member by which a row is known."""
    return MEMBERS[kind][0].name


@functools.cache
def row_serializer(kind: str, *, but: frozenset[str] = frozenset()) -> type[serializers.Serializer]:
    one = kind.removesuffix("s")
    one = f"{one[:-2]}y" if one.endswith("ie") else one
    name = "".join(part.title() for part in one.split("-"))
    members = {each.name: _field(each) for each in MEMBERS[kind] if each.name not in but}
    for other, each in members.items():
        each.required = other == known_by(kind)
    what = f"A row of {kind}; what it leaves out stays as it is, what is null is emptied."
    return type(f"{name}RowSerializer", (serializers.Serializer,), {"__doc__": what, **members})


def upserting(kind: str) -> Any:
    """Describe `create` of a list to which rows of this kind are sent."""
    media_types: Final = (readers.NDJSON, readers.CSV)
    return extend_schema(
        description=inspect.getdoc(UpsertsMixin.create),
        request={
            readers.JSON: row_serializer(kind)(many=True),
            **{media_type: {"type": "string", "minLength": 1} for media_type in media_types},
        },
        parameters=[
            OpenApiParameter(
                "source",
                {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": upserts.LONGEST_SOURCE,
                    "not": {"enum": sorted(upserts.OURS)},
                },
                required=True,
                examples=[OpenApiExample("A system", value=SOURCE)],
                description="Name of the system that knows the rows by their sourcedIds. A client "
                "may be limited to some: `sources` of `/api/v1/client` says to which",
            )
        ],
        examples=[
            OpenApiExample(
                "A row", value=dict(ROWS[kind]), request_only=True, media_type=readers.JSON
            ),
            OpenApiExample(
                "A sheet", value=as_sheet(kind), request_only=True, media_type=readers.CSV
            ),
        ],
        responses={
            200: OpenApiResponse(
                UpsertedSerializer, "What became of each row, also if all are bad"
            ),
            202: OpenApiResponse(JobSerializer, "More than 1,000 rows: a job writes them"),
        },
    )
