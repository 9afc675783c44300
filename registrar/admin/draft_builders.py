"""Pages on which one part of a draft is filled in; nothing is kept before one says so."""

from collections.abc import Iterable
from typing import Final

from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from issuer.pages import Link, Page, list_link, thing_url
from registrar.models import CredentialTemplate, Revision

# Of what is sent in one field.
LONGEST: Final = 4_000


class DraftBuilderPage(Page, TemplateView):
    """A part of the draft that the address names."""

    permission_required = "registrar.draft_revision"

    @cached_property
    def revision(self) -> Revision:
        """The draft."""
        drafts = Revision.objects.select_related("template__unit")
        return get_object_or_404(drafts, pk=self.kwargs["object_id"], state=Revision.State.DRAFT)

    def get_trail(self) -> Iterable[Link]:
        return (list_link(CredentialTemplate), Link(str(self.revision), thing_url(self.revision)))
