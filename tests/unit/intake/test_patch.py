from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Gone, InvalidResource, NotFound, VersionConflict
from app.intake.delete import delete
from app.intake.patch import patch
from app.store.repository import Write
from tests.builders import device, patient

if TYPE_CHECKING:
    from app.access.principal import PrincipalRepository
    from app.intake.verdict import Rules

LOT = [{"op": "replace", "path": "/lotNumber", "value": "B"}]


@pytest.fixture(autouse=True)
async def _stored(writer: PrincipalRepository) -> None:
    await writer.write([Write("Device", "d1", device()), Write("Patient", "p1", patient())])


@pytest.mark.parametrize("if_match", [None, "*", "1"])
async def test_a_patch_makes_the_next_version(rules: Rules, writer: PrincipalRepository, if_match: str | None) -> None:
    kept = await patch(rules, writer, "Device", "d1", LOT, if_match)
    assert (kept.version, kept.resource["lotNumber"]) == (2, "B")
    assert (await writer.read("Device", ["d1"]))["d1"] == kept.resource


async def test_a_patch_that_changes_nothing_makes_no_version(rules: Rules, writer: PrincipalRepository) -> None:
    assert not (await patch(rules, writer, "Device", "d1", [])).changed


async def test_the_result_must_be_valid(rules: Rules, writer: PrincipalRepository) -> None:
    with pytest.raises(InvalidResource) as refusal:
        await patch(rules, writer, "Device", "d1", [{"op": "add", "path": "/status", "value": "broken"}])
    assert refusal.value.issues[0].expression == "Device.status"
    assert (await writer.heads("Device", ["d1"]))["d1"].version == 1


async def test_racing_patches_without_if_match_are_all_applied(rules: Rules, writer: PrincipalRepository) -> None:
    def given(name: str) -> list[Any]:
        return [{"op": "add", "path": "/name/0/given/-", "value": name}]

    await asyncio.gather(*(patch(rules, writer, "Patient", "p1", given(f"N{n}")) for n in range(8)))
    [name] = (await writer.read("Patient", ["p1"]))["p1"]["name"]
    assert sorted(name["given"]) == sorted(["Zoé", *(f"N{n}" for n in range(8))])


async def test_racing_patches_with_if_match_have_one_winner(rules: Rules, writer: PrincipalRepository) -> None:
    racing = (patch(rules, writer, "Device", "d1", [{**LOT[0], "value": f"L{n}"}], "1") for n in range(20))
    tried = await asyncio.gather(*racing, return_exceptions=True)
    assert sum(isinstance(each, VersionConflict) for each in tried) == 19


async def test_a_deleted_resource_cannot_be_patched(rules: Rules, writer: PrincipalRepository) -> None:
    await delete(writer, "Device", "d1")
    with pytest.raises(Gone):
        await patch(rules, writer, "Device", "d1", LOT)


@pytest.mark.parametrize("identity", ["d2", "", "\ud800"])
async def test_an_unknown_id_is_refused(rules: Rules, writer: PrincipalRepository, identity: str) -> None:
    with pytest.raises(NotFound):
        await patch(rules, writer, "Device", identity, LOT)
