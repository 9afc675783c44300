"""Tables whose rows are facts: PostgreSQL itself refuses to change, delete or truncate them."""

import pgtrigger


def append_only(*, because: str) -> list[pgtrigger.Trigger]:
    """The triggers of a table that only ever grows; `because` names the fact, e.g. "ledger".

    A database superuser can still switch triggers off, which is why the ledger is hash-linked too.
    """
    return [
        pgtrigger.Protect(
            name=f"{because}_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete
        ),
        pgtrigger.Trigger(
            name=f"{because}_is_never_truncated",
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            level=pgtrigger.Statement,
            func=f"RAISE EXCEPTION 'pgtrigger: {because} rows are facts and stay';",
        ),
    ]
