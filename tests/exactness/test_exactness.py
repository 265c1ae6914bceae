"""The product's executor answers as graphql-core's does, whatever is asked and stored.

The last long run had 1,500 examples, about 25,000 cases, and found no difference (2026-11-30, version 0.2.0).
`make test-all` runs about 16,000 new cases; `make test-all EXACTNESS_EXAMPLES=20000` 320,000, in an hour and a half.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.exactness.cases import cases
from tests.exactness.reduction import reduced

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.exactness.cases import Case

EXAMPLES: Final = 120
"""Of about seventeen cases each: 2,000 in all."""

LONG: Final = int(os.environ.get("EXACTNESS_EXAMPLES", "1000"))
"""Examples of the long run, which never makes the same ones twice."""

examples = st.integers(0, 2**24 - 1).map(cases)
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,  # a change is not blamed for what another run might have found: that is for the long run
    database=None,
    print_blob=True,
    phases=[Phase.generate],  # `reduced` makes a case small
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),  # an example is large, and takes a tenth of a second
)
long_run = settings(bounded, max_examples=LONG, derandomize=False)


def check(found: list[Case], difference: Callable[[Case], str]) -> None:
    for case in found:
        if difference(case):
            small = reduced(case, lambda each: bool(difference(each)))
            pytest.fail(f"{difference(small)}\n\n{small}", pytrace=False)


@bounded
@given(examples)
def test_data_and_errors_are_those_of_graphql_core(difference: Callable[[Case], str], found: list[Case]) -> None:
    check(found, difference)


@pytest.mark.long
@long_run
@given(examples)
def test_data_and_errors_are_those_of_graphql_core_in_a_long_run(
    difference: Callable[[Case], str], found: list[Case]
) -> None:
    check(found, difference)
