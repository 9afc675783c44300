"""Everything that a stranger may reach; nothing else is open."""

from django.urls import path, register_converter

from issuer.public import achievements, credentials, did, home, status, verify


class RandomName:
    """A name drawn at random in base64url; whatever else is asked for is not found."""

    regex = "[A-Za-z0-9_-]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(RandomName, "random")

urlpatterns = [
    path("", home.home, name="home"),
    path(".well-known/did.json", did.did_document, name="did-document"),
    path("logo.svg", home.logo, name="logo"),
    path("achievements/<uuid:pk>", achievements.achievement, name="achievement"),
    path("achievements/<uuid:pk>/image.svg", achievements.image, name="achievement-image"),
    path("status/<random:name>", status.status_list, name="status-list"),
    path("credentials/<random:address>", credentials.credential, name="credential"),
    path("credentials/<random:address>/download", credentials.download, name="credential-download"),
    path("verify", verify.verify, name="verify"),
]
