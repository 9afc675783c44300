"""Award from a file: what is wrong with it, and the batch that a person then approves."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any, Final

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import QueryDict
from django.utils import dateformat, timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from drf_spectacular.utils import extend_schema_field as described_as
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from issuer import bodies
from issuer.bodies import Strict
from issuer.services import clock
from issuer.services.clients import Client
from registrar.api import file_problems, tries
from registrar.api.examples import AWARDS, AWARDS_AS_CSV, TEMPLATE_OF_THE_DEMO
from registrar.api.file_problems import AnyProblem, FileProblemSerializer
from registrar.api.framework_imports import (
    RefusedFileSerializer,
    UnsupportedBodySerializer,
    UploadedFileField,
    with_query,
)
from registrar.api.upserts import NoRows, TooLarge
from registrar.models import AwardFile, AwardFileRow, CredentialTemplate
from registrar.readers import rows
from registrar.readers.errors import Unreadable
from registrar.services.awarding import (
    award_file_awards,
    award_file_plan,
    award_file_reading,
    award_files,
)
from registrar.services.learners import same_people
from skills.errors import ImportRefused
from skills.readers.records import Problem

# It is read while the system waits; what is larger is uploaded at the desk.
MAX_BYTES: Final = 8 << 20
_PROBLEM: Final = "application/problem+json"
_FORM: Final = "multipart/form-data"
_COUNTS: Final = (
    "ok",
    "warned",
    "new",
    "replace",
    "again",
    "already",
    "waiting",
    "wrong",
    "people",
)
_REFUSED: Final = "The file cannot be read as it is, and nobody is awarded."
_READS: Final = "learners.read"
# What is said of learners whom the row does not name itself, to who may not read learners.
_UNTOLD: Final = {
    award_file_plan.MISTYPED: {
        "reason": "Nobody has this number, and somebody of exactly this name has one much like it.",
        "remedy": "Check the number. Nothing, if they are two people: a new one is added.",
    },
    same_people.SHARED_NUMBER: {
        "reason": "Several learners have this number; it is the one of this name.",
    },
}


class _RowsParser(BaseParser):
    """The body is the file; what else is to be said stands in the query."""

    name = "rows"
    most = MAX_BYTES

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> QueryDict:
        bodies.demand_utf8(media_type)
        content = stream.read(self.most + 1)
        if len(content) > self.most:
            raise TooLarge(f"Of {self.media_type} at most {self.most:,} bytes are read at once.")
        said: Any = QueryDict(mutable=True)
        said["file"] = SimpleUploadedFile(self.name, self.lines(content))
        return said

    def lines(self, content: bytes) -> bytes:
        """The file that is read."""
        return content


class SheetParser(_RowsParser):
    """A row with the names of the columns, then a row for each person."""

    media_type = rows.CSV
    name = "rows.csv"


class LinesParser(_RowsParser):
    """A row a line, each a JSON object."""

    media_type = rows.NDJSON
    name = "rows.ndjson"


class ListParser(_RowsParser):
    """A JSON list, of which each item becomes a line."""

    media_type = rows.JSON
    name = "rows.json"

    @property
    def most(self) -> int:  # type: ignore[override]
        """JSON is read as a whole."""
        return min(MAX_BYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    def lines(self, content: bytes) -> bytes:
        """The file that is read. Raises NoRows for what is no list."""
        try:
            items = rows.listed(content)
        except Unreadable as error:
            raise NoRows(error) from error
        # A number with a point was read digit by digit, and is written as it was sent.
        return "\n".join(json.dumps(item, default=str) for item in items).encode()


@described_as({"type": ["string", "integer"], "minLength": 1})
class _NumberField(serializers.CharField):
    """A text, or a whole number."""


@described_as({"type": ["string", "number", "null"]})
class _ResultField(serializers.CharField):
    """A text, or a number."""


_MAY_BE_BLANK: Final[Mapping[str, Any]] = {
    "required": False,
    "allow_null": True,
    "allow_blank": True,
}


class AwardRowSerializer(serializers.Serializer):
    """Whom to award, and what the credential says of them. Other members are told of, not read."""

    number = _NumberField(
        help_text="Learner number; or the key of another system, `sis:<source>:<sourcedId>`"
    )
    given_name = serializers.CharField(
        help_text="Needed of people who are not on record; `-` for who has one name only",
        **_MAY_BE_BLANK,
    )
    family_name = serializers.CharField(
        help_text="Needed of people who are not on record; `-` for who has one name only",
        **_MAY_BE_BLANK,
    )
    email = serializers.CharField(
        help_text="Needed of people who are not on record", **_MAY_BE_BLANK
    )
    awarded_on = serializers.CharField(
        help_text="Day of the award, such as 2026-06-30 (ISO 8601); today, if left out",
        **_MAY_BE_BLANK,
    )
    valid_until = serializers.CharField(
        help_text="Last day, such as 2029-06-30; as the template says, if left out",
        **_MAY_BE_BLANK,
    )
    result = _ResultField(
        required=False,
        help_text="What was reached, where the credential says one result; of several each is "
        "called as its template calls it",
    )
    occasion = serializers.CharField(
        help_text="For what, where somebody is awarded by one template several times",
        **_MAY_BE_BLANK,
    )
    evidence_link = serializers.CharField(
        help_text="Address of the work that shows it", **_MAY_BE_BLANK
    )
    evidence_text = serializers.CharField(help_text="What shows it, in words", **_MAY_BE_BLANK)


class AwardFileRequestSerializer(Strict):
    """A file of people, and what is awarded to them."""

    file = UploadedFileField(allow_empty_file=True)
    template = serializers.CharField(max_length=100, help_text="Short name of the template")
    dry_run = serializers.BooleanField(default=False, help_text="Only tell what would come of it")
    duplicates = serializers.ChoiceField(
        choices=AwardFile.Duplicates.choices,
        default=AwardFile.Duplicates.SKIP,
        help_text="Who has the credential already",
    )
    name = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=award_file_awards.LONGEST_NAME,
        help_text="What the batch is called; by the template and the file, if left out",
    )
    sends_mail = serializers.BooleanField(
        default=None,
        allow_null=True,
        help_text="Send each learner a mail with the link; as the template says, if left out",
    )

    def validate_template(self, slug: str) -> CredentialTemplate:
        """The template that is meant."""
        found = CredentialTemplate.objects.select_related("unit").filter(slug=slug).first()
        if found is None:
            raise serializers.ValidationError(
                f"There is no template with the short name {slug}. /api/v1/templates lists them, "
                "each with its `slug`.",
                code="unknown_reference",
            )
        return found

    def validate_file(self, file: Any) -> Any:
        """At most as large as is read while somebody waits."""
        if file.size > MAX_BYTES:
            raise TooLarge(f"The file has more than {MAX_BYTES:,} bytes. Give it in parts.")
        return file


class AwardFileOutcomeSerializer(serializers.Serializer):
    """What came of a file, its rows counted as where rows are sent."""

    dry_run = serializers.BooleanField()
    batch = serializers.UUIDField(
        allow_null=True,
        help_text="What a person now approves; null where nobody is awarded, and in a dry run",
    )
    name = serializers.CharField(
        allow_null=True, help_text="Of that batch; null where nobody is awarded"
    )
    ok = serializers.IntegerField(help_text="Rows without an error")
    warned = serializers.IntegerField(help_text="Of these, rows of which something is worth a look")
    new = serializers.IntegerField(help_text="Awarded")
    replace = serializers.IntegerField(help_text="Awarded in the place of a credential they have")
    again = serializers.IntegerField(help_text="Awarded one more")
    already = serializers.IntegerField(help_text="Left out: awarded before, and that was approved")
    waiting = serializers.IntegerField(
        help_text="Left out: awarded by a batch that waits for somebody to approve or decline it"
    )
    wrong = serializers.IntegerField(help_text="Left out: with errors")
    people = serializers.IntegerField(help_text="Awarded, and not on record before")
    problems = FileProblemSerializer(many=True)


def columns_table() -> str:
    """What a file may hold, as a table: the members of JSON, which are columns of a sheet as well.

    A sheet's columns may be called otherwise, in many languages.
    """
    fields = AwardRowSerializer().fields.items()
    lines = [
        f"| `{name}` | {'yes' if field.required else 'no'} | {field.help_text} |"
        for name, field in fields
    ]
    return "\n".join(["| column | needed | what it holds |", "|---|---|---|", *lines])


_WORDS: Final = """\
Read a file, tell all that is wrong with it, and prepare a batch of the right rows. Nothing is
issued before a person has approved the batch. Whoever the file awards already has is left out, so
that the same file may be sent again.

Send a form with the file (CSV or Excel), or the rows themselves as a JSON list, as lines of JSON
or as CSV; the rest then stands in the query. Of whom is on record the number is enough: what a row
says otherwise of them is noted in `problems`, and changes no record; with another name
altogether the row is an error. A row with an error is left
out and told. A file of which nothing can be read, such as one without a column of numbers, is
refused (422) with all that is wrong in `errors`. A number on record that is much like the one that
is sent, and which of several learners with that number is meant, is named to a client with
`learners.read` only.
"""


class AwardFilesView(GenericAPIView):
    """Prepare awards from a file."""

    scopes = ["awards.prepare"]
    parser_classes = [MultiPartParser, ListParser, LinesParser, SheetParser]
    write_parameters = ("template", "name", "duplicates", "sends_mail")
    serializer_class = AwardFileRequestSerializer
    pagination_class = None

    @extend_schema(
        operation_id="award_files_take",
        description=f"{_WORDS}\n{columns_table()}",
        parameters=[
            OpenApiParameter(
                "template",
                {"type": "string", "maxLength": 100, "pattern": "^[-a-zA-Z0-9_]+$"},
                description="Short name of the template, if no form says it",
                examples=[OpenApiExample("A template", value=TEMPLATE_OF_THE_DEMO)],
            ),
            OpenApiParameter(
                "name",
                {"type": "string", "maxLength": award_file_awards.LONGEST_NAME},
                description="What the batch is called, if no form says it; by the template, the "
                "client and the day, if left out",
                examples=[OpenApiExample("A name", value="Graduates of June 2026")],
            ),
            OpenApiParameter(
                "duplicates",
                str,
                enum=AwardFile.Duplicates.values,
                description="Who has the credential already, if no form says it: `skip` them, "
                "`replace` their credential, `allow` one more",
            ),
            OpenApiParameter(
                "sends_mail",
                bool,
                description="Send each learner a mail with the link, if no form says it; as "
                "the template says, if left out",
            ),
        ],
        request={
            _FORM: AwardFileRequestSerializer,
            rows.JSON: AwardRowSerializer(many=True),
            rows.NDJSON: {"type": "string", "minLength": 1, "description": "Such a row a line"},
            rows.CSV: {"type": "string", "minLength": 1},
        },
        examples=[
            OpenApiExample("A row", value=dict(AWARDS[0]), request_only=True, media_type=rows.JSON),
            OpenApiExample("A sheet", value=AWARDS_AS_CSV, request_only=True, media_type=rows.CSV),
            OpenApiExample(
                "A form",
                value={"template": TEMPLATE_OF_THE_DEMO, "file": AWARDS_AS_CSV},
                request_only=True,
                media_type=_FORM,
            ),
        ],
        responses={
            200: AwardFileOutcomeSerializer,
            201: AwardFileOutcomeSerializer,
            (415, _PROBLEM): UnsupportedBodySerializer,
            (422, _PROBLEM): RefusedFileSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Read a file, and prepare a batch of the right rows."""
        asked = self.get_serializer(data=with_query(request))
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        by = Client.of(request.auth)
        data, file = said["file"].read(), said["file"].name or "rows"
        if not (request.content_type or "").startswith(_FORM):
            file = said["name"] or _whence(by)
        common = {"template": said["template"], "duplicates": said["duplicates"]}
        if said["dry_run"]:
            tries.mark(request._request)
            planned = award_file_reading.plan(data, file=file, **common)
            if planned.is_fatal:
                raise ImportRefused(_REFUSED, problems=planned.problems)
            problems = _problems(planned.problems, [row.problems for row in planned.rows])
            told = _told(problems, request)
            name = said["name"] or _title(said["template"], file)
            return Response(_outcome(planned.counts, told, None, name, is_dry_run=True))
        with transaction.atomic():
            kept = award_files.look(
                award_files.take(
                    data, by=by, file_name=file, sends_mail=said["sends_mail"], **common
                )
            )
            if kept.is_fatal:
                raise ImportRefused(_REFUSED, problems=[Problem(**each) for each in kept.problems])
            return _prepared(kept, request, said["name"])


def _whence(by: Client) -> str:
    """How rows without a file are called: by who sends them, and the day."""
    day = timezone.localdate(clock.now())
    return f"rows of {by}, {dateformat.format(day, settings.DATE_FORMAT)}"


def _title(template: CredentialTemplate, whence: str) -> str:
    return award_file_awards.title_of(award_file_reading.revision_of(template), whence)


def _prepared(kept: AwardFile, request: Request, name: str) -> Response:
    by = Client.of(request.auth)
    of_rows = kept.rows.order_by("number").values_list("problems", flat=True)
    problems = _told(_problems(kept.problems, of_rows), request)
    counts, batch = dict(kept.counts), None
    if any(counts.get(each) for each in AwardFileRow.AWARDING):
        batch = award_files.prepare(kept, by=by, name=name)
    else:
        award_files.discard(kept, by=by)
    told = _outcome(counts, problems, batch and batch.pk, batch.name if batch else "")
    if batch is None:
        return Response(told)
    where = {"Location": f"/api/v1/batches/{batch.pk}"}
    return Response(told, status=status.HTTP_201_CREATED, headers=where)


def _told(problems: list[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
    """The problems, without what of a learner only those are told who may read learners."""
    token: Any = request.auth
    if token.allow_scopes([_READS]):
        return problems
    return [each | _UNTOLD.get(each["code"], {}) for each in problems]


def _problems(
    of_the_file: Iterable[AnyProblem], of_rows: Iterable[Sequence[AnyProblem]]
) -> list[dict[str, Any]]:
    """What concerns the whole file, then what concerns each of all rows."""
    return [
        *map(file_problems.told, of_the_file),
        *(
            file_problems.told(problem, row=row)
            for row, problems in enumerate(of_rows)
            for problem in problems
        ),
    ]


def _outcome(
    counts: Mapping[str, int],
    problems: list[dict[str, Any]],
    batch: Any,
    name: str,
    *,
    is_dry_run: bool = False,
) -> dict[str, Any]:
    numbers = {name: counts.get(name, 0) for name in _COUNTS}
    numbers["already"] -= numbers["waiting"]
    numbers["ok"] += numbers["warned"]
    awards = any(counts.get(each) for each in AwardFileRow.AWARDING)
    told = {"dry_run": is_dry_run, "batch": batch, "name": name if awards else None}
    return {**told, **numbers, "problems": problems}
