"""An address whose view breaks."""

from typing import NoReturn

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.urls import path

from config.urls import handler500

__all__ = ["handler500", "urlpatterns"]


@login_not_required
def broken(request: HttpRequest) -> NoReturn:
    raise RuntimeError("a secret of the house")


urlpatterns = [path("api/v1/broken", broken)]
