"""Ways round the rights, by writing: what is answered, what is found on the way, whose a resource was and becomes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from app.access.grant import grant_of
from app.access.guarded import seen_by
from app.access.principal import Principal
from app.errors import Forbidden, VersionConflict
from app.intake.idempotency import digest
from app.search.algebra import And
from app.store.repository import Write
from tests.authorization.conftest import codes
from tests.authorization.holders import BY_NAME, Holder
from tests.authorization.world import BASE, SECRET, SYSTEM
from tests.builders import procedure
from tests.issuer import claims

if TYPE_CHECKING:
    from tests.authorization.conftest import Guarded

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENT, WRITER, READER = (BY_NAME[name] for name in ("patient who writes", "writer", "reader"))
FHIR = "application/fhir+json"


def observation(patient: str, **more: Any) -> dict[str, Any]:
    """A valid one."""
    about = {"subject": {"reference": f"Patient/{patient}"}}
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **about, **more}


async def mutated(guarded: Guarded, holder: Holder, field: str, selection: str, **variables: Any) -> dict[str, Any]:
    query = f"mutation($r: FHIR) {{ {field} {{ {selection} }} }}".replace("($r: FHIR)", "($r: FHIR!)")
    return await guarded.asked(holder, query, {"r": variables.get("r")})


async def created(guarded: Guarded, holder: Holder, resource: dict[str, Any], more: str = "") -> dict[str, Any]:
    name = resource["resourceType"]
    selection = "location resource { id raw } information { issue { code } }"
    return await mutated(guarded, holder, f"{name}Create(resource: $r{more})", selection, r=resource)


async def test_who_writes_without_reading_is_told_what_was_sent_and_nothing_around_it(guarded: Guarded) -> None:
    hops = (
        "resource { id status subject { resource { ... on Patient { raw } } } history { edges { version } }"
        ' ProcedureList(_reference: "part_of") { raw } changes { path } }'
    )
    answer = await mutated(guarded, WRITER, "ObservationCreate(resource: $r)", hops, r=observation("b"))
    resource = answer["data"]["ObservationCreate"]["resource"]
    assert resource["status"] == "final"
    assert resource["subject"]["resource"] is None
    assert (resource["history"], resource["changes"]) == (None, None)
    assert set(codes(answer).values()) == {"forbidden"}
    assert SECRET not in str(answer)


async def test_an_update_without_reading_tells_what_was_sent(guarded: Guarded) -> None:
    await guarded.store.write([Write("Observation", "blind", observation("b", implicitRules=SECRET))])
    update = 'ObservationUpdate(id: "blind", resource: $r)'
    answer = await mutated(guarded, WRITER, update, "resource { raw }", r=observation("b"))
    assert answer["data"]["ObservationUpdate"]["resource"]["raw"]["meta"]["versionId"] == "2"
    assert SECRET not in str(answer)


async def test_a_patch_takes_reading_too(guarded: Guarded) -> None:
    """An operation `test` would tell value by value what is there."""
    query = 'mutation($p: FHIR!) { ObservationPatch(id: "a", patch: $p) { resource { raw } } }'
    for operation in ({"op": "test", "path": "/status", "value": "x"}, {"op": "add", "path": "/status", "value": "x"}):
        answer = await guarded.asked(WRITER, query, {"p": [operation]})
        assert codes(answer) == {("ObservationPatch",): "forbidden"}


async def test_a_conditional_create_takes_searching_and_finds_what_may_be_seen(guarded: Guarded) -> None:
    before = await guarded.store.count("Observation", And())
    condition = f', ifNoneExist: "identifier={SYSTEM}|Observation-b"'
    assert codes(await created(guarded, WRITER, observation("b"), condition)) == {("ObservationCreate",): "forbidden"}
    assert await guarded.store.count("Observation", And()) == before
    mine = await created(guarded, PATIENT, observation("a"), condition)
    assert SECRET not in str(mine)
    assert mine["data"]["ObservationCreate"]["resource"]["id"] not in ("b", None)
    again = await created(guarded, PATIENT, observation("a"), f', ifNoneExist: "identifier={SYSTEM}|Observation-a"')
    assert again["data"]["ObservationCreate"]["resource"]["id"] == "a"
    response = await guarded.http.post(
        "/fhir/Observation",
        json=observation("b"),
        headers={**WRITER.headers, "Content-Type": FHIR, "If-None-Exist": f"identifier={SYSTEM}|Observation-b"},
    )
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("condition", "issue"),
    [("identifier=urn:own|Patient-b", "not-found"), ("identifier=urn:own|Patient-a", None)],
)
async def test_a_conditional_reference_finds_what_may_be_seen(
    guarded: Guarded, condition: str, issue: str | None
) -> None:
    resource = observation("a", performer=[{"reference": f"Patient?{condition}"}])
    entry = {"resource": resource, "request": {"method": "POST", "url": "Observation"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    query = "mutation($b: FHIR!) { TransmitTraces(bundle: $b) { bundle } }"
    assert set(codes(await guarded.asked(WRITER, query, {"b": bundle})).values()) == {"forbidden"}
    answer = await guarded.asked(PATIENT, query, {"b": bundle})
    told = [each["extensions"]["resource"]["issue"][0]["code"] for each in answer.get("errors", ())]
    assert told == ([issue] if issue else [])


async def test_one_entry_that_is_not_allowed_keeps_all_out(guarded: Guarded) -> None:
    before = await guarded.store.count("Observation", And())
    holder = Holder("observations", {"scope": "system/Observation.c"})
    entries = [
        {"resource": observation("a"), "request": {"method": "POST", "url": "Observation"}},
        {"resource": {"resourceType": "Location", "name": "x"}, "request": {"method": "POST", "url": "Location"}},
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    for path in ("/fhir", "/fhir/Bundle"):
        response = await guarded.http.post(path, json=bundle, headers={**holder.headers, "Content-Type": FHIR})
        assert (response.status_code, response.json()["issue"][0]["code"]) == (403, "forbidden")
    assert await guarded.store.count("Observation", And()) == before


def moved(patient: str) -> dict[str, Any]:
    return observation(patient, id="mine")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "Observation", observation("b")),
        ("POST", "Observation", observation("b", performer=[{"reference": "Patient/a"}])),
        ("POST", "Observation", observation("a") | {"subject": {"identifier": {"value": "a"}}}),
        ("POST", "Device", {"resourceType": "Device"}),
        ("POST", "Device", {"resourceType": "Device", "patient": {"reference": "Patient/b"}}),
        ("POST", "Patient", {"resourceType": "Patient"}),
        ("POST", "Practitioner", {"resourceType": "Practitioner"}),
        ("PUT", "Practitioner/a", {"resourceType": "Practitioner", "id": "a"}),
        ("DELETE", "Organization/a", None),
        ("PUT", "Observation/b", observation("a", id="b")),
        ("PUT", "Observation/b", observation("b", id="b")),
        ("PUT", "Observation/ba", observation("a", id="ba")),
        ("PUT", "Observation/mine", observation("b", id="mine")),
        ("PUT", "Observation/never", observation("a", id="never")),
        ("PUT", "Patient/b", {"resourceType": "Patient", "id": "b"}),
        ("DELETE", "Observation/b", None),
        ("DELETE", "Observation/ba", None),
        ("DELETE", "Observation/theirs-deleted", None),
        ("DELETE", "Observation/never", None),
        ("PUT", "Observation/theirs-deleted", observation("a", id="theirs-deleted")),
        ("PATCH", "Observation/b", [{"op": "test", "path": "/status", "value": "final"}]),
        ("PATCH", "Observation/mine", [{"op": "replace", "path": "/subject/reference", "value": "Patient/b"}]),
    ],
)
@pytest.mark.parametrize("condition", [None, 'W/"1"', 'W/"9"'])
async def test_a_patient_writes_what_is_about_nobody_else(
    guarded: Guarded, method: str, path: str, body: Any, condition: str | None
) -> None:
    theirs = Write("Observation", "theirs-deleted", observation("b"))
    await guarded.store.write([Write("Observation", "mine", observation("a")), theirs])
    await guarded.store.write([Write("Observation", "theirs-deleted", None)])
    kind = "application/json-patch+json" if method == "PATCH" else FHIR
    headers = {**PATIENT.headers, "Content-Type": kind, **({"If-Match": condition} if condition else {})}
    headers = headers if method != "POST" else {**PATIENT.headers, "Content-Type": FHIR}
    before = await guarded.store.count("Observation", And())
    response = await guarded.http.request(method, f"/fhir/{path}", json=body, headers=headers)
    stale = condition == 'W/"9"' and path.endswith("mine")  # a condition on what the patient may see
    assert (response.status_code, SECRET in response.text) == (412 if stale else 403, False), response.text
    assert await guarded.store.count("Observation", And()) == before
    assert (await guarded.store.heads("Observation", ["mine"]))["mine"].version == 1
    await guarded.store.erase("Observation", ["mine", "theirs-deleted"])


async def test_a_patient_writes_what_is_about_the_patient(guarded: Guarded) -> None:
    headers = {**PATIENT.headers, "Content-Type": FHIR}
    sent = await guarded.http.post("/fhir/Observation", json=observation("a"), headers=headers)
    assert sent.status_code == 201
    path = f"/fhir/Observation/{sent.json()['id']}"
    absolute = observation("a", id=sent.json()["id"]) | {"subject": {"reference": f"{BASE}/Patient/a"}}
    assert (await guarded.http.put(path, json=absolute, headers=headers)).status_code == 200
    patch = [{"op": "replace", "path": "/status", "value": "amended"}]
    patching = {**PATIENT.headers, "Content-Type": "application/json-patch+json"}
    assert (await guarded.http.patch(path, json=patch, headers=patching)).status_code == 200
    assert (await guarded.http.delete(path, headers=headers)).status_code == 200
    assert (await guarded.http.put(path, json=absolute, headers=headers)).status_code == 201
    await guarded.store.erase("Observation", [sent.json()["id"]])


async def test_what_was_looked_at_is_what_is_replaced(guarded: Guarded) -> None:
    """Between the look and the write somebody else makes the resource another patient's."""
    await guarded.store.write([Write("Observation", "raced", observation("a"))])

    class Raced:
        """The store, in which somebody else's write comes just ahead of the first write."""

        def __init__(self) -> None:
            self.raced = False

        def __getattr__(self, name: str) -> Any:
            return getattr(guarded.store, name)

        async def write(self, writes: Any, *, together: bool = False) -> Any:
            if not self.raced:
                self.raced = True
                await guarded.store.write([Write("Observation", "raced", observation("b"))])
            return await guarded.store.write(writes, together=together)

    principal = Principal("x", "x", grant_of(["patient/*.cruds"], "a"))
    mine: Any = seen_by(cast("Any", Raced()), principal, "")
    with pytest.raises(Forbidden):
        await mine.write([Write("Observation", "raced", observation("a", status="amended"))])
    with pytest.raises(Forbidden):
        await mine.write([Write("Observation", "raced", None, expected=1)])
    assert (await guarded.store.read("Observation", ["raced"]))["raced"]["subject"]["reference"] == "Patient/b"
    await guarded.store.erase("Observation", ["raced"])


async def test_racing_writes_of_the_patients_own_all_come_through(guarded: Guarded) -> None:
    await guarded.store.write([Write("Observation", "busy", observation("a"))])
    principal = Principal("x", "x", grant_of(["patient/*.cruds"], "a"))
    mine = seen_by(guarded.store, principal, "")
    texts = [observation("a", note=[{"text": str(number)}]) for number in range(8)]
    await asyncio.gather(*(mine.write([Write("Observation", "busy", each)]) for each in texts))
    assert (await guarded.store.heads("Observation", ["busy"]))["busy"].version == 9
    with pytest.raises(VersionConflict):
        await mine.write([Write("Observation", "busy", observation("a"), expected=3)])
    await guarded.store.erase("Observation", ["busy"])


async def test_the_place_of_a_number_that_is_taken_is_told_to_who_may_see_it(guarded: Guarded) -> None:
    stored = await created(guarded, BY_NAME["hospital"], procedure(performer=_performer("a")))
    place = stored["data"]["ProcedureCreate"]["resource"]["id"]
    both = Holder("both", {"scope": "system/*.cruds", "org": "Organization/a"})
    blind = Holder("blind", {"scope": "system/Procedure.c", "org": "Organization/a"})
    for holder, told in ((both, True), (blind, False)):
        answer = await created(guarded, holder, procedure(performer=_performer("a")))
        assert codes(answer) == {("ProcedureCreate",): "duplicate"}
        assert (place in str(answer)) is told
    entry = {"resource": procedure(performer=_performer("a")), "request": {"method": "POST", "url": "Procedure"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    query = "mutation($b: FHIR!) { TransmitTraces(bundle: $b) { bundle } }"
    answer = await guarded.asked(blind, query, {"b": bundle})
    assert list(codes(answer).values()) == ["duplicate"]
    assert place not in str(answer)
    await guarded.store.erase("Procedure", [place])


def _performer(organization: str) -> list[dict[str, Any]]:
    onbehalf = {"reference": f"Organization/{organization}"}
    return [{"actor": {"reference": "Practitioner/a"}, "onBehalfOf": onbehalf}]


async def test_a_verdict_tells_nothing_of_what_the_sender_may_not_read(guarded: Guarded) -> None:
    """Whether a patient is there, was born by then, has that device: each could be asked date by date."""
    await guarded.store.write(
        [Write("Patient", "young", {"resourceType": "Patient", "id": "young", "birthDate": "2025-01-01"})]
    )
    query = "query($r: FHIR!) { ProcedureValidate(resource: $r) { valid information { issue { code } } } }"
    blind = Holder("blind", {"scope": "system/Procedure.c"})
    verdicts = []
    for patient in ("young", "never"):
        sent = procedure(subject={"reference": f"Patient/{patient}"}, performer=_performer("a"))
        verdicts.append((await guarded.asked(blind, query, {"r": sent}))["data"])
    assert verdicts[0] == verdicts[1]
    seeing = Holder("seeing", {"scope": "system/*.cruds"})
    told = (await guarded.asked(seeing, query, {"r": procedure(subject={"reference": "Patient/young"})}))["data"]
    assert told != verdicts[0]
    await guarded.store.erase("Patient", ["young"])


async def test_a_repeat_is_told_to_the_same_one_with_the_same_rights(guarded: Guarded) -> None:
    body = {"query": "mutation($r: FHIR!) { ObservationCreate(resource: $r) { resource { raw } } }"}
    body = {**body, "variables": {"r": observation("b", implicitRules=SECRET)}}  # type: ignore[dict-item]

    async def sent(**claims: Any) -> tuple[int, str | None]:
        holder = Holder("x", {"scope": "system/*.cruds", **claims})
        headers = {**holder.headers, "Idempotency-Key": "the-key"}
        response = await guarded.http.post("/graphql", json=body, headers=headers)
        return response.status_code, response.headers.get("idempotency-replayed")

    assert [await sent(), await sent()] == [(200, None), (200, "true")]
    assert await sent(scope="system/Observation.c") == (422, None)
    assert await sent(scope="patient/*.rs", patient="a") == (422, None)
    assert await sent(sub="somebody else") == (200, None)
    assert await sent(client_id="another client") == (200, None)
    told = await sent(scope="system/Patient.rs", sub="a third one")
    assert told == (200, None)
    rest = {**Holder("x", {"scope": "system/Patient.rs"}).headers, "Idempotency-Key": "other", "Content-Type": FHIR}
    assert (await guarded.http.post("/fhir/Observation", json=observation("b"), headers=rest)).status_code == 403


async def test_restoring_what_was_deleted_is_an_update(guarded: Guarded) -> None:
    await guarded.store.write([Write("Observation", "gone", observation("a"))])
    await guarded.store.write([Write("Observation", "gone", None)])
    for scope, status in (("system/Observation.crs", 403), ("system/Observation.u", 201)):
        headers = {**Holder("x", {"scope": scope}).headers, "Content-Type": FHIR}
        response = await guarded.http.put("/fhir/Observation/gone", json=observation("a", id="gone"), headers=headers)
        assert response.status_code == status
    await guarded.store.erase("Observation", ["gone"])


@pytest.mark.parametrize(
    ("scope", "more"),
    [("system/Observation.c", {}), ("patient/Observation.c", {"patient": "a"}), ("system/*.cruds", {"org": "x"})],
)
async def test_what_a_server_stored_before_it_was_killed_is_told_to_who_may_create_alone(
    guarded: Guarded, scope: str, more: dict[str, Any]
) -> None:
    """The answer was not noted, so that the request is done again: it comes to the same id."""
    holder = Holder("x", {"scope": scope, **more})
    key = f"killed-{scope}"
    headers = {**holder.headers, "Content-Type": FHIR, "Idempotency-Key": key}
    first = await guarded.http.post("/fhir/Observation", json=observation("a"), headers=headers)
    owner = "\n".join((claims()["iss"], claims()["client_id"], claims()["sub"], key))
    name = f"answer:{digest(owner.encode())}"
    held = await guarded.store.reserve(name, "x", 1.0)
    await guarded.store.settle(name, held.holder, None)
    again = await guarded.http.post("/fhir/Observation", json=observation("a"), headers=headers)
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 201, first.json()["id"])
    assert "idempotency-replayed" not in again.headers
    await guarded.store.erase("Observation", [first.json()["id"]])
