"""Pages for people who were sent a link; each ends in the seal that makes it theirs."""

from django.urls import path

from registrar.public import confirmations, digests

urlpatterns = [
    path("confirm/<uuid:pk>/<slug:seal>", confirmations.confirm, name="confirm"),
    path("mail/stop/<int:pk>/<slug:seal>", digests.stop, name="stop-mail"),
]
