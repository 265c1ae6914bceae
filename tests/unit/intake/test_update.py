from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.errors import DuplicateKey, InvalidResource, NotFound, RequestError, VersionConflict
from app.intake.create import create
from app.intake.delete import delete
from app.intake.kept import UNCHANGED
from app.intake.update import update
from app.store.repository import Write
from tests.builders import DISCRIMINATOR, device, procedure

if TYPE_CHECKING:
    from app.access.principal import PrincipalRepository
    from app.intake.verdict import Rules
    from tests.builders import Document


@pytest.fixture
async def stored(writer: PrincipalRepository) -> None:
    await writer.write([Write("Device", "d1", device())])


def numbered(number: str) -> Document:
    coding = {"system": DISCRIMINATOR, "code": "idIntervention"}
    return procedure(identifier=[{"type": {"coding": [coding]}, "value": number}])


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("if_match", [None, "*", "1", '"1"', 'W/"1"', ' W/"1" '])
async def test_an_update_makes_the_next_version(
    rules: Rules, writer: PrincipalRepository, if_match: str | None
) -> None:
    kept = await update(rules, writer, "Device", "d1", device(lotNumber="B"), if_match)
    assert (kept.version, kept.created, kept.changed) == (2, False, True)
    assert (await writer.read("Device", ["d1"]))["d1"] == kept.resource


@pytest.mark.usefixtures("stored")
async def test_an_equal_resource_makes_no_version(rules: Rules, writer: PrincipalRepository) -> None:
    kept = await update(rules, writer, "Device", "d1", device())
    assert (kept.version, kept.changed, kept.issues[-1]) == (1, False, UNCHANGED)


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("if_match", ["2", "0", 'W/"7"'])
async def test_a_stale_if_match_is_told_the_current_version(
    rules: Rules, writer: PrincipalRepository, if_match: str
) -> None:
    with pytest.raises(VersionConflict) as refusal:
        await update(rules, writer, "Device", "d1", device(lotNumber="B"), if_match)
    assert refusal.value.current == 1


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("if_match", ["", "one", '"1', "-1", "1, 2", "9" * 30, "١"])
async def test_an_if_match_that_names_no_version_is_refused(
    rules: Rules, writer: PrincipalRepository, if_match: str
) -> None:
    with pytest.raises(RequestError):
        await update(rules, writer, "Device", "d1", device(), if_match)


@pytest.mark.usefixtures("stored")
async def test_fifty_racing_updates_with_if_match_have_one_winner(rules: Rules, writer: PrincipalRepository) -> None:
    racing = (update(rules, writer, "Device", "d1", device(lotNumber=f"L{n}"), "1") for n in range(50))
    tried = await asyncio.gather(*racing, return_exceptions=True)
    assert sum(isinstance(each, VersionConflict) for each in tried) == 49
    assert (await writer.heads("Device", ["d1"]))["d1"].version == 2


@pytest.mark.usefixtures("stored")
async def test_fifty_racing_updates_without_if_match_all_succeed(rules: Rules, writer: PrincipalRepository) -> None:
    racing = (update(rules, writer, "Device", "d1", device(lotNumber=f"L{n}")) for n in range(50))
    assert sorted(kept.version for kept in await asyncio.gather(*racing)) == list(range(2, 52))


@pytest.mark.usefixtures("stored")
async def test_another_id_in_the_resource_is_named_with_every_other_issue(
    rules: Rules, writer: PrincipalRepository
) -> None:
    with pytest.raises(InvalidResource) as refusal:
        await update(rules, writer, "Device", "d1", device(id="d2", status="broken"))
    assert {"Device.id", "Device.status"} <= {issue.expression for issue in refusal.value.issues}


@pytest.mark.parametrize("identity", ["d1", "", "no id", "\ud800", "x" * 65])
async def test_an_unknown_id_is_refused(rules: Rules, writer: PrincipalRepository, identity: str) -> None:
    with pytest.raises(NotFound):
        await update(rules, writer, "Device", identity, device(id=None))


async def test_an_unknown_id_is_created_where_the_rules_say_so(rules: Rules, writer: PrincipalRepository) -> None:
    kept = await update(replace(rules, update_create=True), writer, "Device", "d1", device())
    assert (kept.version, kept.created, kept.location) == (1, True, "Device/d1/_history/1")


async def test_racing_updates_of_an_unknown_id_all_succeed(rules: Rules, writer: PrincipalRepository) -> None:
    creating = replace(rules, update_create=True)
    racing = (update(creating, writer, "Device", "d1", device(lotNumber=f"L{n}")) for n in range(20))
    kept = await asyncio.gather(*racing)
    assert sorted(each.version for each in kept) == list(range(1, 21))
    assert [each.created for each in kept].count(True) == 1


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("if_match", [None, "2"])
async def test_an_update_restores_a_deleted_resource(
    rules: Rules, writer: PrincipalRepository, if_match: str | None
) -> None:
    await delete(writer, "Device", "d1")
    kept = await update(rules, writer, "Device", "d1", device(), if_match)
    assert (kept.version, kept.created) == (3, True)


@pytest.mark.usefixtures("stored")
async def test_the_version_ahead_of_a_deletion_is_stale(rules: Rules, writer: PrincipalRepository) -> None:
    await delete(writer, "Device", "d1")
    with pytest.raises(VersionConflict) as refusal:
        await update(rules, writer, "Device", "d1", device(), "1")
    assert refusal.value.current == 2


@pytest.mark.usefixtures("stored")
async def test_any_version_that_is_asked_for_has_to_be_there(rules: Rules, writer: PrincipalRepository) -> None:
    await delete(writer, "Device", "d1")
    for id_, current in (("d1", 2), ("new", 0)):
        with pytest.raises(VersionConflict) as refusal:
            await update(replace(rules, update_create=True), writer, "Device", id_, device(id=id_), "*")
        assert refusal.value.current == current


@pytest.mark.usefixtures("stored")
async def test_racing_updates_of_any_version_are_all_done(rules: Rules, writer: PrincipalRepository) -> None:
    racing = (update(rules, writer, "Device", "d1", device(lotNumber=str(number)), "*") for number in range(5))
    assert sorted(each.version for each in await asyncio.gather(*racing)) == [2, 3, 4, 5, 6]


async def test_an_update_takes_its_new_number_and_frees_the_old_one(rules: Rules, writer: PrincipalRepository) -> None:
    first = (await create(rules, writer, "Procedure", numbered("1"))).resource["id"]
    second = (await create(rules, writer, "Procedure", numbered("2"))).resource["id"]
    with pytest.raises(DuplicateKey):
        await update(rules, writer, "Procedure", second, numbered("1"))
    await update(rules, writer, "Procedure", first, numbered("3"))
    assert (await update(rules, writer, "Procedure", second, numbered("1"))).version == 2
