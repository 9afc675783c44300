"""Names are found however their letters are typed: without accents, in capitals or not."""

from typing import Any

from django.db.models import CharField, Func, Lookup, TextField, Value


class Unaccented(Func):
    """A text in capitals and without accents; from the text alone, so that an index can hold it."""

    template = r"UPPER(REGEXP_REPLACE(NORMALIZE(%(expressions)s, NFD), '[\u0300-\u036f]', '', 'g'))"
    output_field = TextField()


@CharField.register_lookup
class ContainsUnaccented(Lookup):
    """Whether a text contains another, both without accents."""

    lookup_name = "unaccented"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Ask by the expression of the index."""
        pattern = f"%{connection.ops.prep_for_like_query(self.rhs)}%"
        text, of_text = compiler.compile(Unaccented(self.lhs))
        asked, of_asked = compiler.compile(Unaccented(Value(pattern)))
        return f"{text} LIKE {asked}", (*of_text, *of_asked)
