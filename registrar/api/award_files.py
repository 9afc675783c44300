"""Award from a file: what is wrong with it, and the batch that a person then approves."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from issuer.bodies import Strict
from issuer.services.clients import Client
from registrar.api.framework_imports import (
    FileProblemSerializer,
    UnsupportedBodySerializer,
    UploadedFileField,
)
from registrar.models import AwardFile, CredentialTemplate
from registrar.services.awarding import award_file_reading, award_files

# It is read while the system waits; what is larger is uploaded at the desk.
MAX_BYTES: Final = 8 << 20
_PROBLEM: Final = "application/problem+json"
_COUNTS: Final = ("ok", "new", "replace", "again", "already", "wrong", "people")


class LinesParser(BaseParser):
    """A row a line, each a JSON object; what else is to be said stands in the query."""

    media_type = "application/x-ndjson"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> QueryDict:
        said = (parser_context or {})["request"].query_params.copy()
        said["file"] = SimpleUploadedFile("rows.ndjson", stream.read(MAX_BYTES + 1))
        return said


class AwardFileRequestSerializer(Strict):
    """A file of people, and what is awarded to them."""

    file = UploadedFileField()
    template = serializers.SlugRelatedField(
        slug_field="slug",
        queryset=CredentialTemplate.objects.select_related("unit"),
        help_text="Short name of the template",
    )
    dry_run = serializers.BooleanField(default=False, help_text="Only tell what would come of it")
    duplicates = serializers.ChoiceField(
        choices=AwardFile.Duplicates.choices,
        default=AwardFile.Duplicates.SKIP,
        help_text="Who has the credential already",
    )
    sends_mail = serializers.BooleanField(
        default=None,
        allow_null=True,
        help_text="Send each learner a mail with the link; as the template says, if left out",
    )

    def validate_file(self, file: Any) -> Any:
        """At most as large as is read while somebody waits."""
        if file.size > MAX_BYTES:
            raise serializers.ValidationError(
                f"The file has more than {MAX_BYTES:,} bytes. Give it in parts.", code="too_large"
            )
        return file


class AwardFileOutcomeSerializer(serializers.Serializer):
    """What came of a file. Rows count as a spreadsheet does, in JSON lines as lines do."""

    dry_run = serializers.BooleanField()
    batch = serializers.UUIDField(
        allow_null=True, help_text="What a person now approves; null where nobody is awarded"
    )
    ok = serializers.IntegerField(help_text="Rows with nothing wrong and nothing worth a look")
    new = serializers.IntegerField()
    replace = serializers.IntegerField()
    again = serializers.IntegerField()
    already = serializers.IntegerField(help_text="Left out: issued already")
    wrong = serializers.IntegerField(help_text="Left out: with errors")
    people = serializers.IntegerField(help_text="Awarded, and not on record before")
    problems = FileProblemSerializer(many=True)


class AwardFilesView(GenericAPIView):
    """Prepare awards from a file."""

    scopes = ["awards.prepare"]
    parser_classes = [MultiPartParser, LinesParser]
    write_parameters = ("template", "duplicates", "sends_mail")
    serializer_class = AwardFileRequestSerializer
    pagination_class = None

    @extend_schema(
        operation_id="award_files_take",
        parameters=[
            OpenApiParameter(name, str, description="With JSON lines: as in the form")
            for name in ("template", "dry_run", "duplicates", "sends_mail")
        ],
        request={"multipart/form-data": AwardFileRequestSerializer},
        responses={
            200: AwardFileOutcomeSerializer,
            201: AwardFileOutcomeSerializer,
            (415, _PROBLEM): UnsupportedBodySerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Read a file, tell all that is wrong with it, and prepare a batch of the right rows.

        Nothing is issued before a person has approved the batch. Whoever the file awards already
        has is left out, so that the same file may be sent again. Rows are taken as lines of JSON
        (`application/x-ndjson`) too; the rest then stands in the query.
        """
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        data, name = said["file"].read(), said["file"].name or "rows"
        common = {"template": said["template"], "duplicates": said["duplicates"]}
        if said["dry_run"]:
            planned = award_file_reading.plan(data, file=name, **common)
            rows = [each for row in planned.rows for each in row.problems]
            problems = [asdict(each) for each in (*planned.problems, *rows)]
            return Response(_outcome(planned.counts, problems, None, is_dry_run=True))
        by = Client.of(request.auth)
        kept = award_files.look(
            award_files.take(data, by=by, file_name=name, sends_mail=said["sends_mail"], **common)
        )
        listed = kept.rows.exclude(problems=[]).values_list("problems", flat=True)
        problems = [*kept.problems, *(each for row in listed for each in row)]
        counts, batch = dict(kept.counts), None
        if any(counts.get(each) for each in ("new", "replace", "again")):
            batch = award_files.prepare(kept, by=by)
        else:
            award_files.discard(kept, by=by)
        done = status.HTTP_201_CREATED if batch else status.HTTP_200_OK
        return Response(_outcome(counts, problems, batch and batch.pk), status=done)


def _outcome(
    counts: Mapping[str, int],
    problems: list[dict[str, Any]],
    batch: Any,
    *,
    is_dry_run: bool = False,
) -> dict[str, Any]:
    numbers = {name: counts.get(name, 0) for name in _COUNTS}
    return {"dry_run": is_dry_run, "batch": batch, **numbers, "problems": problems}
