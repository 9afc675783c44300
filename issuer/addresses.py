"""Where learners find their credentials: nobody can guess it, and whoever knows it may read.

So it is told only to a client to which somebody gave the scope for just this.
"""

from typing import Any, Final

from django.db.models import OuterRef, QuerySet, Subquery
from rest_framework import serializers
from rest_framework.request import Request

from issuer.models import Release

SCOPE: Final = "credentials.addresses"
_UNTOLD: Final = f"Null before it is released, and without the scope `{SCOPE}`"


class _AddressField(serializers.URLField):
    """An address of a released credential; None where none is told."""

    def __init__(self, *, at: str = "", what: str) -> None:
        super().__init__(
            source="address",
            read_only=True,
            allow_null=True,
            default=None,
            help_text=f"{what}. {_UNTOLD}",
        )
        self._at = at

    def to_representation(self, value: str) -> str:
        """The whole address, by the random part of it."""
        return Release.page(value) + self._at


def page() -> serializers.Field:
    """Where a learner looks at a credential and shows it to others."""
    return _AddressField(
        what="Its page, with what a verifier says of it: the link in its learner's mail, who shows "
        "it to whom they like. Whoever has it can read the credential"
    )


def document() -> serializers.Field:
    """Where a learner has the signed document."""
    return _AddressField(at="/download", what="The signed document, as its learner downloads it")


def told(rows: QuerySet[Any], request: Request, *, credential: str) -> QuerySet[Any]:
    """The rows with the `address` of the credential at this path, if the client may know it."""
    token: Any = request.auth
    if token is None or not token.allow_scopes([SCOPE]):
        return rows
    released = Release.objects.filter(credential=OuterRef(credential)).values("address")
    return rows.annotate(address=Subquery(released))
