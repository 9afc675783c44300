"""How lists are asked for: filters, what changed since, and pages on which nothing is missed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from unicodedata import normalize

from django.core.exceptions import ValidationError as Unfit
from django.db.models import F, Q, QuerySet, UUIDField
from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail
from rest_framework.filters import BaseFilterBackend
from rest_framework.pagination import BasePagination
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from issuer import bodies
from issuer.services import clock
from skills.readers import texts

CURSOR: Final = "cursor"
LIMIT: Final = "limit"
FIELDS: Final = "fields"
SINCE: Final = "updated_since"
UNTIL: Final = "updated_until"
PAGE: Final = 100
LARGEST_PAGE: Final = 1_000
# Stands in every row, whatever is asked for.
ID: Final = "id"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT: Final = "[0-9]{0,16}"
_NUMBER: Final = "[0-9]{1,18}"
_UUID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CURSOR: Final = re.compile(rf"([bf])\.({_MOMENT})\.({_MOMENT})\.({_NUMBER}|{_UUID})")


class BadCursor(APIException):
    """The cursor was not made by this list."""

    status_code = 400
    default_code = "bad_cursor"
    default_detail = (
        "This cursor does not belong to this list. Follow `next` and `previous` as they are "
        "given, or begin again without a cursor."
    )


class BadLimit(APIException):
    """The limit is no number of rows that a page can have."""

    status_code = 400
    default_code = "bad_limit"
    default_detail = f"`{LIMIT}` must be a number from 1 to {LARGEST_PAGE}."


class UnknownParameter(APIException):
    """It is asked for in a way that it does not know."""

    status_code = 400
    default_code = "unknown_parameter"


class UnknownField(APIException):
    """A member is asked for that there is not."""

    status_code = 400
    default_code = "unknown_field"


class BadTime(APIException):
    """A time is not one, or says of no zone that it is there."""

    status_code = 400
    default_code = "bad_time"
    default_detail = (
        f"`{SINCE}` must be a time with its zone, such as 2026-09-01T00:00:00Z, or what an earlier "
        f"answer said in `{UNTIL}`."
    )


def takes_changes(view: Any) -> bool:
    """Whether a list can be asked what changed in it."""
    if getattr(view, "action", "") != "list":
        return False
    model = getattr(getattr(view, "queryset", None), "model", None)
    return hasattr(view, "updated") or (model is not None and hasattr(model, "updated_at"))


def members_of(view: Any) -> list[str]:
    """The members of what a view answers with, of which some may be chosen; else none."""
    if getattr(view, "action", "") not in ("list", "retrieve"):
        return []
    return [*view.get_serializer_class()().fields]


def filters_of(view: Any) -> Mapping[str, serializers.Field]:
    """What a list may be narrowed by."""
    is_list = getattr(view, "action", "") == "list"
    found: Mapping[str, serializers.Field] = getattr(view, "filters", {}) if is_list else {}
    return found


def parameters_of(view: Any) -> list[str]:
    """All parameters that an address takes."""
    if getattr(view, "action", "") == "retrieve":
        return [FIELDS]
    known = [CURSOR, LIMIT, *([FIELDS] if members_of(view) else [])]
    known += [SINCE] if takes_changes(view) else []
    return [*known, *filters_of(view), *getattr(view, "parameters", ())]


def demand_known(request: Request, view: Any) -> None:
    """Refuse parameters that are not known, or given twice.

    Who asks for `state=revoked` must not be given all rows instead.
    """
    known = parameters_of(view)
    if unknown := sorted(set(request.query_params) - set(known)):
        raise UnknownParameter(
            f"This address takes {', '.join(f'`{name}`' for name in known)} only, "
            f"not {', '.join(f'`{name[:64]}`' for name in unknown[:10])}."
        )
    if twice := [name for name, said in request.query_params.lists() if len(said) > 1]:
        raise UnknownParameter(f"Give `{twice[0]}` once.")
    if wrong := dict(_unseen(request)):
        raise serializers.ValidationError(wrong)
    chosen(request, view)


def _unseen(request: Request) -> Iterator[tuple[str, list[ErrorDetail]]]:
    for name, said in request.query_params.items():
        if (found := texts.refused(str(said))) is not None:
            reason = f"It holds a character that nobody sees (U+{ord(found):04X}). Leave it out."
            yield name, [ErrorDetail(reason, code="control_character")]


def chosen(request: Request, view: Any) -> set[str] | None:
    """The members that are asked for; None for all. Raises UnknownField."""
    if FIELDS not in request.query_params or request.method not in SAFE_METHODS:
        return None
    members = members_of(view)
    asked = request.query_params[FIELDS].split(",")
    if unknown := [name for name in asked if name not in members]:
        raise UnknownField(
            f"There is no `{unknown[0][:64]}` in `{FIELDS}`; there are {', '.join(members)}."
        )
    return {ID, *asked}


def moment(said: str) -> datetime:
    """The time that is meant. Raises BadTime."""
    try:
        # A plus sign that was not encoded arrives as a space.
        at = datetime.fromisoformat(said.replace(" ", "+"))
        return at.astimezone(UTC) if at.tzinfo else _refused()
    except (ValueError, OverflowError) as error:
        raise BadTime from error


def _refused() -> datetime:
    raise BadTime


def written(at: datetime) -> str:
    """A time as the API writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Narrowed(BaseFilterBackend):
    """A list's own filters: each is a field that reads the value, and says what to look at."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Only the rows that are asked for; one row is refused parameters, too."""
        if getattr(view, "action", "") == "retrieve":
            demand_known(request, view)
        wrong: dict[str, Any] = {}
        for name, field in filters_of(view).items():
            if name not in request.query_params:
                continue
            bodies.name_choices(field)
            try:
                value = field.run_validation(normalize("NFC", request.query_params[name]))
            except serializers.ValidationError as error:
                wrong[name] = error.detail
                continue
            queryset = queryset.filter(
                value if isinstance(value, Q) else Q(**{field.source or name: value})
            )
        if wrong:
            raise serializers.ValidationError(wrong)
        return queryset


class Place(NamedTuple):
    """Where a page goes on: behind or before a row, and until when the first page was settled.

    The row is known by its key, and where rows come as they changed, by when it did.
    """

    backwards: bool
    until: datetime | None
    updated: datetime | None
    pk: str

    def __str__(self) -> str:
        times = [_counted(at) for at in (self.until, self.updated)]
        return ".".join(["b" if self.backwards else "f", *times, self.pk])

    @classmethod
    def read(cls, cursor: str) -> "Place":
        """The place that a cursor means. Raises BadCursor."""
        found = _CURSOR.fullmatch(cursor)
        if found is None:
            raise BadCursor
        way, until, updated, pk = found.groups()[:4]
        return cls(way == "b", _moment(until), _moment(updated), pk)


def _counted(at: datetime | None) -> str:
    """Microseconds since 1970."""
    return "" if at is None else str((at - _EPOCH) // timedelta(microseconds=1))


def _moment(counted: str) -> datetime | None:
    return _EPOCH + timedelta(microseconds=int(counted)) if counted else None


class Pages(BasePagination):
    """Pages by cursor: no row is lost while others come in.

    They are in the order of the primary key; of what changed since a time, in that of the changes,
    so that what changes meanwhile comes again at the end. The first page says until when it tells
    all changes, and the others repeat it: from then on the next time may ask.
    """

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        """One page; a cursor that somebody bent leads nowhere."""
        self.demand_known(request, view)
        self.request = request
        self.limit = self.get_page_size(request)
        since = request.query_params.get(SINCE)
        self.by_change = since is not None
        cursor = request.query_params.get(CURSOR)
        self.place = None if cursor is None else Place.read(cursor)
        self.until = self.place.until if self.place else self._settled(view)
        if since is not None:
            queryset = _changed(queryset, view, moment(since))
        self.rows = self._rows(queryset)
        return self.rows

    def demand_known(self, request: Request, view: Any) -> None:
        """Refuse what a list does not know, also where it makes its pages by itself."""
        demand_known(request, view)

    def _settled(self, view: Any) -> datetime | None:
        return clock.settled() if takes_changes(view) else None

    def _rows(self, queryset: QuerySet[Any]) -> list[Any]:
        backwards = self.place is not None and self.place.backwards
        order = ["changed_at", "pk"] if self.by_change else ["pk"]
        queryset = queryset.order_by(*(f"-{name}" if backwards else name for name in order))
        if self.place is not None:
            queryset = queryset.filter(self._beyond(queryset, self.place))
        found = list(queryset[: self.limit + 1])
        more, found = len(found) > self.limit, found[: self.limit]
        self.has_next = bool(found) if backwards else more
        self.has_previous = more if backwards else bool(found) and self.place is not None
        return found[::-1] if backwards else found

    def _beyond(self, queryset: QuerySet[Any], place: Place) -> Q:
        way = "lt" if place.backwards else "gt"
        try:
            pk = queryset.model._meta.pk.to_python(place.pk)
        except Unfit as error:
            raise BadCursor from error
        if not self.by_change:
            return Q(**{f"pk__{way}": pk})
        at = place.updated or _EPOCH
        # The first condition is what an index can follow.
        return Q(**{f"changed_at__{way}e": at}) & (
            Q(**{f"changed_at__{way}": at}) | Q(**{f"pk__{way}": pk})
        )

    def get_paginated_response(self, data: Any) -> Response:
        """The page, and where to go on."""
        return Response(
            {
                "next": self._link(self.rows[-1], backwards=False) if self.has_next else None,
                "previous": self._link(self.rows[0], backwards=True) if self.has_previous else None,
                UNTIL: written(self.until) if self.until else None,
                "results": data,
            }
        )

    def _link(self, row: Any, *, backwards: bool) -> str:
        updated = row.changed_at if self.by_change else None
        place = Place(backwards, self.until, updated, str(row.pk))
        here = remove_query_param(self.request.build_absolute_uri(), CURSOR)
        return replace_query_param(here, CURSOR, str(place))

    def get_page_size(self, request: Request) -> int:
        """How many rows the client asks for."""
        limit = request.query_params.get(LIMIT)
        if limit is None:
            return PAGE
        is_short = limit.isascii() and limit.isdigit() and len(limit) < 10
        if not (is_short and 1 <= int(limit) <= LARGEST_PAGE):
            raise BadLimit
        return int(limit)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """What every list takes."""
        bounds = {"minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE}
        parameters: list[dict[str, Any]] = [
            {
                "name": CURSOR,
                "in": "query",
                "description": "Where to go on: taken from `next` or `previous` of another page",
                "schema": {"type": "string", "pattern": _pattern_of(view)},
            },
            {
                "name": LIMIT,
                "in": "query",
                "description": "How many rows to answer with",
                "schema": {"type": "integer", **bounds},
            },
        ]
        if takes_changes(view):
            parameters.append(
                {
                    "name": SINCE,
                    "in": "query",
                    "description": f"Only what changed since, in that order: what was added, "
                    f"changed, retired, superseded or withdrawn. Give what `{UNTIL}` said the last "
                    "time, and no change is missed; one or the other may come twice",
                    "schema": {"type": "string", "format": "date-time"},
                }
            )
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A page, as OpenAPI 3.1 says it."""
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", UNTIL, "results"],
            "properties": {
                "next": address | {"description": "The next page; null on the last one"},
                "previous": address | {"description": "The page before; null on the first one"},
                UNTIL: {
                    "type": ["string", "null"],
                    "format": "date-time",
                    "description": f"What changed before is told by now: ask `{SINCE}` this the "
                    "next time. Null where nobody can ask for changes",
                },
                "results": schema,
            },
        }


def _pattern_of(view: Any) -> str:
    """What the cursors of a list look like."""
    is_own = getattr(view, "action", "") == "list"
    has_uuid = is_own and isinstance(view.queryset.model._meta.pk, UUIDField)
    return rf"^[bf]\.{_MOMENT}\.{_MOMENT}\.{_UUID if has_uuid else _NUMBER}$"


def _changed(queryset: QuerySet[Any], view: Any, since: datetime) -> QuerySet[Any]:
    """What changed since; a view whose rows change with others says in `updated` when they do."""
    if narrow := getattr(view, "changed_since", None):
        queryset = narrow(queryset, since)
    changed_at = getattr(view, "updated", F("updated_at"))
    return queryset.annotate(changed_at=changed_at).filter(changed_at__gte=since)


def pruned(data: Any, wanted: Sequence[str] | set[str]) -> Any:
    """A row, or a page of rows, with the wanted members only."""
    if isinstance(data, dict) and "results" in data:
        return {**data, "results": [pruned(row, wanted) for row in data["results"]]}
    return {name: value for name, value in data.items() if name in wanted}
