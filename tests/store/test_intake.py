"""What intake builds on a store, on every one of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.access.principal import Principal, PrincipalRepository
from app.errors import DuplicateKey, VersionConflict
from app.intake.create import create
from app.intake.idempotency import Answer, digest, replayed
from app.intake.identity import RepeatableIds
from app.intake.update import update
from app.intake.verdict import Rules
from app.profiles import DEFAULTS, Validator, load_profiles
from app.search.algebra import And
from app.search.index import search_index
from app.store.repository import Write
from tests.builders import device, patient, procedure

if TYPE_CHECKING:
    from tests.store.conftest import Opened

RACING = 20
INS = "identifier=280079912345678"


@pytest.fixture
async def writer(open_store: Opened) -> PrincipalRepository:
    return PrincipalRepository(await open_store(search_index()), Principal("bloc-3"))


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules(Validator(load_profiles(), DEFAULTS), references="ignore")


async def test_racing_conditional_creates_leave_one_resource(rules: Rules, writer: PrincipalRepository) -> None:
    kept = await asyncio.gather(*(create(rules, writer, "Patient", patient(), INS) for _ in range(RACING)))
    assert await writer.count("Patient", And()) == 1
    assert [each.created for each in kept].count(True) == 1


async def test_racing_creates_of_one_procedure_leave_one(rules: Rules, writer: PrincipalRepository) -> None:
    racing = (create(rules, writer, "Procedure", procedure()) for _ in range(RACING))
    tried = await asyncio.gather(*racing, return_exceptions=True)
    assert await writer.count("Procedure", And()) == 1
    assert sum(isinstance(each, DuplicateKey) for each in tried) == RACING - 1


async def test_racing_updates_with_if_match_have_one_winner(rules: Rules, writer: PrincipalRepository) -> None:
    await writer.write([Write("Device", "d1", device())])
    racing = (update(rules, writer, "Device", "d1", device(lotNumber=f"L{n}"), "1") for n in range(RACING))
    tried = await asyncio.gather(*racing, return_exceptions=True)
    assert sum(isinstance(each, VersionConflict) for each in tried) == RACING - 1


async def test_a_repeated_create_is_told_what_it_stored(rules: Rules, writer: PrincipalRepository) -> None:
    first, again = [await create(rules, writer, "Device", device(), None, RepeatableIds("k")) for _ in range(2)]
    assert first.resource == again.resource


async def test_racing_repeats_under_a_key_are_done_once(writer: PrincipalRepository) -> None:
    done: list[int] = []

    async def work() -> Answer:
        done.append(1)
        return Answer("stored", lasting=True)

    replays = await asyncio.gather(*(replayed(writer, "k", digest(b""), work) for _ in range(RACING)))
    assert ({each.text for each in replays}, len(done)) == ({"stored"}, 1)
