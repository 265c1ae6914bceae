from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.store.repository import Flaw, Write
from app.upkeep.checking import Fault, dangling, kept_well
from app.upkeep.targets import targets
from tests.builders import device, patient, practitioner, procedure

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from app.store.sqlite import SqliteStore

BASE = "https://dmi.example/fhir"


async def leading_nowhere(store: SqliteStore, type_name: str) -> list[tuple[str, str]]:
    """(id, path) of each reference that leads to nothing."""
    return [(fault.id, fault.path) async for _, faults in dangling(store, type_name, BASE) for fault in faults]


def test_references_are_told_by_path_type_and_id() -> None:
    found = {(path, f"{type_}/{id_}") for path, type_, id_ in targets(procedure(), BASE, entries=False)}
    assert found == {
        ("Procedure.subject", "Patient/p1"),
        ("Procedure.performer[0].actor", "Practitioner/s1"),
        ("Procedure.performer[0].onBehalfOf", "Organization/o1"),
        ("Procedure.focalDevice[0].manipulated", "Device/d1"),
    }


def test_references_to_elsewhere_are_not_ours_and_absolute_ones_to_this_server_are() -> None:
    for text, expected in (
        ("https://other.example/fhir/Patient/x", []),
        (f"{BASE}/Patient/x", ["x"]),
        ("#inside", []),
        ("urn:uuid:00000000-0000-4000-8000-000000000000", []),
        ("Medication/x", []),
        (["Patient/x"], []),
    ):
        found = targets({"resourceType": "Procedure", "subject": {"reference": text}}, BASE, entries=False)
        assert [id_ for _, _, id_ in found] == expected


def test_the_entries_of_a_bundle_are_looked_at_only_when_asked() -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": procedure()}]}
    assert list(targets(bundle, "", entries=False)) == []
    assert len(list(targets(bundle, "", entries=True))) == 4


async def test_a_reference_to_nothing_is_told_with_its_path(store: SqliteStore, put: Callable[..., Any]) -> None:
    await put(procedure(id="x"), patient(), practitioner(), device())
    assert await leading_nowhere(store, "Procedure") == [("x", "Procedure.performer[0].onBehalfOf")]


async def test_a_deleted_resource_is_nothing_to_refer_to(store: SqliteStore, put: Callable[..., Any]) -> None:
    await put(device(patient={"reference": "Patient/p1"}), patient())
    assert await leading_nowhere(store, "Device") == []
    await store.write([Write("Patient", "p1", None)])
    assert await leading_nowhere(store, "Device") == [("d1", "Device.patient")]


async def test_an_audit_event_may_name_what_is_gone(store: SqliteStore, put: Callable[..., Any]) -> None:
    event = {"resourceType": "AuditEvent", "id": "e", "entity": [{"what": {"reference": "Patient/gone"}}]}
    await put(event)
    assert await leading_nowhere(store, "AuditEvent") == []


async def test_every_resource_is_looked_at(store: SqliteStore, put: Callable[..., Any]) -> None:
    await put(*(device(id=f"d{number:04}") for number in range(401)))
    assert sum([number async for number, _ in dangling(store, "Device", BASE)]) == 401


class Flawed:
    """A store in which some resources are not kept well; `mended` are those whose search values were made anew."""

    def __init__(self, *flaws: Flaw) -> None:
        self._flaws = list(flaws)
        self.mended: set[str] = set()

    async def inspect(self, type: str, after: str, count: int) -> tuple[str | None, Sequence[Flaw]]:  # noqa: A002 - FHIR's word
        flaws = [flaw for flaw in self._flaws if flaw.id > after][:count]
        return (flaws[-1].id if flaws else None), flaws

    async def repair(self, type: str, ids: Collection[str]) -> None:  # noqa: A002 - FHIR's word
        self.mended |= set(ids)
        self._flaws = [flaw for flaw in self._flaws if flaw.id not in ids or flaw.problem != "search-values"]


async def faults_of(store: Any, *, repair: bool) -> list[Fault]:
    return [fault async for faults in kept_well(store, "Device", repair=repair) for fault in faults]


async def test_nothing_is_changed_unless_asked() -> None:
    store = Flawed(Flaw("Device", "a", "search-values"))
    assert await faults_of(store, repair=False) == [Fault("Device", "a", "search-values")]
    assert store.mended == set()


async def test_search_values_are_repaired_and_nothing_else() -> None:
    store = Flawed(Flaw("Device", "a", "search-values"), Flaw("Device", "b", "history"))
    assert await faults_of(store, repair=True) == [
        Fault("Device", "a", "search-values", repaired=True),
        Fault("Device", "b", "history"),
    ]
    assert store.mended == {"a"}


async def test_a_store_that_is_whole_has_no_faults(store: SqliteStore, put: Callable[..., Any]) -> None:
    await put(*(device(id=f"d{number:04}") for number in range(401)))
    assert await faults_of(store, repair=True) == []
