"""Large answers are built in parts, between which others get their turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.schema.execution import references
from app.schema.execution.references import LONG, ROWS
from tests.builders import organization, patient, procedure
from tests.turns import Turns

if TYPE_CHECKING:
    import pytest

    from tests.conftest import Start


class Known:
    """A store that answers a search at once when it has answered it before: nobody gets a turn for the reading."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._pages: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def search(self, *asked: Any) -> Any:
        if asked not in self._pages:
            self._pages[asked] = await self._store.search(*asked)
        return self._pages[asked]


async def turns(start: Start, rows: int, selection: str) -> int:
    """The turns that others get while that many rows are answered."""
    product = await start(organization(), *(patient(id=f"p{number}") for number in range(rows)), wrap=Known)
    asked = f"{{ PatientList(_count: {rows}) {{ {selection} }} }}"
    await product.data(asked)
    counted = Turns()
    data = await counted.during(product.data(asked))
    assert len(data["PatientList"]) == rows
    return counted.count


async def test_others_get_a_turn_after_every_part_of_a_long_list(start: Start) -> None:
    few, many = await turns(start, LONG, "id"), await turns(start, LONG + 10 * ROWS, "id")
    assert many >= few + 9


async def test_items_of_a_long_list_keep_their_order(start: Start) -> None:
    names = [{"family": f"F{number}"} for number in range(3 * LONG)]
    product = await start(patient(name=names))
    assert (await product.data('{ Patient(id: "p1") { name { family } } }'))["Patient"]["name"] == names


async def test_an_error_in_a_long_list_is_at_its_item(start: Start) -> None:
    names: list[Any] = [{"family": f"F{number}"} for number in range(2 * LONG)]
    names[LONG + 3] = "Martin"
    product = await start(patient(name=names))
    answer = await product.ask('{ Patient(id: "p1") { name { family } } }')
    assert [error["path"] for error in answer["errors"]] == [["Patient", "name", LONG + 3, "family"]]
    assert answer["data"]["Patient"]["name"][LONG + 3] == {"family": None}
    assert answer["data"]["Patient"]["name"][-1] == names[-1]


async def test_others_get_a_turn_while_many_references_are_followed(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "AT_ONCE", 10)
    rows = [procedure(id=f"x{number}", identifier=None) for number in range(60)]
    product = await start(patient(), *rows)
    asked = "{ ProcedureList(_count: 60) { subject { resource { id } } } }"
    counted = Turns()
    data = await counted.during(product.data(asked))
    assert data["ProcedureList"] == [{"subject": {"resource": {"id": "p1"}}}] * 60
    assert counted.count > 6
