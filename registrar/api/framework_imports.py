"""Import a framework of skills: see what would change, or change it."""

from typing import Any

from django.conf import settings
from django.http import QueryDict
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from issuer.bodies import Strict
from issuer.services.clients import Client
from registrar import tasks
from registrar.api import file_problems, tries
from registrar.api.file_problems import FileProblemSerializer
from registrar.services.vocabularies import vocabulary
from skills.models import Skill
from skills.readers import texts
from skills.readers.mapping import FIELDS


@extend_schema_field(
    {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in FIELDS},
            "additionalProperties": False,
        },
    }
)
class ColumnsField(serializers.JSONField):
    """A JSON object, as a form's field holds it."""

    def to_internal_value(self, data: Any) -> Any:
        """What is nested too deeply to be read is no such object; a field left blank names none."""
        if data == "":
            return {}
        try:
            return super().to_internal_value(data)
        except RecursionError:
            self.fail("invalid")


@extend_schema_field({"type": "string", "format": "binary"})
class UploadedFileField(serializers.FileField):
    """A file in a form."""


def with_query(request: Request) -> QueryDict:
    """What a form and the address say; where both say the same, it is said once."""
    said = QueryDict(mutable=True)
    said.update(request.data)
    for name, given in request.query_params.lists():
        if said.getlist(name) != given:
            said.setlist(name, [*said.getlist(name), *given])
    return said


class ImportRequestSerializer(Strict):
    """A framework's file, and what is to be said of it that it does not say itself."""

    file = UploadedFileField()
    dry_run = serializers.BooleanField(default=False, help_text="Only tell what would change")
    format = serializers.ChoiceField(
        choices=sorted(vocabulary.FORMATS), required=False, help_text="Recognised where not given"
    )
    framework_id = serializers.CharField(
        max_length=200, required=False, help_text="For a file that does not say which one it is"
    )
    title = serializers.CharField(max_length=500, required=False)
    creator = serializers.CharField(max_length=500, required=False)
    kind = serializers.ChoiceField(
        choices=Skill.Kind.choices, required=False, help_text="Of a sheet's rows that say none"
    )
    columns = ColumnsField(
        required=False, help_text="JSON; of a sheet: for each field the name of its column"
    )
    is_own = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Our own, or not; null: as it is"
    )
    accept_retirements = serializers.BooleanField(
        default=False,
        help_text=(
            "Import it also where it retires more than 20 skills and more than a fifth of the "
            "framework; else that is refused with the code `many_retired`"
        ),
    )

    def validate_file(self, file: Any) -> Any:
        """At most as large as an upload at the desk."""
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise serializers.ValidationError(
                f"The file has more than {settings.UPLOAD_MAX_BYTES:,} bytes.", code="too_large"
            )
        return file

    def validate_columns(self, columns: Any) -> dict[str, str]:
        """Names of columns by our fields."""
        if not isinstance(columns, dict) or not all(
            name in FIELDS and isinstance(column, str) and texts.refused(column) is None
            for name, column in columns.items()
        ):
            raise serializers.ValidationError(
                f"Give an object whose members are among {', '.join(FIELDS)}, each the name of a "
                "column.",
                code="unknown_field",
            )
        return columns


@extend_schema_field({"type": ["string", "number", "boolean", "array", "object", "null"]})
class AnyField(serializers.JSONField):
    """Whatever value a field of a skill can have."""


class DifferingValueSerializer(serializers.Serializer):
    """A field, and its value before and after."""

    name = serializers.CharField()
    before = AnyField()
    after = AnyField()


class DifferenceSerializer(serializers.Serializer):
    """What a newer edition does to one item that is held."""

    identifier = serializers.CharField()
    name = serializers.CharField()
    change = serializers.ChoiceField(choices=["changed", "retired", "returned"])
    values = DifferingValueSerializer(many=True)


class CountsSerializer(serializers.Serializer):
    """How many of them are new, changed, retired and as before."""

    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    retired = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class ImportOutcomeSerializer(CountsSerializer):
    """What changed, or would change, in the framework's skills."""

    framework = serializers.CharField(help_text="Its identifier")
    title = serializers.CharField()
    format = serializers.CharField()
    dry_run = serializers.BooleanField()
    associations = CountsSerializer(help_text="The same of its links")
    differences = DifferenceSerializer(many=True)
    warnings = FileProblemSerializer(many=True)


class RefusedFileSerializer(serializers.Serializer):
    """A problem (RFC 9457) with all that is wrong with the file, where it is about the file."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = FileProblemSerializer(many=True, required=False)  # type: ignore[assignment]
    warnings = FileProblemSerializer(many=True, required=False)


class UnsupportedBodySerializer(serializers.Serializer):
    """A problem (RFC 9457): the body is not sent as it has to be."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


_PROBLEM = "application/problem+json"


class FrameworkImportView(GenericAPIView):
    """Import a framework from a file, all of it or nothing."""

    scopes = ["skills.read"]
    write_scopes = ["skills.import"]
    parser_classes = [MultiPartParser]
    serializer_class = ImportRequestSerializer
    pagination_class = None

    @extend_schema(
        operation_id="frameworks_import",
        request={"multipart/form-data": ImportRequestSerializer},
        responses={
            200: ImportOutcomeSerializer,
            201: ImportOutcomeSerializer,
            (415, _PROBLEM): UnsupportedBodySerializer,
            (422, _PROBLEM): RefusedFileSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Compare a framework's file with what is held, and apply it unless it is a dry run.

        The same file again changes nothing. A file with errors is refused whole, with all of
        them, and so is one that retires much of the framework unless `accept_retirements` says
        that it is meant.
        """
        asked = self.get_serializer(data=with_query(request))
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        names = ("format", "framework_id", "title", "creator", "kind", "columns")
        choices = vocabulary.Choices(**{name: said[name] for name in names if name in said})
        file = said["file"]
        if said["dry_run"]:
            tries.mark(request._request)
        reading = vocabulary.plan(file.read(), file_name=file.name, choices=choices)
        told = _outcome(reading, is_dry_run=said["dry_run"])
        if said["dry_run"]:
            return Response(told)
        imported = vocabulary.apply(
            reading,
            by=Client.of(request.auth),
            source=file.name,
            is_own=said["is_own"],
            accept_retirements=said["accept_retirements"],
        )
        tasks.learn_soon()
        where = {"Location": f"/api/v1/frameworks/{imported.framework_id}"}
        return Response(told, status=status.HTTP_201_CREATED, headers=where)


def _outcome(reading: vocabulary.Reading, *, is_dry_run: bool) -> dict[str, Any]:
    plan = reading.plan
    return {
        "framework": plan.record.identifier,
        "title": plan.title,
        "format": plan.format,
        "dry_run": is_dry_run,
        **plan.skills.counts,
        "associations": plan.associations.counts,
        "differences": [
            {
                "identifier": each.identifier,
                "name": each.name,
                "change": each.change,
                "values": [
                    {"name": name, "before": before, "after": after}
                    for name, (before, after) in each.fields.items()
                ],
            }
            for each in plan.differences
        ],
        "warnings": [file_problems.told(problem) for problem in plan.warnings],
    }
