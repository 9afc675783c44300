"""What a shape makes is what the full pipeline makes."""

from issuer.vc.shapes import trials
from tests.bench import reference


def test_a_shape_makes_the_same_bytes_as_the_full_pipeline_for_hostile_learners() -> None:
    shape = reference.shape()
    assert trials.check(shape, trials.hostile(shape, 300)) > 200
