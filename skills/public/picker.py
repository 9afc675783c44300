"""The list below the box in which a skill is chosen, for whoever may see skills."""

import re
from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.views.generic import TemplateView

from skills.models import Framework
from skills.services import search

# As many as one goes through by arrow keys.
SHOWN = 12


class SkillOptions(PermissionRequiredMixin, TemplateView):
    """Skills for a few letters; htmx puts them below the box that asks.

    `?framework=ID` asks for what one framework has, its headings too: links lead to them.
    """

    permission_required = "skills.view_skill"
    raise_exception = True
    template_name = "skills/picker_options.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        box = self.request.GET.get("box", "")
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", box):
            raise Http404
        words = self.request.GET.get("q", "")
        within = self._within(self.request.GET.get("framework"))
        found = search.find(words, limit=SHOWN, frameworks=within, is_for_choosing=not within)
        return super().get_context_data(box=box, words=words, found=found, **kwargs)

    def _within(self, key: str | None) -> list[Framework]:
        """The one framework that is asked for, or none."""
        if key is None:
            return []
        if not re.fullmatch(r"[0-9]{1,18}", key):
            raise Http404
        return [get_object_or_404(Framework, pk=key)]
