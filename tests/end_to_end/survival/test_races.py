"""Clients that race for one resource, through two servers on one store: one wins, the others are told so."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import pytest

from tests.builders import device
from tests.end_to_end.processes import serving
from tests.end_to_end.survival.doors import DOORS, GraphQL, Refused, Rest, Told, client
from tests.end_to_end.survival.intake import SYSTEM, identified, numbered_procedure
from tests.end_to_end.survival.places import look_into

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.end_to_end.survival.doors import Door

T = TypeVar("T")

RACING = 50
VERSIONS = 3


@pytest.fixture
def doors(store: str) -> Iterator[Sequence[Door]]:
    """Both doors of two servers on one store, in turn, for so many clients."""
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        settings = {"DMI_STORE": store, "DMI_EXAMPLE_DATA": "off", "DMI_REFERENCES": "ignore"}
        servers = list(pool.map(lambda _: stack.enter_context(serving(**settings)), range(2)))
        clients = [stack.enter_context(client(server.url)) for server in servers]
        every = cycle([door(http) for http in clients for door in DOORS])
        yield [next(every) for _ in range(RACING)]


def raced(doors: Sequence[Door], work: Callable[[int, Door], T]) -> list[T | Refused]:
    """What each client is told when all begin at once."""
    start = Barrier(len(doors), timeout=60)

    def run(number: int) -> T | Refused:
        start.wait()
        try:
            return work(number, doors[number])
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(doors)) as pool:
        return list(pool.map(run, range(len(doors))))


def refusals(told: Sequence[object]) -> Counter[tuple[str, int]]:
    """How many were refused, by code and status."""
    return Counter((each.code, each.status) for each in told if isinstance(each, Refused))


def test_races_have_one_winner_through_two_servers_on_one_store(store: str, doors: Sequence[Door]) -> None:
    """One test for all races, as the servers take longer to start than to answer."""
    _updates_with_if_match(doors)
    _updates_without(doors)
    _conditional_creates(doors)
    _creates_of_one_procedure(doors)
    _repeats_of_one_request(doors)
    assert look_into(store).flaws == []


def _updates_with_if_match(doors: Sequence[Door]) -> None:
    place = doors[0].create(device(id=None, lotNumber="0")).place
    for version in range(1, VERSIONS + 1):

        def put(number: int, door: Door, version: int = version) -> int:
            return door.update(place, device(id=None, lotNumber=f"{version}.{number}"), f'W/"{version}"').version

        told = raced(doors, put)
        assert [each for each in told if not isinstance(each, Refused)] == [version + 1]
        assert set(refusals(told)) == {("conflict", 200), ("conflict", 412)}


def _updates_without(doors: Sequence[Door]) -> None:
    """Each of some is a version, or is told that others came first too often."""
    place = doors[0].create(device(id=None, lotNumber="first")).place
    some = doors[: RACING // 5]
    told = raced(some, lambda number, door: door.update(place, device(id=None, lotNumber=str(number))).version)
    won = [each for each in told if not isinstance(each, Refused)]
    assert sorted(won) == list(range(2, 2 + len(won)))
    assert {code for code, _ in refusals(told)} <= {"conflict"}


def _conditional_creates(doors: Sequence[Door]) -> None:
    name = str(uuid4())
    told = raced(doors, lambda _, door: door.create(identified(name), f"identifier={SYSTEM}|{name}"))
    assert not refusals(told)
    assert len(set(told)) == 1


def _creates_of_one_procedure(doors: Sequence[Door]) -> None:
    sent = numbered_procedure(str(uuid4()))
    told = raced(doors, lambda _, door: door.create(sent))
    assert len([each for each in told if not isinstance(each, Refused)]) == 1
    assert set(refusals(told)) == {("duplicate", 200), ("duplicate", 409)}


def _repeats_of_one_request(doors: Sequence[Door]) -> None:
    """At each door: the same resource makes another request there."""
    sent = device(id=None, lotNumber=str(uuid4()))
    for kind in (GraphQL, Rest):
        key, own = str(uuid4()), [door for door in doors if isinstance(door, kind)]

        def create(_: int, door: Door, key: str = key) -> Told:
            return door.create(sent, key=key)

        told = raced([*own, *own], create)
        assert not refusals(told)
        assert len(set(told)) == 1
