"""That random cases are no empty exercise: what a fixed number of them reaches."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

import pytest

from tests.exactness.cases import Comparing, cases
from tests.exactness.coverage import features
from tests.exactness.executors import by_graphql_core, schema
from tests.exactness.world import sound_store

EXAMPLES: Final = 120

AT_LEAST: Final = {
    "a null": 300,
    "a named fragment": 300,
    "a fragment that spreads a fragment": 100,
    "an inline fragment without a type": 100,
    "a fragment on Reference": 50,
    "a fragment on Resource": 100,
    "a variable": 300,
    "a default of a variable": 100,
    "@skip": 100,
    "@include": 100,
    "@skip and @include": 20,
    "a field selected twice": 100,
    "the type of an object": 100,
    "the type of an object of any type": 10,
    "a list": 100,
    "a connection": 100,
    "a list that is navigated": 20,
    "items of a list that is navigated": 10,
    "a reverse list": 10,
    "rows of a reverse list": 5,
    "a reverse connection": 10,
    "a reference to a resource": 50,
    "a reference to any type": 10,
    "a reference that leads nowhere": 20,
    "contained resources": 10,
    "the sibling of a primitive": 10,
    "an object or a list where a primitive belongs": 5,
    "a null in a list": 5,
    "a recall": 10,
    "introspection": 10,
    "several operations": 20,
    "a document at a resource": 10,
    "a mutation": 20,
    "@flatten": 10,
    "@first": 10,
    "@singleton": 10,
    "@slice": 10,
    "nothing but errors": 50,
    "several errors": 10,
    "an error inside a list": 20,
    "an error inside a resource that is referred to": 5,
    "the error structure": 10,
    "the error not-found": 20,
    "the error multiple-matches": 2,
    "the error invalid": 50,
}
"""Cases of about 1,200 in which something is asked, or found in the answer."""


@pytest.fixture(scope="module")
def reached() -> Counter[str]:
    """In how many cases each feature is."""

    async def count() -> Counter[str]:
        counted: Counter[str] = Counter()
        store = await sound_store()
        comparing = Comparing(store)
        for number in range(EXAMPLES):
            for case in cases(number):
                answer = await comparing.answer(by_graphql_core, case)
                counted.update(features(schema()._schema, case.request, answer))
        await store.close()
        return counted

    return asyncio.run(count())


@pytest.mark.parametrize("feature", AT_LEAST)
def test_random_cases_reach(reached: Counter[str], feature: str) -> None:
    assert reached[feature] >= AT_LEAST[feature]


def test_most_random_cases_are_answered(reached: Counter[str]) -> None:
    assert reached["a list"] + reached["a connection"] > 3 * reached["the error invalid of the whole request"]
