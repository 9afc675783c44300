"""Links between frameworks that wait for a second person."""

from collections.abc import Iterable

from django.contrib import messages
from django.db.models import QuerySet

from issuer.pages import Link, list_link
from registrar.admin.reviewing import ReviewingPage
from registrar.services.vocabularies import crosswalk as desk
from skills.models import Association


class ReviewPage(ReviewingPage):
    """Links that wait for review."""

    permission_required = "skills.review_association"
    template_name = "registrar/desk/crosswalk_review.html"
    title = "Review links between frameworks"
    thing = "link"
    searched = "Skill, framework or colleague"
    fields = (
        "origin_title",
        "destination_title",
        "origin__framework__title",
        "destination__framework__title",
        "proposed_by__last_name",
    )

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Association),)

    def waiting(self) -> QuerySet[Association]:
        return (
            Association.objects.proposed()
            .select_related("origin__framework", "destination__framework", "proposed_by")
            .order_by("began_at", "pk")
        )

    def review(self, act: str, keys: list[str], comment: str) -> None:
        links = Association.objects.filter(pk__in=keys, framework=None)
        decide = desk.accept if act == "accept" else desk.reject
        moved = decide(links, by=self.user, comment=comment)
        for link, error in moved.left:
            said = f"{link.origin_title} / {link.destination_title}: {error}"
            messages.error(self.request, said)
        if count := len(moved.done):
            messages.success(self.request, f"{count} {'link' if count == 1 else 'links'} {act}ed.")
