"""Writers that are bound to a legal entity: on whose behalf they may write procedures, however it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from app.access.grant import grant_of
from app.access.guarded import seen_by
from app.access.principal import Principal
from app.errors import Forbidden
from app.search.algebra import And
from app.store.repository import Write
from tests.authorization.conftest import codes
from tests.authorization.holders import Holder
from tests.authorization.world import BASE
from tests.builders import DISCRIMINATOR, procedure

if TYPE_CHECKING:
    from tests.authorization.conftest import Guarded

pytestmark = pytest.mark.asyncio(loop_scope="module")

FINESS = "https://finess.esante.gouv.fr"
SIRET = "urn:siret"
FHIR = "application/fhir+json"
CREATE = "mutation($r: FHIR!) { ProcedureCreate(resource: $r) { resource { id } } }"


def organization(id_: str, *identifiers: tuple[str, str]) -> Write:
    found = [{"system": system, "value": value} for system, value in identifiers]
    return Write("Organization", id_, {"resourceType": "Organization", "id": id_, "identifier": found})


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def _written(guarded: Guarded) -> None:
    await guarded.store.write(
        [
            organization("chu", (FINESS, "1"), (SIRET, "11"), (SIRET, "shared")),
            organization("clinic", (FINESS, "2"), (SIRET, "shared")),
            organization("greedy", (FINESS, "3"), (FINESS, "1"), (FINESS, "4")),
        ]
    )


def holder(org: Any, scope: str = "system/*.cruds") -> Holder:
    return Holder("bound", {"scope": scope, "org": org})


numbers = iter(range(1_000))


def of(behalf: Any, **more: Any) -> dict[str, Any]:
    """A valid procedure on behalf of a Reference, with a number of its own."""
    number = {"type": {"coding": [{"system": DISCRIMINATOR, "code": "idIntervention"}]}, "value": f"N{next(numbers)}"}
    performer = {"actor": {"reference": "Practitioner/a"}, **({"onBehalfOf": behalf} if behalf else {})}
    return procedure(identifier=[number], performer=[performer], **more)


def named(system: str, value: str) -> dict[str, Any]:
    return {"type": "Organization", "identifier": {**({"system": system} if system else {}), "value": value}}


CHU = {"reference": "Organization/chu"}


@pytest.mark.parametrize(
    ("org", "behalf", "may"),
    [
        ("Organization/chu", CHU, True),
        ("chu", CHU, True),
        (f"{BASE}/Organization/chu", CHU, True),
        (["Organization/clinic", "Organization/chu"], CHU, True),
        (f"{FINESS}|1", named(FINESS, "1"), True),
        ("Organization/chu", {"reference": f"{BASE}/Organization/chu"}, True),
        ("Organization/chu", {"reference": "Organization/chu/_history/1"}, True),
        ("Organization/chu", named(SIRET, "11"), True),
        (f"{SIRET}|11", CHU, True),
        (f"{SIRET}|11", named(SIRET, "11"), True),
        ("Organization/chu", {"reference": "Organization/clinic"}, False),
        ("Organization/chu", {"reference": "Organization/CHU"}, False),
        ("Organization/chu", {"reference": "https://other.example/Organization/chu"}, False),
        ("Organization/chu", {"reference": "Organization/clinic", **named(SIRET, "11")}, False),
        ("Organization/chu", named(FINESS, "2"), False),
        ("Organization/chu", named(SIRET, "shared"), False),
        ("Organization/chu", named("", "11"), False),
        ("Organization/chu", None, False),
        ("Organization/chu", {"display": "CHU"}, False),
        # Two say that they have this number: it means neither, but to who is bound to the number itself.
        ("Organization/greedy", named(FINESS, "1"), False),
        ("Organization/chu", named(FINESS, "1"), False),
        (f"{FINESS}|1", CHU, False),
        (f"{FINESS}|4", CHU, False),
        (f"{FINESS}|4", {"reference": "Organization/greedy"}, True),
        (f"{FINESS}|4", named(FINESS, "3"), True),
        (f"{FINESS}|4", named(FINESS, "1"), False),
        (f"{SIRET}|shared", CHU, False),
        ("|11", named("", "11"), False),
        (None, CHU, False),
        ("", CHU, False),
        ([], CHU, False),
        ({"id": "chu"}, CHU, False),
        ("*", CHU, False),
        ("../chu", CHU, False),
    ],
)  # fmt: skip
async def test_procedures_are_created_on_behalf_of_one_legal_entity(
    guarded: Guarded, org: Any, behalf: Any, may: bool
) -> None:
    answer = await guarded.asked(holder(org), CREATE, {"r": of(behalf)})
    created = (answer["data"]["ProcedureCreate"] or {}).get("resource")
    assert (created is not None) is may, answer
    assert codes(answer) == ({} if may else {("ProcedureCreate",): "forbidden"}) or behalf is None
    if created:
        await guarded.store.erase("Procedure", [created["id"]])


@pytest.mark.parametrize(
    ("inside", "may"),
    [([(FINESS, "3")], True), ([(FINESS, "3"), (FINESS, "2")], False), ([(FINESS, "2")], False), ([], False)],
)
async def test_an_organization_inside_the_procedure_is_known_by_all_of_its_numbers(
    guarded: Guarded, inside: list[tuple[str, str]], may: bool
) -> None:
    contained = {"resourceType": "Organization", "id": "org", "name": "x"}
    if inside:
        contained["identifier"] = [{"system": system, "value": value} for system, value in inside]  # type: ignore[assignment]
    sent = of({"reference": "#org"}, contained=[contained])
    answer = await guarded.asked(holder("Organization/greedy"), CREATE, {"r": sent})
    assert codes(answer) == ({} if may else {("ProcedureCreate",): "forbidden"})


async def test_the_first_performer_with_an_entity_is_the_one_that_counts(guarded: Guarded) -> None:
    """The DMI profile allows one performer; other procedures may have several."""
    principal = Principal("x", "x", grant_of(["system/*.cruds"], entities=("Organization/chu",)))
    mine = seen_by(guarded.store, principal, BASE)
    nobody, chu, clinic = ({"onBehalfOf": each} for each in ({}, CHU, {"reference": "Organization/clinic"}))
    for performers, may in (([chu, clinic], True), ([clinic, chu], False), ([{}, chu], True), ([nobody, chu], False)):
        write = Write("Procedure", "several", {"resourceType": "Procedure", "id": "several", "performer": performers})
        if may:
            await mine.write([write])
        else:
            with pytest.raises(Forbidden):
                await mine.write([write])
    await guarded.store.erase("Procedure", ["several"])


async def test_a_procedure_of_another_entity_is_neither_changed_nor_taken_nor_deleted(guarded: Guarded) -> None:
    theirs, mine = of({"reference": "Organization/clinic"}, id="theirs"), of(CHU, id="mine")
    await guarded.store.write([Write("Procedure", "theirs", theirs), Write("Procedure", "mine", mine)])
    headers = {**holder("chu").headers, "Content-Type": FHIR}
    patching = {**headers, "Content-Type": "application/json-patch+json"}
    taking = [{"op": "replace", "path": "/performer/0/onBehalfOf/reference", "value": "Organization/chu"}]
    giving = [{"op": "replace", "path": "/performer/0/onBehalfOf/reference", "value": "Organization/clinic"}]
    refused = [
        await guarded.http.put("/fhir/Procedure/theirs", json={**of(CHU), "id": "theirs"}, headers=headers),
        await guarded.http.patch("/fhir/Procedure/theirs", json=taking, headers=patching),
        await guarded.http.delete("/fhir/Procedure/theirs", headers=headers),
        await guarded.http.patch("/fhir/Procedure/mine", json=giving, headers=patching),
        await guarded.http.put(
            "/fhir/Procedure/mine", json={**of({"reference": "Organization/clinic"}), "id": "mine"}, headers=headers
        ),
    ]
    assert [(each.status_code, each.json()["issue"][0]["code"]) for each in refused] == [(403, "forbidden")] * 5
    heads = await guarded.store.heads("Procedure", ["theirs", "mine"])
    assert (heads["theirs"].version, heads["mine"].version) == (1, 1)
    kept = await guarded.http.put("/fhir/Procedure/mine", json={**mine, "status": "stopped"}, headers=headers)
    assert kept.status_code == 200
    assert (await guarded.http.delete("/fhir/Procedure/mine", headers=headers)).status_code == 200
    restored = await guarded.http.put("/fhir/Procedure/mine", json={**of(CHU), "id": "mine"}, headers=headers)
    assert restored.status_code == 201
    await guarded.store.write([Write("Procedure", "theirs", None)])
    again = await guarded.http.put("/fhir/Procedure/theirs", json={**of(CHU), "id": "theirs"}, headers=headers)
    assert again.status_code == 403


async def test_one_procedure_of_another_entity_keeps_a_transaction_out(guarded: Guarded) -> None:
    before = [await guarded.store.count(name, And()) for name in ("Procedure", "Location")]
    entries = [
        {"resource": {"resourceType": "Location", "name": "x"}, "request": {"method": "POST", "url": "Location"}},
        {"resource": of(CHU), "request": {"method": "POST", "url": "Procedure"}},
        {"resource": of({"reference": "Organization/clinic"}), "request": {"method": "POST", "url": "Procedure"}},
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    response = await guarded.http.post("/fhir", json=bundle, headers={**holder("chu").headers, "Content-Type": FHIR})
    assert (response.status_code, response.json()["issue"][0]["code"]) == (403, "forbidden")
    assert [await guarded.store.count(name, And()) for name in ("Procedure", "Location")] == before
    bundle["entry"] = entries[:2]
    response = await guarded.http.post("/fhir", json=bundle, headers={**holder("chu").headers, "Content-Type": FHIR})
    assert response.status_code == 200


async def test_an_organization_that_comes_along_does_not_widen_the_right(guarded: Guarded) -> None:
    """Who is bound to one entity must not send a second one along that has its number too."""
    url = "urn:uuid:6f1d2c1e-0000-4000-8000-000000000001"
    other = {"resourceType": "Organization", "identifier": [{"system": SIRET, "value": "11"}], "name": "x"}
    entries = [
        {"fullUrl": url, "resource": other, "request": {"method": "POST", "url": "Organization"}},
        {"resource": of({"reference": url}), "request": {"method": "POST", "url": "Procedure"}},
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    response = await guarded.http.post("/fhir", json=bundle, headers={**holder("chu").headers, "Content-Type": FHIR})
    assert (response.status_code, response.json()["issue"][0]["code"]) == (403, "forbidden")


async def test_reading_and_writing_of_other_types_are_not_bound(guarded: Guarded) -> None:
    headers = {**holder("nowhere").headers, "Content-Type": FHIR}
    sent = await guarded.http.post("/fhir/Location", json={"resourceType": "Location", "name": "x"}, headers=headers)
    assert sent.status_code == 201
    assert (await guarded.http.get("/fhir/Procedure/a", headers=headers)).status_code == 200
