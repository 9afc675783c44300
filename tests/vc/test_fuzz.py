"""What strangers send, mutated: a seeded tenth of `./dev bench fuzz`."""

import pytest

from tests.bench import fuzz


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_mutant_raises_anything_but_our_own_errors_and_none_takes_long_or_much() -> None:
    found = fuzz.fuzz(count=fuzz.COUNT // 10, seed=1)
    assert found.mutants == fuzz.COUNT // 10
    assert not found.foreign[:5]
    assert not found.slow[:5]
    assert found.growth_mb < fuzz.MAX_GROWTH_MB
    assert 0 < found.accepted < found.mutants / 10
