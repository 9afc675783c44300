"""The web server as it is, and beside its views one behind the same token that does nothing."""

import os

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
settings.ROOT_URLCONF = "tests.bench.bare_view"

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from config import urls  # noqa: E402


class BareView(APIView):
    scopes = ("learners.read",)

    def get(self, request: Request) -> Response:
        return Response({"status": "ok"})


urlpatterns = [path("api/v1/bare", BareView.as_view()), *urls.urlpatterns]
application = get_wsgi_application()
