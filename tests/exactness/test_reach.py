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

EXAMPLES: Final = 80

AT_LEAST: Final = {
    "a null": 500,
    "a named fragment": 300,
    "a fragment that spreads a fragment": 80,
    "an inline fragment without a type": 300,
    "a fragment on Reference": 100,
    "a fragment on Resource": 300,
    "a variable": 500,
    "a default of a variable": 250,
    "@skip": 200,
    "@include": 200,
    "@skip and @include": 150,
    "a field selected twice": 350,
    "the type of an object": 200,
    "the type of an object of any type": 30,
    "a list": 200,
    "a connection": 200,
    "a list that is navigated": 100,
    "items of a list that is navigated": 70,
    "a reverse list": 100,
    "rows of a reverse list": 30,
    "a reverse connection": 100,
    "a reference to a resource": 70,
    "a reference to any type": 40,
    "a reference that leads nowhere": 80,
    "contained resources": 80,
    "the sibling of a primitive": 60,
    "an object or a list where a primitive belongs": 10,
    "a null in a list": 30,
    "a recall": 30,
    "introspection": 50,
    "several operations": 60,
    "a document at a resource": 10,
    "a mutation": 40,
    "@flatten": 60,
    "@first": 50,
    "@singleton": 50,
    "@slice": 60,
    "nothing but errors": 50,
    "several errors": 80,
    "an error inside a list": 100,
    "an error inside a resource that is referred to": 30,
    "the error structure": 40,
    "the error not-found": 60,
    "the error multiple-matches": 5,
    "the error invalid": 150,
}
"""Cases of about 1,300 in which something is asked, or found in the answer."""


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
