"""That random cases are no empty exercise: what a fixed number of them reaches."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

import pytest

from tests.exactness.cases import Comparing, cases
from tests.exactness.coverage import features
from tests.exactness.executors import by_graphql_core, by_product, schema
from tests.exactness.world import sound_store

EXAMPLES: Final = 50

AT_LEAST: Final = {
    "a null": 250,
    "a named fragment": 200,
    "a fragment that spreads a fragment": 50,
    "an inline fragment without a type": 200,
    "a fragment on Reference": 60,
    "a fragment on Resource": 200,
    "a variable": 300,
    "a default of a variable": 200,
    "@skip": 150,
    "@include": 150,
    "@skip and @include": 100,
    "a field selected twice": 200,
    "the type of an object": 60,
    "the type of an object of any type": 20,
    "a list": 100,
    "a connection": 100,
    "a list that is navigated": 60,
    "items of a list that is navigated": 30,
    "a reverse list": 90,
    "rows of a reverse list": 10,
    "a reverse connection": 70,
    "a reference to a resource": 50,
    "a reference to any type": 20,
    "a reference that leads nowhere": 40,
    "contained resources": 50,
    "the sibling of a primitive": 10,
    "an object or a list where a primitive belongs": 3,
    "a null in a list": 10,
    "a recall": 5,
    "introspection": 20,
    "several operations": 50,
    "a document at a resource": 20,
    "a mutation": 20,
    "@flatten": 40,
    "@first": 40,
    "@singleton": 40,
    "@slice": 40,
    "nothing but errors": 70,
    "several errors": 30,
    "an error inside a list": 60,
    "an error inside a resource that is referred to": 5,
    "the error structure": 20,
    "the error not-found": 30,
    "the error multiple-matches": 2,
    "the error invalid": 100,
}
"""Cases of about 800 in which something is asked, or found in the answer."""


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


def test_hardly_anything_is_compared_with_itself() -> None:
    """What plans do not express runs on graphql-core: introspection, and directives whose variable is null."""

    async def left() -> list[str]:
        store = await sound_store()
        comparing, found = Comparing(store), []
        for number in range(20):
            for case in cases(number):
                before = schema().runs["graphql-core"]
                await comparing.answer(by_product, case)
                if schema().runs["graphql-core"] > before and None not in (case.request.variables or {}).values():
                    found.append(case.request.query)
        await store.close()
        return found

    assert [query for query in asyncio.run(left()) if "__schema" not in query and "__type(" not in query] == []
