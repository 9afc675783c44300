"""The line that a bench prints for each figure."""

from dataclasses import dataclass, field

# No process may hold more bytes.
CEILING = 300e6


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure beside what it is compared with: a peer, a floor, or the bound that it keeps."""

    name: str
    value: float
    unit: str
    reference: str
    reference_value: float
    ratio: float = field(init=False)
    runs: int = 1
    is_good: bool = True

    def __post_init__(self) -> None:
        ratio = self.value / self.reference_value if self.reference_value else 0.0
        object.__setattr__(self, "ratio", round(ratio, 6))


def peak_of(name: str, peak: float) -> Row:
    """The most memory, in bytes, that a process has held, beside what it may hold."""
    return Row(
        name=name,
        value=round(peak / 1e6, 1),
        unit="MB",
        reference="ceiling",
        reference_value=CEILING / 1e6,
        is_good=peak < CEILING,
    )


def exactly(name: str, value: int, wanted: int) -> Row:
    """A count that must be the one that is wanted."""
    return Row(
        name=name,
        value=value,
        unit="count",
        reference="exactly",
        reference_value=wanted,
        is_good=value == wanted,
    )
