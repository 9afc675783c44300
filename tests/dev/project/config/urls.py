"""Its only page."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("livez", livez)]
