"""Take a framework out, whoever's it is, in any format that is written here."""

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from skills.models import Framework
from skills.services import exports
from skills.writers.formats import FORMATS

_TYPES = sorted({each.media_type.partition(";")[0] for each in FORMATS.values()})


class WantedFormatSerializer(serializers.Serializer):
    """In which format a framework is wanted."""

    format = serializers.ChoiceField(
        [(each.name, each.title) for each in FORMATS.values()],
        default="case",
        help_text="The four formats in which frameworks are also read",
        error_messages={
            "invalid_choice": f"It is one of: {', '.join(each.name for each in FORMATS.values())}."
        },
    )


class AnyFile(BaseRenderer):
    """Whatever the client accepts: the format that it names decides."""

    media_type = "*/*"
    format = "file"


class FrameworkExportView(GenericAPIView):
    """A framework as a file, in the format that is asked for."""

    scopes = ["skills.read"]
    queryset = Framework.objects.all()
    serializer_class = WantedFormatSerializer
    renderer_classes = [AnyFile]

    @extend_schema(
        operation_id="frameworks_export",
        description="A framework as a whole. What is retired is there where a format can say so.",
        parameters=[WantedFormatSerializer],
        responses={
            (200, media_type): OpenApiResponse(
                {"type": ["object", "array"]} if "json" in media_type else OpenApiTypes.STR,
                "The framework as it is held now, with accepted crosswalks.",
            )
            for media_type in _TYPES
        },
    )
    def get(self, request: Request, pk: int) -> FileResponse:
        """Take the framework out as a whole."""
        asked = WantedFormatSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        wanted = FORMATS[asked.validated_data["format"]]
        framework = get_object_or_404(self.get_queryset(), pk=pk)
        return FileResponse(
            exports.file_of(framework, wanted.write),
            content_type=wanted.media_type,
            as_attachment=True,
            filename=f"framework-{framework.pk}.{wanted.suffix}",
        )
