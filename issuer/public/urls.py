"""Everything that a stranger may reach; nothing else is open."""

from django.urls import path

from issuer.public import achievements, credentials, did, home, status, verify

urlpatterns = [
    path("", home.home, name="home"),
    path(".well-known/did.json", did.did_document, name="did-document"),
    path("achievements/<uuid:pk>", achievements.achievement, name="achievement"),
    path("achievements/<uuid:pk>/image.svg", achievements.image, name="achievement-image"),
    path("status/<str:name>", status.status_list, name="status-list"),
    path("credentials/<str:address>", credentials.credential, name="credential"),
    path("credentials/<str:address>/download", credentials.download, name="credential-download"),
    path("verify", verify.verify, name="verify"),
]
