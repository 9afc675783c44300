"""Pages of lists that may be very long."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property

# Nobody leafs further than this; to count further, or to skip so many rows, takes seconds.
ROWS_SHOWN = 5_000


class BoundedPaginator(Paginator):
    """The first rows of a list of any length, `ROWS_SHOWN` at most.

    The rows are found by their keys alone, and put in order afterwards where they are not too
    many: PostgreSQL would rather walk through the whole table in that order, expecting to meet
    them soon. What else the list shows is asked for the rows of a page only.
    """

    object_list: QuerySet[Any]

    @cached_property
    def _found(self) -> list[Any]:
        return list(self.object_list.order_by().values_list("pk", flat=True)[: ROWS_SHOWN + 1])

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than are shown."""
        return len(self._found) > ROWS_SHOWN

    @cached_property
    def count(self) -> int:
        """How many rows are shown in all."""
        return min(len(self._found), ROWS_SHOWN)

    def page(self, number: int | str) -> Page:
        """One page, in the order of the list."""
        number = self.validate_number(number)
        first, last = (number - 1) * self.per_page, min(number * self.per_page, self.count)
        in_order = self.object_list if self.is_cut else self._of(self._found)
        keys = list(in_order.values_list("pk", flat=True)[first:last])
        rows = self._of(keys).order_by().in_bulk()
        return Page([rows[key] for key in keys if key in rows], number, self)

    def _of(self, keys: list[Any]) -> QuerySet[Any]:
        """The rows of these keys, without asking again for what they were found by."""
        rows = self.object_list.all()
        rows.query.clear_where()
        return rows.filter(pk__in=keys)


def how_many(things: QuerySet[Any], of: str) -> Coalesce:
    """How many of these each row has, by their foreign key `of` it, without joining them all."""
    of_each = things.order_by().filter(**{of: OuterRef("pk")}).values(of)
    return Coalesce(Subquery(of_each.annotate(total=Count("*")).values("total")), 0)


def keys_if_few(things: QuerySet[Any], key: str = "pk") -> QuerySet[Any] | list[Any]:
    """What to look for with `__in`: the keys of these things, or the question when they are many.

    By keys PostgreSQL finds what refers to them, joined by OR with other keys, too. Of a question
    joined by OR it would ask each row; where many match, that soon fills a page.
    """
    asked = things.order_by().values_list(key, flat=True)
    keys = list(asked[: ROWS_SHOWN + 1])
    return keys if len(keys) <= ROWS_SHOWN else asked
