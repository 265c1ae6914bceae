"""What a token for one patient reaches is asked of each store in the same words, and each answers alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.access.grant import grant_of
from app.access.guarded import seen_by
from app.access.principal import Principal
from app.errors import Forbidden
from app.search.algebra import ID, And, Eq, In, Linked, Not, Search
from app.search.index import search_index
from app.store.repository import Write
from tests.store.kinds import JOINING

if TYPE_CHECKING:
    from app.access.principal import PrincipalRepository
    from tests.store.conftest import Opened

pytestmark = pytest.mark.parametrize("open_store", JOINING, indirect=True)

BASE = "https://dmi.example/fhir"


def reference(place: str) -> dict[str, str]:
    return {"reference": place}


DOCUMENTS: dict[str, dict[str, Any]] = {
    "Patient/a": {},
    "Patient/b": {},
    "Practitioner/s": {},
    "Procedure/mine": {
        "subject": reference(f"{BASE}/Patient/a"),
        "focalDevice": [{"manipulated": reference(f"Device/{id_}")} for id_ in ("used", "theirs")],
        "status": "completed",
    },
    "Procedure/theirs": {
        "subject": reference("Patient/b"),
        "usedReference": [reference("Device/theirs"), reference("Device/stock")],
        "status": "completed",
    },
    "Device/used": {},
    "Device/named": {"patient": reference("Patient/a")},
    "Device/theirs": {"patient": reference("Patient/b")},
    "Device/stock": {},
    "Device/free": {},
}


@pytest.fixture
async def mine(open_store: Opened) -> PrincipalRepository:
    store = await open_store(search_index())
    named = {place: place.split("/") for place in DOCUMENTS}
    await store.write(
        [
            Write(name, id_, {"resourceType": name, "id": id_, **DOCUMENTS[place]})
            for place, (name, id_) in named.items()
        ]
    )
    return seen_by(store, Principal("a", "a", grant_of(["patient/*.cruds"], "a", BASE)), BASE)


async def ids(mine: PrincipalRepository, name: str, search: Search) -> list[str]:
    return [row.position.id for row in (await mine.search(name, search)).rows]


async def test_what_is_read_searched_and_counted_is_the_patients(mine: PrincipalRepository) -> None:
    assert set(await mine.read("Device", ["used", "named", "theirs", "stock", "free", "never"])) == {"used", "named"}
    assert await ids(mine, "Device", Search()) == ["named", "used"]
    assert await ids(mine, "Procedure", Search(Not(Eq(ID, "x")))) == ["mine"]
    assert [await mine.count(name, And()) for name in ("Patient", "Device", "Practitioner")] == [1, 2, 1]
    assert set(await mine.read("Patient", ["a", "b"], ["birthDate"])) == {"a"}


async def test_chains_and_what_refers_to_a_device_are_the_patients(mine: PrincipalRepository) -> None:
    to_theirs = Linked("focal_device", "Device", In(ID, ("theirs",)), ("Device/",))
    assert await mine.count("Procedure", to_theirs) == 0
    assert await mine.count("Procedure", Not(to_theirs)) == 1
    targets = [("Device/theirs",), ("Device/used",)]
    pages = await mine.related("Procedure", "focal_device", targets, Search())
    assert [[row.position.id for row in page.rows] for page in pages] == [["mine"], ["mine"]]
    assert await mine.count_related("Procedure", "used_reference", targets, And()) == [0, 0]


async def test_what_is_anothers_is_neither_told_nor_written(mine: PrincipalRepository) -> None:
    stolen = {"resourceType": "Device", "id": "theirs", "patient": reference("Patient/a")}
    for refused in (
        mine.heads("Device", ["named", "theirs"]),
        mine.version("Device", "theirs"),
        mine.history("Device", "never", 5),
        mine.write([Write("Device", "theirs", stolen)]),
        mine.write([Write("Device", "named", None), Write("Device", "theirs", None)]),
        mine.write([Write("Device", "new", {"resourceType": "Device"})]),
    ):
        with pytest.raises(Forbidden):
            await refused
    assert (await mine.whole.heads("Device", ["theirs"]))["theirs"].version == 1
    assert not (await mine.heads("Device", ["named"]))["named"].deleted
    given = {**stolen, "id": "named", "lotNumber": "L"}
    await mine.write([Write("Device", "named", given)])
    assert [each.version for each in await mine.history("Device", "named", 5)] == [2, 1]
