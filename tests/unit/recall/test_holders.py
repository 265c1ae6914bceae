from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.recall.holders import AT_ONCE, ENOUGH, ROUNDS, holders
from app.search.algebra import In, Position
from app.store.repository import Page, Row
from tests.builders import device

if TYPE_CHECKING:
    from app.search.algebra import Search


class Devices:
    """A store of devices that have these identifiers; `searches` are how many identifiers each command asked for."""

    def __init__(self, *values: str) -> None:
        identified = [[{"system": "urn:s", "value": value}, {"value": value}] for value in values]
        self._devices = [device(id=f"d{number:06}", identifier=each) for number, each in enumerate(identified)]
        self.searches: list[int] = []

    async def search(self, search: Search) -> Page:
        assert isinstance(search.filter, In)
        asked = set(search.filter.values)
        self.searches.append(len(asked))
        found = [each for each in self._devices if f"urn:s|{each['identifier'][0]['value']}" in asked]
        rows = [Row(each, Position((), each["id"])) for each in found[: search.count]]
        return Page(rows, has_next=len(found) > search.count, has_previous=False)


def ids(found: Any) -> dict[str, list[str]]:
    return {text: [each["id"] for each in resources] for text, resources in found.items()}


async def test_an_identifier_has_one_holder_several_or_none() -> None:
    devices = Devices("a", "b", "b")
    found = ids(await holders(devices.search, ["urn:s|a", "urn:s|b", "urn:s|c", "urn:s|a"]))
    assert found == {"urn:s|a": ["d000000"], "urn:s|b": ["d000001", "d000002"], "urn:s|c": []}
    assert devices.searches == [3]


async def test_many_identifiers_are_looked_for_by_few_commands() -> None:
    values = [str(number) for number in range(2 * AT_ONCE + 1)]
    devices = Devices(*values)
    found = await holders(devices.search, [f"urn:s|{value}" for value in values])
    assert {len(each) for each in found.values()} == {1}
    assert devices.searches == [AT_ONCE, AT_ONCE, 1]


async def test_an_identifier_that_many_carry_crowds_no_other_out() -> None:
    devices = Devices(*["a"] * 1_000, *["b"] * 1_000, *map(str, range(100)))
    found = await holders(devices.search, [f"urn:s|{value}" for value in ("a", "b", *range(100))])
    assert {len(found[f"urn:s|{value}"]) for value in range(100)} == {1}
    assert min(len(found["urn:s|a"]), len(found["urn:s|b"])) >= ENOUGH
    assert devices.searches == [102, 101, 100]


async def test_where_many_are_carried_by_many_each_is_looked_for_in_the_end() -> None:
    crowds = [chr(ord("a") + number) for number in range(ROUNDS + 1)]
    devices = Devices(*(each for each in crowds for _ in range(100)), "z")
    found = await holders(devices.search, [f"urn:s|{value}" for value in (*crowds, "z")])
    assert {text: len(each) for text, each in found.items() if len(each) < ENOUGH} == {"urn:s|z": 1}
    assert devices.searches == [7, 6, 5, 4, 3, 1, 1]
