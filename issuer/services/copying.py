"""COPY: the quick way of many rows into a table."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from psycopg import sql


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows with values for these columns, within the caller's transaction.

    Values are what psycopg writes for the type of their column; a column that is not named gets
    the database's default. Constraints hold as for any insert; a row that breaks one undoes all.
    """
    by_column = {field.column: field for field in model._meta.concrete_fields}
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    errors = connection.wrap_database_errors
    with connection.cursor() as cursor, errors, cursor.copy(statement) as copy:
        copy.set_types([_type(by_column[name]) for name in names])
        for row in rows:
            copy.write_row(row)


def _type(field: "models.Field[Any, Any]") -> str:
    """The name by which psycopg knows the type of a column: without its length."""
    return str(field.db_type(connection)).partition("(")[0]
