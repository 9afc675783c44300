"""The readers' tests know how long a column is."""

import pytest
from django.apps import apps

from tests.skills.columns import LIMITS


@pytest.mark.parametrize("name", LIMITS)
def test_the_limits_of_the_readers_tests_are_those_of_the_models(name: str) -> None:
    model = apps.get_model("skills", name)
    columns = {field.name: field.max_length for field in model._meta.concrete_fields}
    assert {column: columns[column] for column in LIMITS[name]} == LIMITS[name]
