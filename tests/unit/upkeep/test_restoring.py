from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.fhir.json import encode
from app.store.repository import Write
from app.upkeep.history_line import history_line
from app.upkeep.restoring import Restored, restore
from tests.builders import device, organization, patient, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.intake.verdict import Rules
    from app.store.sqlite import SqliteStore
    from tests.unit.upkeep.conftest import NewStore


async def lines_of(store: SqliteStore, *types: str) -> list[bytes]:
    return [history_line(each) for type_ in types for each in await store.histories(type_, "", 100)]


async def restored(rules: Rules, store: SqliteStore, lines: list[bytes]) -> Restored:
    [result] = [each async for each in restore(rules, store, enumerate_lines(lines))]
    return result


def enumerate_lines(lines: list[bytes]) -> list[tuple[str, Any]]:
    return [(f"line {number}", line) for number, line in enumerate(lines, 1)]


async def test_numbers_times_and_authors_are_kept(
    rules: Rules, store: SqliteStore, new_store: NewStore, put: Callable[..., Any]
) -> None:
    await put(patient(), patient(gender="female"), device())
    await store.write([Write("Device", "d1", None, author="bloc-4")])
    lines, other = await lines_of(store, "Patient", "Device"), await new_store()
    result = await restored(rules, other, lines)
    assert (result.lines, result.changed, result.refused) == (2, {"Patient": 1, "Device": 1}, [])
    assert await lines_of(other, "Patient", "Device") == lines


async def test_what_is_there_already_changes_nothing(rules: Rules, store: SqliteStore, put: Callable[..., Any]) -> None:
    await put(patient(), organization())
    result = await restored(rules, store, await lines_of(store, "Patient", "Organization"))
    assert result.changed == {"Patient": 0, "Organization": 0}
    assert result.same == {"Patient": 1, "Organization": 1}


async def test_what_would_become_current_has_to_be_valid(
    rules: Rules, store: SqliteStore, new_store: NewStore, put: Callable[..., Any]
) -> None:
    await put(patient(gender="wrong"), patient(id="p2", gender="wrong"), patient(id="p2"))
    lines, other = await lines_of(store, "Patient"), await new_store()
    result = await restored(rules, other, lines)
    assert [(each.source, each.issues[0].expression) for each in result.refused] == [("line 1", "Patient.gender")]
    assert list(await other.heads("Patient", ["p1", "p2"])) == ["p2"]


async def test_a_line_that_is_no_history_does_not_stop_the_others(
    rules: Rules, store: SqliteStore, new_store: NewStore, put: Callable[..., Any]
) -> None:
    await put(patient())
    [line] = await lines_of(store, "Patient")
    result = await restored(rules, await new_store(), [b"{", encode(patient()), line])
    assert [each.source for each in result.refused] == ["line 1", "line 2"]
    assert result.changed == {"Patient": 1}


async def test_a_key_that_another_resource_has_refuses_one_alone(
    rules: Rules, store: SqliteStore, new_store: NewStore, put: Callable[..., Any]
) -> None:
    await put(procedure(id="mine"), keys=("Procedure idIntervention o 1",))
    await put(procedure(id="other"))
    lines, other = await lines_of(store, "Procedure"), await new_store()
    await other.write([Write("Procedure", "theirs", procedure(), keys=("Procedure idIntervention o 1",))])
    result = await restored(rules, other, lines)
    assert [(each.source, each.issues[0].code) for each in result.refused] == [("line 1", "duplicate")]
    assert (result.changed, result.same) == ({"Procedure": 1}, {"Procedure": 0})
