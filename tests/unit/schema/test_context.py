from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.errors import InvalidSearch
from app.schema.context import FEW, MANY, Containers, Context, Once
from app.schema.loaders import Loaders
from tests.builders import Document, device, organization, patient, procedure
from tests.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator

SAID = InvalidSearch("Not like this.", "Pas ainsi.")


def test_what_is_asked_once_is_not_found_out_again() -> None:
    asked: list[int] = []

    def twice(number: int) -> int:
        asked.append(number)
        return 2 * number

    once = Once()
    assert [once(twice, 1), once(twice, 1), once(twice, 2)] == [2, 2, 4]
    assert asked == [1, 2]


def test_an_error_is_found_out_once_and_raised_each_time() -> None:
    asked: list[int] = []

    def refuse(number: int) -> int:
        asked.append(number)
        raise SAID

    once = Once()
    for _ in range(3):
        with pytest.raises(InvalidSearch) as raised:
            once(refuse, 1)
        assert raised.value is SAID
    assert asked == [1]


def test_functions_with_the_same_arguments_are_told_apart() -> None:
    once = Once()
    assert (once(max, 1, 2), once(min, 1, 2)) == (2, 1)


def bundle(*resources: Document) -> Document:
    return {"resourceType": "Bundle", "entry": [{"resource": each} for each in resources]}


def test_a_resource_that_came_by_itself_is_stored() -> None:
    containers = Containers()
    alone, holding = patient(), patient(contained=[device()])
    containers.enter(holding)
    assert [containers.place(each) for each in (alone, holding)] == ["stored", "stored"]


class Read(list[Document]):
    """A list that counts how often it is gone through."""

    def __init__(self, *items: Document) -> None:
        super().__init__(items)
        self.times = 0

    def __reversed__(self) -> Iterator[Document]:
        self.times += 1
        return super().__reversed__()

    def __iter__(self) -> Iterator[Document]:
        self.times += 1
        return super().__iter__()


def test_contained_resources_are_gone_through_once_however_many_references_lead_to_them() -> None:
    inside = Read(*(device(id=f"d{number}") for number in range(9)), device(id="d0", lotNumber="second"))
    references = [{"reference": f"#d{number}"} for number in range(9)]
    containers = Containers()
    containers.enter(procedure(contained=inside, usedReference=references))
    entered = inside.times
    found = [containers.contained(each, each["reference"][1:]) for each in references]
    assert found == inside[:9]
    assert inside.times == entered + 1


def test_a_resource_inside_another_is_contained_also_when_it_is_met_again() -> None:
    containers = Containers()
    inner = device(contained=[organization()])
    containers.enter(patient(contained=[inner]))
    containers.enter(inner)
    assert containers.place(inner) == "contained"


def test_resources_of_a_bundle_are_entries_also_when_they_are_met_again() -> None:
    containers = Containers()
    inner = device()
    entry, nested = patient(contained=[inner]), organization()
    containers.enter(bundle(entry, bundle(nested)))
    containers.enter(entry)
    assert [containers.place(each) for each in (entry, nested, inner)] == ["entry", "entry", "contained"]


class Reader:
    """A store in which whatever is asked for is there."""

    in_process = True

    async def read(self, type_name: str, ids: list[str], _elements: object) -> Document:
        return {id_: {"resourceType": type_name, "id": id_} for id_ in ids}


async def test_many_resources_are_let_go_of_a_few_at_a_time() -> None:
    reader: Any = Reader()
    rules: Any = None
    loaders = Loaders(reader)
    context = Context(reader, loaders, rules, "en", 1_000, "", "")
    tickets = [loaders.load("Patient", f"p{number}") for number in range(MANY + 1)]
    await loaders.flush()
    for ticket in tickets:
        context.containers.enter(await ticket or {})
    turns = Turns()
    await turns.during(context.let_go())
    assert [len(held) for held in loaders.held()] == [0]
    assert not context.containers.sites.held()
    assert turns.count >= 2 * MANY / FEW
