from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.errors import NotFound, VersionConflict
from app.intake.create import create
from app.intake.delete import DELETED, DELETED_BEFORE, delete
from app.store.repository import Head, Write
from tests.builders import device, procedure

if TYPE_CHECKING:
    from app.access.principal import PrincipalRepository
    from app.intake.verdict import Rules


@pytest.fixture(autouse=True)
async def _stored(writer: PrincipalRepository) -> None:
    await writer.write([Write("Device", "d1", device())])


@pytest.mark.parametrize("if_match", [None, "*", "1", 'W/"1"'])
async def test_a_delete_leaves_a_tombstone(writer: PrincipalRepository, if_match: str | None) -> None:
    assert await delete(writer, "Device", "d1", if_match) == DELETED
    assert (await writer.heads("Device", ["d1"]))["d1"] == Head(2, deleted=True)
    assert not await writer.read("Device", ["d1"])


@pytest.mark.parametrize("if_match", [None, "*", "1", "2"])
async def test_a_second_delete_changes_nothing(writer: PrincipalRepository, if_match: str | None) -> None:
    await delete(writer, "Device", "d1", if_match if if_match != "2" else None)
    assert await delete(writer, "Device", "d1", if_match) == DELETED_BEFORE
    assert (await writer.heads("Device", ["d1"]))["d1"].version == 2


async def test_racing_deletes_leave_one_tombstone(writer: PrincipalRepository) -> None:
    done = await asyncio.gather(*(delete(writer, "Device", "d1") for _ in range(20)))
    assert done.count(DELETED) == 1
    assert (await writer.heads("Device", ["d1"]))["d1"].version == 2


@pytest.mark.parametrize("identity", ["d2", "", "\ud800"])
async def test_an_unknown_id_is_refused(writer: PrincipalRepository, identity: str) -> None:
    with pytest.raises(NotFound):
        await delete(writer, "Device", identity)


async def test_a_stale_if_match_is_refused(writer: PrincipalRepository) -> None:
    with pytest.raises(VersionConflict):
        await delete(writer, "Device", "d1", "3")


async def test_a_deleted_procedure_frees_its_number(rules: Rules, writer: PrincipalRepository) -> None:
    kept = await create(rules, writer, "Procedure", procedure())
    await delete(writer, "Procedure", kept.resource["id"])
    assert (await create(rules, writer, "Procedure", procedure())).created
