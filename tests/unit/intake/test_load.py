from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.errors import DuplicateKey, RequestError
from app.fhir.json import encode
from app.intake.load import BATCH, MOST_FINDINGS, Loaded, load
from app.intake.verdict import Rules
from app.profiles import DEFAULTS, Validator, load_profiles
from app.store.repository import Page, Stored, Write
from tests.builders import organization, procedure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.search.algebra import Search


class Notebook:
    """A writer that notes the batches it is given."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Write]] = []

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        self.batches.append(writes)
        return [Stored(write.resource, 1) for write in writes]

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        return {}

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        return Page((), has_previous=False, has_next=False)


@pytest.fixture
def validator() -> Validator:
    return Validator(load_profiles(), DEFAULTS)


async def loaded(validator: Validator, writer: Notebook, sent: Iterable[Any]) -> list[Loaded]:
    pairs = [(f"line {number}", value) for number, value in enumerate(sent)]
    return [each async for each in load(Rules(validator), writer, pairs)]


async def test_a_resource_keeps_its_id(validator: Validator) -> None:
    (result,) = await loaded(validator, Notebook(), [organization(id="chu")])
    assert (result.place, result.changed, result.refused) == ("Organization/chu", True, False)


async def test_a_resource_without_an_id_gets_one(validator: Validator) -> None:
    (result,) = await loaded(validator, Notebook(), [organization(id=None)])
    assert result.place.startswith("Organization/")
    assert len(result.place) > len("Organization/")


async def test_a_refused_resource_does_not_stop_the_others(validator: Validator) -> None:
    writer = Notebook()
    results = await loaded(validator, writer, [procedure(status=None), organization(), b"{"])
    assert [result.refused for result in results] == [True, False, True]
    assert [write.type for batch in writer.batches for write in batch] == ["Organization"]


async def test_a_type_that_is_not_served_is_refused_with_the_list_of_those_that_are(validator: Validator) -> None:
    (result,) = await loaded(validator, Notebook(), [{"resourceType": "Medication", "id": "m"}])
    assert result.refused
    assert "Procedure" in result.issues[-1].en


async def test_many_resources_are_written_in_batches(validator: Validator) -> None:
    writer = Notebook()
    await loaded(validator, writer, (organization(id=f"o{n}") for n in range(BATCH + 1)))
    assert [len(batch) for batch in writer.batches] == [BATCH, 1]


async def test_nothing_to_load_is_nothing_written(validator: Validator) -> None:
    writer = Notebook()
    assert await loaded(validator, writer, []) == []
    assert writer.batches == []


async def test_what_cannot_be_read_is_refused_with_its_reason(validator: Validator) -> None:
    (result,) = await loaded(validator, Notebook(), [RequestError("torn", "déchiré")])
    assert result.refused
    assert result.issues[0].en == "torn"


async def test_large_texts_are_not_gathered_by_the_hundred(validator: Validator) -> None:
    writer = Notebook()
    text = encode(organization(name="x" * 900_000))
    await loaded(validator, writer, [text] * 12)
    assert [len(batch) for batch in writer.batches] == [5, 5, 2]


async def test_the_type_and_what_was_sent_are_told_of_a_refused_one(validator: Validator) -> None:
    sent = procedure(status=None)
    (result,) = await loaded(validator, Notebook(), [sent])
    assert (result.type, result.sent) == ("Procedure", sent)


async def test_an_organization_of_the_batch_names_the_legal_entity_of_a_procedure(validator: Validator) -> None:
    writer = Notebook()
    finess = {"system": "urn:finess", "value": "123"}
    await loaded(validator, writer, [procedure(id="i1"), organization(identifier=[finess])])
    assert [write.keys for batch in writer.batches for write in batch if write.type == "Procedure"] == [
        ("Procedure idIntervention Organization/o1 |I-1", "Procedure idIntervention urn:finess|123 |I-1")
    ]


async def test_findings_are_not_gathered_by_the_million(validator: Validator) -> None:
    wrong, given = organization(**{f"unknown{number}": 1 for number in range(200)}), iter(range(BATCH))
    results = load(Rules(validator), Notebook(), ((str(number), wrong) for number in given))
    assert (await anext(results)).refused
    assert next(given) <= MOST_FINDINGS // 200 + 1


async def test_one_that_has_the_key_of_another_costs_the_others_few_writes(validator: Validator) -> None:
    writer = Claiming()
    results = await loaded(validator, writer, (organization(id=f"o{n}") for n in range(500)))
    assert [result.place for result in results if not result.refused] == [
        f"Organization/o{n}" for n in range(500) if n != 321
    ]
    assert results[321].issues[0].code == "duplicate"
    assert len(writer.batches) < 25


class Claiming(Notebook):
    """One in which Organization/o321 has the key of another."""

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        stored = await super().write(writes)
        if any(write.id == "o321" for write in writes):
            raise DuplicateKey("Organization/other")
        return stored
