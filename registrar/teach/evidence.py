"""What bears a tag out, as the rows of a form: the work, its share of the grade."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.http import QueryDict

from issuer.errors import Refusal
from registrar.models import LearningOpportunity, LineItem, SkillTag, TagEvidence, Term
from registrar.services.teaching.outlines import Outline
from registrar.services.teaching.tagging import Piece

_FIELDS = ("work", "title", "rubric_row", "share")
_PERCENTAGE = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{1,2})?")
_MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form: the work that is chosen among those that there are, or a title.

    `is_next` where one goes on typing: at the share, if the work is known.
    """

    works: list[LineItem]
    work: LineItem | None = None
    title: str = ""
    rubric_row: str = ""
    share: str = ""
    is_next: bool = False

    @property
    def lacks_work(self) -> bool:
        """Whether the work comes first."""
        return not (self.work or self.title or self.share)


def rows(
    opportunity: LearningOpportunity, term: Term | None, outline: Outline
) -> dict[int, list[Row]]:
    """By tag, a row for each piece of evidence and an empty one.

    Work that is known to assess the outcome is chosen already where the tag says no other.
    """
    works = list(
        LineItem.objects.filter(
            offering__opportunity=opportunity, offering__term=term, retired_at=None
        )
        .select_related("offering__term")
        .prefetch_related("outcomes")
    )
    tags = [tag for line in outline.lines for tag in line.tags]
    return {tag.pk: [*_given(tag, works), _next(tag, works)] for tag in tags}


def _given(tag: SkillTag, works: list[LineItem]) -> Iterable[Row]:
    for piece in tag.evidence.all():
        known = piece.line_item
        also = [known] if known is not None and known not in works else []
        yield Row(
            works=[*also, *works],
            work=known,
            title="" if known is not None else piece.title,
            rubric_row=piece.rubric_row,
            share=_in_figures(piece),
        )


def _in_figures(piece: TagEvidence) -> str:
    return "" if piece.share is None else f"{piece.share.normalize():f}"


def _next(tag: SkillTag, works: list[LineItem]) -> Row:
    if tag.emphasis != SkillTag.Emphasis.ASSESSED or tag.evidence.all():
        return Row(works=works, is_next=True)
    fitting = [each for each in works if tag.outcome in each.outcomes.all()]
    return Row(works=works, work=fitting[0] if fitting else None, is_next=True)


def typed(form: QueryDict, shown: Sequence[Row]) -> list[Row]:
    """The rows as somebody filled them in, for a form that was refused."""
    works = {str(work.pk): work for row in shown for work in row.works}
    found = [
        Row(list(works.values()), works.get(work), title, rubric_row, share)
        for work, title, rubric_row, share in _columns(form)
    ]
    at = next((at for at, row in enumerate(found) if row.share), len(found) - 1)
    return [replace(row, is_next=number == at) for number, row in enumerate(found)]


def _columns(form: QueryDict) -> Iterable[tuple[str, ...]]:
    return zip(*(form.getlist(name)[:_MOST_ROWS] for name in _FIELDS), strict=False)


def pieces(form: QueryDict, opportunity: LearningOpportunity) -> list[Piece]:
    """What the rows of the form say; empty ones say nothing, and a title nothing of known work.

    Raises Refusal for a share that is no percentage.
    """
    works = LineItem.objects.filter(offering__opportunity=opportunity)
    known = {str(each.pk): each for each in works.select_related("offering")}
    return [
        Piece(
            title="" if work in known else title.strip()[:300],
            line_item=known.get(work),
            rubric_row=rubric_row.strip()[:300],
            share=_share(share.strip()),
        )
        for work, title, rubric_row, share in _columns(form)
        if work or title.strip() or rubric_row.strip() or share.strip()
    ]


def _share(text: str) -> Decimal | None:
    if not text:
        return None
    if not _PERCENTAGE.fullmatch(text.removesuffix("%").strip()):
        raise Refusal(f"“{text}” is no share of the grade. Write a number from 1 to 100.")
    return Decimal(text.removesuffix("%").strip().replace(",", "."))
