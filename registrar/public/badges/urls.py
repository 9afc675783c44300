"""Where the operations of a standard lie."""

from django.urls import URLPattern, path

from registrar.public.badges import views
from registrar.public.badges.standards import Standard


def urls(standard: Standard) -> list[URLPattern]:
    """The addresses below its path."""
    return [
        path("discovery", views.discovery, {"standard": standard}),
        path("credentials", views.credentials_of(standard).as_view()),
        path("profile", views.profile_of(standard).as_view()),
        path("<path:rest>", views.nothing),
    ]
