"""What the services refuse can be told apart by a program and understood by a person."""

from collections.abc import Iterator

from issuer.errors import Refusal


def refusals(known: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Every refusal of the issuer and the registrar."""
    yield known
    for kind in known.__subclasses__():
        yield from refusals(kind)


def test_every_refusal_has_a_code_of_its_own_and_says_what_happened() -> None:
    kinds = list(refusals())
    codes = [kind.code for kind in kinds]
    assert sorted(codes) == sorted(set(codes))
    assert {"wrong_state", "same_person", "reason_missing", "not_allowed"} <= set(codes)
    assert all(kind.__doc__ for kind in kinds)
