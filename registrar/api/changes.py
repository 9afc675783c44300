"""Change one row: only the version that the client has seen, if it says which one that is."""

import io
import itertools
from typing import Any, Final

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from issuer.errors import WrongState
from issuer.services.clients import Client
from registrar.api import versions
from registrar.api.upserts import JsonRows, NoRows, Sent, UpsertsMixin, known_by, row_serializer
from registrar.errors import SourceNotAllowed
from registrar.readers import rows as readers
from registrar.readers.errors import Unreadable
from registrar.readers.row_members import MEMBERS
from registrar.readers.rows import Given
from registrar.services.college import sources
from registrar.services.feeding import upsert_jobs, upserts

_KEY: Final = "sourced_id"
# What a row is known by stays, and need not be sent: of a result also for which outcome it is.
_FIXED: Final = {
    kind: frozenset({known_by(kind), *(["outcome"] if kind == "results" else [])})
    for kind in MEMBERS
}


class ChangesMixin(UpsertsMixin):
    """A list of which single rows can be changed, too."""

    def get_parsers(self) -> list[BaseParser]:
        """One row is an object, and so in JSON."""
        is_one = self.request is not None and self.request.method == "PATCH"
        return [JsonRows()] if is_one else super().get_parsers()

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change one row as its source would; what is left out stays as it is.

        With `If-Match` only the version with this ETag is changed.
        """
        try:
            return self._changed(request)
        except SourceNotAllowed:
            raise SourceNotAllowed(
                "This came from a system as which this client does not send rows. Leave it to that "
                "system, or have an administrator allow it at the desk."
            ) from None

    def _changed(self, request: Request) -> Response:
        source = self.source_of(self.get_object())
        said = _members(request.data, self.kind)
        with transaction.atomic():
            # Held before it is looked at again, so that nobody changes it in between.
            sources.hold(source)
            held = self.get_object()
            if self.source_of(held) != source:
                raise WrongState("It is another system's by now. Read it again.")
            self.demand_standing(held)
            seen = self.get_serializer(held).data
            given = Given(0, self._members(held, said))
            by = Client.of(request.auth)
            (row,) = upserts.apply(self.kind, [given], source=source, by=by)
            if row.flaws:
                raise ValidationError(
                    {
                        flaw.member: [ErrorDetail(f"{flaw.reason} {flaw.remedy}", code=flaw.code)]
                        for flaw in row.flaws
                    }
                )
            versions.demand_match(request, seen)
            changed = self.get_serializer(self.successor(held)).data
        return Response(changed, headers={versions.ETAG: versions.tag_of(changed)})

    def source_of(self, held: Any) -> str:
        """The system as which the row is changed."""
        return upserts.demand_source(held.source, by=Client.of(self.request.auth))

    def demand_standing(self, held: Any) -> None:
        """Raise WrongState for a row that is over, and cannot be changed."""

    def identity(self, held: Any) -> dict[str, Any]:
        """The members by which the row is known; they stay what they are."""
        return {_KEY: held.sourced_id}

    def is_gone(self, held: Any) -> bool:
        """Whether its source has it no longer."""
        return held.retired_at is not None

    def successor(self, held: Any) -> Any:
        """What stands in the place of the row once it is changed: mostly itself."""
        return self.get_object()

    def _members(self, held: Any, said: dict[str, Any]) -> dict[str, Any]:
        identity = self.identity(held)
        for name, value in identity.items():
            if said.get(name, value) != value:
                raise ValidationError({name: ["It stays what it is."]}, code="fixed")
        gone = {each.name: self.is_gone(held) for each in MEMBERS[self.kind] if each.resets}
        return {**gone, **said, **identity}


def _members(sent: Any, kind: str) -> dict[str, Any]:
    """The members of the one object that a body is."""
    if not isinstance(sent, Sent):
        raise NoRows(Unreadable("body_required", "There is no body.", "Send an object."))
    with sent.stream:
        sent.stream.seek(0)
        body = sent.stream.read()
    try:
        # Read as a list of one, so that all is judged as it is in lists.
        found = upsert_jobs.read(io.BytesIO(b"[" + body + b"]"), readers.JSON, kind)
        given = list(itertools.islice(found, 2))
    except Unreadable as error:
        raise NoRows(error) from error
    if len(given) != 1 or given[0].flaw is not None:
        raise NoRows(Unreadable("no_object", "The body is no object.", "Send one object."))
    return dict(given[0].members)


def changing(kind: str, answer: Any, **more: Any) -> Any:
    """Describe `partial_update` of a list with rows of this kind."""
    return extend_schema(
        request={readers.JSON: row_serializer(kind, but=_FIXED[kind])},
        responses={200: answer},
        filters=False,
        **more,
    )
