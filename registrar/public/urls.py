"""Pages for people who were sent a link; each ends in the seal that makes it theirs."""

from django.urls import path

from registrar.public import confirmations, digests, progress

urlpatterns = [
    path("confirm/<uuid:pk>/<slug:seal>", confirmations.confirm, name="confirm"),
    path("progress/<int:pk>/<int:access>/<slug:seal>", progress.progress, name="progress"),
    path("mail/stop/<int:pk>/<slug:seal>", digests.stop, name="stop-mail"),
]
