"""A transaction Bundle is stored whole or not at all: where its last entry is wrong, where its server is killed."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import pytest

from tests.builders import device
from tests.end_to_end.processes import PROGRAM, serving
from tests.end_to_end.survival.doors import DOORS, Refused, client, findings
from tests.end_to_end.survival.hurry import HURRIED, end_sessions
from tests.end_to_end.survival.intake import LAST, PAUSE, WORTH_REPEATING, entry, transaction
from tests.end_to_end.survival.places import look_into

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import Document
    from tests.end_to_end.processes import Server
    from tests.end_to_end.survival.doors import Door, Told

ENTRIES = 500


@pytest.mark.parametrize(
    ("rounds", "program"), [(1, HURRIED), pytest.param(10, PROGRAM, marks=pytest.mark.long)], ids=["1", "10"]
)
def test_a_bundle_is_kept_whole_or_not_at_all(store: str, rounds: int, program: tuple[str, ...]) -> None:
    """One test for all that can go wrong, as a server takes longer to start than to answer."""
    settings = {"DMI_STORE": store, "DMI_EXAMPLE_DATA": "off", "DMI_MAX_BODY": "10000000"}
    keyed = [(large(), str(uuid4())) for _ in range(rounds + 1)]
    moment = random.Random()  # noqa: S311 - any moment will do
    with serving(program, **settings) as server, client(server.url) as http:
        for door_of in DOORS:
            refuses_what_ends_wrong(door_of(http))
        assert numbers(store) == []
        took = seconds(partial(DOORS[0](http).transmit, *keyed[0]))
        is_told = killed(server, partial(DOORS[0](http).transmit, *keyed[1]), took * moment.uniform(0.2, 1.0))
    for number in range(1, rounds + 1):
        if program is HURRIED:
            end_sessions(store)
        assert len(numbers(store)) - number * ENTRIES in ((ENTRIES,) if is_told else (0, ENTRIES))
        with serving(program, **settings) as server, client(server.url) as http:
            door = DOORS[(number - 1) % len(DOORS)](http)
            assert len(in_the_end(partial(door.transmit, *keyed[number]))) == ENTRIES
            assert numbers(store) == sorted(
                number for bundle, _ in keyed[: number + 1] for number in numbers_in(bundle)
            )
            if number < rounds:
                door = DOORS[number % len(DOORS)](http)
                is_told = killed(server, partial(door.transmit, *keyed[number + 1]), took * moment.uniform(0.2, 1.0))


def refuses_what_ends_wrong(door: Door) -> None:
    with pytest.raises(Refused) as refusal:
        door.transmit(large(last_is_wrong=True))
    wrong = f"Bundle.entry[{ENTRIES - 1}].resource.status", "R4#Device.status.binding"
    assert wrong in findings(refusal.value.outcome)


def seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def killed(server: Server, work: Callable[[], object], after: float) -> bool:
    """Kill a server so many seconds after a request is sent; answers whether that one was acknowledged before."""
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(work)
        time.sleep(after)
        server.kill()
        error = told.exception()
    assert isinstance(error, httpx.TransportError | None)
    return error is None


def in_the_end(transmit: Callable[[], list[Told | None]]) -> list[Told | None]:
    """What a Bundle is answered with that is sent again and again: for a minute a MongoDB keeps what a server was about
    to write that was killed."""
    end = time.monotonic() + LAST
    while True:
        try:
            return transmit()
        except Refused as refusal:
            if refusal.code not in WORTH_REPEATING or time.monotonic() > end:
                raise
            time.sleep(PAUSE)


def large(*, last_is_wrong: bool = False) -> Document:
    """A Bundle of so many devices, each with a number of its own."""
    devices = [device(id=None, lotNumber=str(uuid4())) for _ in range(ENTRIES)]
    if last_is_wrong:
        devices[-1]["status"] = "lost"
    return transaction(*(entry("POST", "Device", each) for each in devices))


def numbers(store: str) -> list[str]:
    """The numbers of all devices in a store, each of which has one version."""
    found = look_into(store)
    assert found.flaws == []
    [versions] = {len(history) for history in found.histories.values()} or {1}
    assert versions == 1
    return sorted(history[0].resource["lotNumber"] for history in found.histories.values() if history[0].resource)


def numbers_in(bundle: Document) -> list[str]:
    return [each["resource"]["lotNumber"] for each in bundle["entry"]]
