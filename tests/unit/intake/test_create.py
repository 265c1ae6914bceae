from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.errors import DuplicateKey, InProgress, InvalidResource, PreconditionFailed
from app.intake import ledger
from app.intake.condition import condition
from app.intake.create import create
from app.intake.kept import FOUND
from app.search.algebra import And
from tests.builders import device, patient, procedure

if TYPE_CHECKING:
    from app.access.principal import PrincipalRepository
    from app.intake.verdict import Rules

INS = "identifier=urn:oid:1.2.250.1.213.1.4.8|280079912345678"


async def test_what_no_resource_meets_is_created(rules: Rules, writer: PrincipalRepository) -> None:
    kept = await create(rules, writer, "Patient", patient(), INS)
    assert (kept.created, kept.version, kept.location) == (True, 1, f"Patient/{kept.resource['id']}/_history/1")


async def test_the_one_resource_that_meets_the_condition_is_answered(rules: Rules, writer: PrincipalRepository) -> None:
    first = await create(rules, writer, "Patient", patient(), INS)
    again = await create(rules, writer, "Patient", {"not": "looked at"}, INS)
    assert (again.resource, again.created, again.changed) == (first.resource, False, False)
    assert again.issues == (FOUND,)


async def test_a_condition_that_several_meet_is_refused(rules: Rules, writer: PrincipalRepository) -> None:
    for _ in range(2):
        await create(rules, writer, "Patient", patient())
    with pytest.raises(PreconditionFailed):
        await create(rules, writer, "Patient", patient(), INS)
    assert await writer.count("Patient", And()) == 2


async def test_fifty_racing_conditional_creates_leave_one_resource(rules: Rules, writer: PrincipalRepository) -> None:
    kept = await asyncio.gather(*(create(rules, writer, "Patient", patient(), INS) for _ in range(50)))
    assert await writer.count("Patient", And()) == 1
    assert len({each.resource["id"] for each in kept}) == 1
    assert [each.created for each in kept].count(True) == 1


async def test_a_refused_create_lets_go_of_its_condition(rules: Rules, writer: PrincipalRepository) -> None:
    with pytest.raises(InvalidResource):
        await create(rules, writer, "Patient", patient(birthDate="never"), INS)
    assert (await create(rules, writer, "Patient", patient(), INS)).created


async def test_a_condition_that_another_one_holds_is_not_waited_for_for_ever(
    rules: Rules, writer: PrincipalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger.Patience.__init__, "__defaults__", (0.0,))
    await writer.reserve(condition("Patient", INS, rules.base).name, "killed", 60)
    with pytest.raises(InProgress):
        await create(rules, writer, "Patient", patient(), INS)


async def test_a_second_procedure_with_the_number_of_another_names_that_one(
    rules: Rules, writer: PrincipalRepository
) -> None:
    first = await create(rules, writer, "Procedure", procedure())
    with pytest.raises(DuplicateKey, match=f"Procedure/{first.resource['id']}"):
        await create(rules, writer, "Procedure", procedure(bodySite=[{"text": "genou"}]))


async def test_fifty_racing_creates_of_one_procedure_leave_one(rules: Rules, writer: PrincipalRepository) -> None:
    tried = await asyncio.gather(
        *(create(rules, writer, "Procedure", procedure()) for _ in range(50)), return_exceptions=True
    )
    assert await writer.count("Procedure", And()) == 1
    assert sum(isinstance(each, DuplicateKey) for each in tried) == 49


async def test_the_sent_resource_is_left_as_it_is(rules: Rules, writer: PrincipalRepository) -> None:
    sent = device()
    await create(rules, writer, "Device", sent)
    assert sent == device()
