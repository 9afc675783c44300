"""A form in which one says what each column of a sheet holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

SAMPLE_CELLS = 2


class SheetColumnsForm(forms.Form):
    """Has a field for each column with a name, and keeps in `columns` which column holds what."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns: dict[str, str] = {}
        self._things: Mapping[str, str] = {}

    def ask_of_columns(
        self,
        names: Sequence[str],
        *,
        things: Mapping[str, str],
        samples: Sequence[Sequence[Any]],
        held: Mapping[str, str],
    ) -> None:
        """Add the fields: `things` may be chosen, `held` says which column holds what at first."""
        self._things = things
        at_first = {column: thing for thing, column in held.items()}
        for number, name in enumerate(names):
            if name and name not in names[:number]:
                cells = [str(row[number])[:60] for row in samples if len(row) > number]
                self.fields[f"column_{number}"] = forms.ChoiceField(
                    label=name,
                    choices=[("", "Leave this column out"), *things.items()],
                    required=False,
                    initial=at_first.get(name, ""),
                    help_text=" · ".join(list(filter(None, cells))[:SAMPLE_CELLS]),
                )

    def clean(self) -> dict[str, Any]:
        """Each thing stands in one column only."""
        found = super().clean() or {}
        self.columns = {}
        for name, field in self.fields.items():
            thing = found.get(name, "") if name.startswith("column_") else ""
            if thing in self.columns:
                said = f"{self.columns[thing]} is “{self._things[thing]}” already."
                self.add_error(name, f"{said} Choose one of the two.")
            elif thing:
                self.columns[thing] = str(field.label)
        return found
