"""Ways round the rights, by reading: filters that ask of other types, counts, old versions, other spellings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.store.repository import Write
from tests.authorization.conftest import codes
from tests.authorization.holders import BY_NAME, Holder
from tests.authorization.world import BASE, SECRET, SYSTEM

if TYPE_CHECKING:
    from tests.authorization.conftest import Guarded

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONE_TYPE, PATIENT, READER = BY_NAME["of one type"], BY_NAME["patient"], BY_NAME["reader"]


@pytest.mark.parametrize(
    "asked",
    [
        'ProcedureList(_filter: "patient.identifier eq x") { id }',
        'ProcedureList(_filter: "not (patient.identifier eq x)") { id }',
        'ProcedureList(_filter: "status eq completed or not (subject:Patient.birthdate pr true)") { id }',
        'ProcedureList(_filter: "based_on:ServiceRequest.requester:Practitioner.name eq x") { id }',
        'ProcedureList(_filter: "encounter[status eq finished].identifier eq x") { id }',
        'ProcedureList(patient__identifier: "x") { id }',
        'ProcedureConnection(patient__identifier: "x") { count }',
        'ProcedureConnection(_filter: "patient.identifier pr true") { edges { node { id } } }',
        'ImplantRecall(lot: "LOT-1") { totals { procedures } }',
        'ImplantRecall(lot: "none") { edges { node { date } } }',
        'ImplantStock(lot: "LOT-1") { count }',
        "DmiStatistics { byDeviceType { code } }",
        "DmiStatistics { completeness { devices } }",
        "DmiStatistics { stock { devices } }",
        "DmiStatistics { failedTraces { count } }",
    ],
)
async def test_a_filter_over_a_forbidden_type_is_refused_whatever_it_would_match(guarded: Guarded, asked: str) -> None:
    answer = await guarded.asked(ONE_TYPE, f"{{ {asked} }}")
    assert set(codes(answer).values()) == {"forbidden"}
    assert not any(_leaves(answer["data"]))


@pytest.mark.parametrize(
    "query",
    [
        "subject:Patient.name=x",
        "patient.identifier=x",
        "_has:Observation:part-of:status=final",
        "_has:Observation:part-of:patient=Patient/a",
        "_filter=patient.identifier%20eq%20x",
        "subject:Patient.identifier:not=x",
        "encounter.status=finished",
    ],
)
async def test_chains_and_has_over_forbidden_types_are_refused(guarded: Guarded, query: str) -> None:
    for end in ("", "&_summary=count", "&_total=none", "&_count=0"):
        response = await guarded.http.get(f"/fhir/Procedure?{query}{end}", headers=ONE_TYPE.headers)
        assert (response.status_code, response.json()["issue"][0]["code"]) == (403, "forbidden")


async def test_what_stands_in_a_document_itself_may_be_asked_for(guarded: Guarded) -> None:
    for asked in ('subject: "Patient/b"', '_filter: "subject eq Patient/b"', '_sort: "-date", status: "completed"'):
        answer = await guarded.asked(ONE_TYPE, f"{{ ProcedureConnection({asked}) {{ count }} }}")
        assert answer["data"]["ProcedureConnection"]["count"] > 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Organization?_has:Procedure:on-behalf-of:_id=b", []),
        ("Organization?_has:Procedure:on-behalf-of:_id=ba", []),
        ("Organization?_has:Procedure:on-behalf-of:_id=ab", ["b"]),
        ("Organization?_has:Procedure:on-behalf-of:subject=Patient/b", []),
        ("Organization?_has:Procedure:on-behalf-of:_id=b,ba", []),
        ("Organization?_has:Procedure:on-behalf-of:subject=Patient/a", ["a", "b"]),
        ("Organization?_filter=identifier%20eq%20%22urn:own|Organization-b%22", ["b"]),
        ("Procedure?patient.identifier=urn:own|Patient-b", []),
        ("Procedure?subject=Patient/b", []),
        ("Procedure?_id=b,ba,ab", ["ab"]),
        ("Procedure?encounter.subject=Patient/b", []),
        ("Procedure?encounter:Encounter._id=b", []),
        ("Procedure?reason-reference:Condition.subject=Patient/b", []),
        ("Device?patient=Patient/b", []),
        ("Patient?_id=b", []),
        ("Patient?identifier=urn:own|Patient-b", []),
        ("Observation?performer:missing=false&_id=b", []),
    ],
)
async def test_a_patient_finds_nobody_else_by_any_filter(guarded: Guarded, query: str, found: list[str]) -> None:
    response = await guarded.http.get(f"/fhir/{query}", headers=PATIENT.headers)
    assert response.status_code == 200, response.text
    assert [each["resource"]["id"] for each in response.json().get("entry", ())] == found
    assert response.json()["total"] == len(found)
    assert SECRET not in response.text


async def test_the_same_filters_find_them_for_who_may_see_all(guarded: Guarded) -> None:
    for query, found in (
        ("Organization?_has:Procedure:on-behalf-of:_id=ba", ["a"]),
        ("Procedure?patient.identifier=urn:own|Patient-b", ["b", "ba"]),
        ("Procedure?encounter:Encounter._id=b", ["ab", "b"]),
    ):
        response = await guarded.http.get(f"/fhir/{query}", headers=READER.headers)
        assert [each["resource"]["id"] for each in response.json()["entry"]] == found


async def test_not_tells_nothing_of_what_is_not_seen(guarded: Guarded) -> None:
    """Procedure ab refers to an encounter of patient b: whatever is asked of that, it is as if it were not there."""
    for asked in ("encounter.status eq planned", "encounter.identifier eq x", "encounter.subject eq Patient/b"):
        for wrapped in (f"not ({asked})", f"not (not (not ({asked})))"):
            query = f'{{ ProcedureConnection(_filter: "_id eq ab and {wrapped}") {{ count }} }}'
            assert (await guarded.asked(PATIENT, query))["data"]["ProcedureConnection"]["count"] == 1


@pytest.mark.parametrize(
    "document",
    [
        '{ ...P } fragment P on Query { Patient(id: "b") { raw } }',
        '{ ... on Query { x: Patient(id: "b") { raw } } }',
        'query($i: ID! = "b") { Patient(id: $i) { ... @include(if: true) { raw } } }',
        '{ Patient(id: "a") { link { other { resource { ... on Patient { raw } } } } } x: Patient(id: "b") { raw } }',
        '{ Patient(id: "b", version: "1") { raw } }',
        '{ Patient(id: "b", asOf: "2999") { raw } }',
        '{ Patient(id: "b") @flatten { raw } }',
        '{ Procedure(id: "ab") { encounter { resource { subject { resource { ... on Patient { raw } } } } } } }',
        '{ Procedure(id: "ab") { encounter { resource(optional: true) { raw } } } }',
        '{ Organization(id: "b") { ProcedureList(_reference: "on_behalf_of") { raw } } }',
        '{ Organization(id: "b") { implants { edges { node { patient { raw } procedure { raw } } } } } }',
        '{ Patient(id: "a") { implants { edges { node { device { implantedIn { procedure { raw } } } } } } } }',
        '{ Device(id: "ab") { parent { resource { raw } } ProcedureList(_reference: "focal_device") { raw } } }',
        '{ Device(id: "a") { implantedIn { procedure { raw } patient { raw } } } }',
        '{ ImplantRecall(lot: "LOT-1") { edges { node { procedure { raw } device { raw } mergedInto { raw } } } } }',
        '{ ImplantStock(lot: "LOT-1") { edges { node { device { raw } delivery { raw } } } } }',
        '{ ProcedureList(_sort: "-date", _count: 100) { raw } }',
    ],
)  # fmt: skip
async def test_a_patient_sees_nobody_else_by_any_document(guarded: Guarded, document: str) -> None:
    posted = await guarded.asked(PATIENT, document)
    got = await guarded.http.get("/graphql", params={"query": document}, headers=PATIENT.headers)
    system = await guarded.http.get("/fhir/$graphql", params={"query": document}, headers=PATIENT.headers)
    for told in (str(posted), got.text, system.text):
        assert SECRET not in told
    allowed = await guarded.asked(READER, document)
    assert "errors" not in allowed or document.count("Stock")


async def test_several_operations_at_once_are_not_taken(guarded: Guarded) -> None:
    body = [{"query": '{ Patient(id: "b") { raw } }'}]
    response = await guarded.http.post("/graphql", json=body, headers=PATIENT.headers)
    assert (response.status_code, SECRET in response.text) == (400, False)


async def test_a_cursor_of_somebody_else_shows_no_more(guarded: Guarded) -> None:
    query = "query($c: String) { ProcedureConnection(_count: 1, _cursor: $c) { next edges { node { id raw } } } }"
    cursor = None
    for _ in range(3):
        page = (await guarded.asked(READER, query, {"c": cursor}))["data"]["ProcedureConnection"]
        cursor = page["next"]
        mine = await guarded.asked(PATIENT, query, {"c": cursor})
        assert SECRET not in str(mine)
        assert {edge["node"]["id"] for edge in mine["data"]["ProcedureConnection"]["edges"]} <= {"a", "ab"}


async def test_what_a_document_contains_is_seen_with_it_and_what_it_refers_to_is_not(guarded: Guarded) -> None:
    inside = {"resourceType": "Patient", "id": "in", "link": [{"other": {"reference": "Patient/b"}, "type": "seealso"}]}
    document = {
        "resourceType": "Observation",
        "id": "containing",
        "contained": [inside, {"resourceType": "Device", "id": "dev", "patient": {"reference": "Patient/b"}}],
        "subject": {"reference": "Patient/a"},
        "device": {"reference": "#dev"},
        "focus": [{"reference": "#in"}],
    }
    await guarded.store.write([Write("Observation", "containing", document)])
    query = (
        '{ Observation(id: "containing") {'
        " focus { resource { ... on Patient { id link { other { resource { id } } } } } }"
        " device { resource { ... on Device { id patient { resource { raw } } } } } } }"
    )
    answer = await guarded.asked(PATIENT, query)
    found = answer["data"]["Observation"]
    assert found["focus"][0]["resource"] == {"id": "in", "link": [{"other": {"resource": None}}]}
    assert found["device"]["resource"] == {"id": "dev", "patient": {"resource": None}}
    assert sorted(codes(answer).values()) == ["forbidden", "forbidden"]
    await guarded.store.erase("Observation", ["containing"])


async def test_entries_of_a_bundle_are_seen_with_it_and_what_they_refer_to_is_not(guarded: Guarded) -> None:
    holder = Holder("bundles", {"scope": "system/Bundle.rs"})
    entry = {"resourceType": "Procedure", "id": "e", "subject": {"reference": "Patient/b"}}
    bundle = {"resourceType": "Bundle", "id": "held", "type": "collection", "entry": [{"resource": entry}]}
    await guarded.store.write([Write("Bundle", "held", bundle)])
    query = (
        '{ Bundle(id: "held") { entry { resource { ... on Procedure { id subject { resource { ... on Patient { id } } }'
        ' ObservationList(_reference: "part_of") { id } history { edges { version } } } } } } }'
    )
    answer = await guarded.asked(holder, query)
    [found] = answer["data"]["Bundle"]["entry"]
    expected = {"id": "e", "subject": {"resource": None}, "ObservationList": None, "history": None}
    assert found["resource"] == expected
    assert set(codes(answer).values()) == {"forbidden"}
    await guarded.store.erase("Bundle", ["held"])


async def test_a_scope_with_a_search_reaches_what_it_finds_and_no_more(guarded: Guarded) -> None:
    query = '{ ProcedureList { id } one: Procedure(id: "b") { id } EncounterList { id } }'
    for scope, found in (
        (f"system/Procedure.rs?identifier={SYSTEM}|Procedure-b", ["b"]),
        (f"system/Procedure.rs?identifier={SYSTEM}%7CProcedure-b&status=completed", ["b"]),
        (f"system/Procedure.rs?identifier={SYSTEM}|Procedure-b&status=in-progress", []),
        ("system/Procedure.rs?subject=Patient/b", ["b", "ba"]),
        (f"system/Procedure.rs?subject={BASE}/Patient/b", ["b", "ba"]),
    ):
        answer = await guarded.asked(Holder("narrowed", {"scope": scope}), query)
        assert [each["id"] for each in answer["data"]["ProcedureList"]] == found
        assert (answer["data"]["one"] is not None) is ("b" in found)
        assert answer["data"]["EncounterList"] is None


@pytest.mark.parametrize(
    "scope",
    [
        "system/Procedure.rs?nonsense=1",
        "system/Procedure.rs?status=",
        "system/Procedure.rs?status",
        "system/Procedure.rs?",
        "system/Procedure.rs?status=completed&status=stopped",
        "system/Procedure.rs?status:not=stopped",
        "system/Procedure.rs?subject:Patient.name=x",
        "system/Procedure.rs?patient__identifier=x|y",
        "system/Procedure.rs?_lastUpdated=gt2000",
        "system/Procedure.rs?_filter=status%20eq%20completed",
        "system/*.rs?status=completed",
        "system/Procedure.read?status=completed",
        "system/Procedure.sr",
        "system/Procedure.rr",
        "system/Procedure.",
        "system/Procedure",
        "system/procedure.rs",
        "System/Procedure.rs",
        "system/Procedures.rs",
        "system/*.R",
        "system/Pro*.rs",
        "admin/*.cruds",
        "*/*.rs",
        "system/Procedure.rs,system/Patient.rs",
        "launch/patient",
        "",
    ],
)
async def test_a_scope_that_is_not_understood_gives_nothing(guarded: Guarded, scope: str) -> None:
    answer = await guarded.asked(Holder("odd", {"scope": scope}), "{ ProcedureList { id } }")
    assert (answer["data"]["ProcedureList"], list(codes(answer).values())) == (None, ["forbidden"])


@pytest.mark.parametrize("patient", [None, "", "b/../a", "Patient/", "x" * 65, ["a"], {"id": "a"}, "*", "a,b"])
async def test_a_patient_who_is_not_named_as_fhir_has_it_reaches_nothing(guarded: Guarded, patient: Any) -> None:
    holder = Holder("odd", {"scope": "patient/*.cruds", "patient": patient})
    answer = await guarded.asked(holder, "{ ProcedureList { id } PractitionerList { id } }")
    assert answer["data"] == {"ProcedureList": None, "PractitionerList": None}


async def test_a_patient_may_be_named_as_a_reference(guarded: Guarded) -> None:
    holder = replace(PATIENT, claims={**PATIENT.claims, "patient": "Patient/a"})
    answer = await guarded.asked(holder, "{ ProcedureList { id } }")
    assert [each["id"] for each in answer["data"]["ProcedureList"]] == ["a", "ab"]


async def test_rights_of_several_scopes_add_up(guarded: Guarded) -> None:
    holder = Holder("both", {"scope": "patient/*.rs system/Procedure.s system/Encounter.r", "patient": "a"})
    answer = await guarded.asked(holder, '{ ProcedureList { id } EncounterList { id } b: Encounter(id: "b") { id } }')
    assert [each["id"] for each in answer["data"]["ProcedureList"]] == ["a", "ab", "b", "ba"]
    assert [each["id"] for each in answer["data"]["EncounterList"]] == ["a", "ab"]
    assert answer["data"]["b"] == {"id": "b"}


async def test_devices_are_a_patients_by_name_or_by_procedure(guarded: Guarded) -> None:
    devices: dict[str, dict[str, Any]] = {
        "used": {},
        "anothers": {"patient": {"reference": "Patient/b"}},
        "anothers-by-number": {"patient": {"identifier": {"system": SYSTEM, "value": "Patient-b"}}},
        "unused": {},
        "mine": {"patient": {"reference": f"{BASE}/Patient/a"}},
    }
    procedure = {
        "resourceType": "Procedure",
        "id": "using",
        "subject": {"reference": "Patient/a"},
        "focalDevice": [{"manipulated": {"reference": f"Device/{id_}"}} for id_ in ("used", "anothers")],
        "usedReference": [{"reference": f"Device/{id_}"} for id_ in ("anothers-by-number",)],
    }
    kept = [Write("Device", id_, {"resourceType": "Device", "id": id_, **more}) for id_, more in devices.items()]
    await guarded.store.write([*kept, Write("Procedure", "using", procedure)])
    query = (
        f'{{ DeviceList(_id: "{",".join(devices)}") {{ id }} '
        + " ".join(f'd{number}: Device(id: "{id_}") {{ id }}' for number, id_ in enumerate(devices))
        + "}"
    )
    for scope, expected in (("patient/*.rs", {"used", "mine"}), ("patient/Device.rs", {"mine"})):
        holder = Holder("bearer", {"scope": scope, "patient": "a"})
        answer = await guarded.asked(holder, query)
        assert {each["id"] for each in answer["data"].pop("DeviceList")} == expected
        assert {each["id"] for each in answer["data"].values() if each} == expected
    await guarded.store.erase("Procedure", ["using"])
    await guarded.store.erase("Device", list(devices))


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value]
