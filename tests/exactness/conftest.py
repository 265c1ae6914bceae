"""One store and one event loop for all cases of a file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.exactness.cases import Comparing
from tests.exactness.world import sound_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.exactness.cases import Case


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[asyncio.Runner, Comparing]]:
    with asyncio.Runner() as runner:
        store = runner.run(sound_store())
        yield runner, Comparing(store)
        runner.run(store.close())


@pytest.fixture(scope="module")
def difference(running: tuple[asyncio.Runner, Comparing]) -> Callable[[Case], str]:
    """What the product's answer to a case has otherwise than that of graphql-core; "" where nothing."""
    runner, comparing = running
    return lambda case: runner.run(comparing.difference(case))


@pytest.fixture(scope="module")
def differences(running: tuple[asyncio.Runner, Comparing]) -> Callable[[Sequence[Case]], Sequence[str]]:
    """The same of several cases that run at the same time."""
    runner, comparing = running

    async def found(cases: Sequence[Case]) -> Sequence[str]:
        return await asyncio.gather(*map(comparing.difference, cases))

    return lambda cases: runner.run(found(cases))
