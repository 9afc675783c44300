"""The REST API's frame: scopes and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from oauth2_provider.models import AbstractAccessToken
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """The token carries every scope that the view declares; a view without `scopes` is shut."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may enter."""
        scopes: list[str] = getattr(view, "scopes", [])
        token: AbstractAccessToken | None = request.auth
        return bool(scopes) and token is not None and token.is_valid(scopes)


class Pages(CursorPagination):
    """Pages by cursor, in the order of the primary key: no row is lost while others come in."""

    ordering = "pk"
    page_size_query_param = "limit"
    max_page_size = 1000

    def paginate_queryset(
        self,
        queryset: QuerySet[Any] | Sequence[Any],
        request: Request,
        view: APIView | None = None,
    ) -> list[Any] | None:
        """One page; a cursor that somebody bent leads nowhere."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError) as error:
            raise NotFound("This cursor does not belong to this list.") from error
