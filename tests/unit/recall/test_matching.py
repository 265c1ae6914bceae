from __future__ import annotations

from typing import Any

import pytest

from app.recall.criteria import criteria_of
from app.recall.filters import devices
from app.recall.matching import matches
from app.search.algebra import And, Not
from tests.builders import device


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"lot": "lot-1"}, True),
        ({"lot": "lot"}, False),
        ({"lot": ["x", "lot-1"]}, True),
        ({"lot": "lot-1", "serial": "1"}, False),
        ({"manufacturer": "acm"}, True),
        ({"lot": "lot-1", "expiresBefore": "2025"}, True),
        ({"lot": "lot-1", "expiresBefore": "2024"}, False),
        ({"emdn": "P09"}, True),
        ({"emdn": "P10"}, False),
        ({"lpp": "1"}, False),
    ],
)
def test_a_device_meets_all_criteria_or_does_not_match(arguments: dict[str, Any], expected: bool) -> None:
    one = device(manufacturer="Acmé", expirationDate="2024", type={"coding": [{"system": "urn:emdn", "code": "P0908"}]})
    assert matches(devices(criteria_of(arguments), ""), one, None) is expected


def test_a_filter_that_criteria_never_make_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        matches(Not(And()), device(), None)
