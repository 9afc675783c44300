"""The REST API's frame: scopes and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """The token carries every scope that the view declares; a view without `scopes` is shut."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may enter."""
        scopes: list[str] = getattr(view, "scopes", [])
        token = request.auth
        return bool(scopes) and token is not None and token.is_valid(scopes)


class Pages(CursorPagination):
    """Pages by cursor, in the order of the primary key: no row is lost while others come in."""

    ordering = "pk"
    page_size_query_param = "limit"
    max_page_size = 1000
