"""Makes cells of a sheet that no spreadsheet takes for formulas."""

from typing import Final

# The last four are the wide signs of East Asia, with which a formula begins there too.
FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(cell: str) -> str:
    """The cell, with a space before what a spreadsheet would run; readers trim it."""
    return f" {cell}" if cell.startswith(FORMULAS) else cell
