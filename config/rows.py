"""How rows are written: with the members that are asked for, under the tag of their version."""

from collections.abc import Mapping
from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer

from config import lists
from registrar.api import versions
from registrar.api.versions import ETAG


class Rows(JSONRenderer):
    """JSON of one row or a page of them, with its tag, and with the members that are asked for."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The tag of one row is that of all its members, so that whoever changes it may name it."""
        if (context := renderer_context) is None:
            return super().render(data, accepted_media_type)
        request, view, response = context["request"], context["view"], context["response"]
        if request.method in SAFE_METHODS and response.status_code == 200:
            is_page = isinstance(data, dict) and {"results", lists.UNTIL} <= set(data)
            if not is_page and getattr(view, "action", "") == "retrieve":
                response[ETAG] = versions.tag_of(data)
            if (wanted := lists.chosen(request, view)) is not None:
                data = lists.pruned(data, wanted)
            if is_page:
                # Addresses and times of this very page do not make it another one.
                said = [data["results"], bool(data["next"]), bool(data["previous"])]
                response[ETAG] = versions.tag_of(said, is_weak=True)
        return super().render(data, accepted_media_type, renderer_context)
