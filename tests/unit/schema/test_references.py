from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import device, organization, patient, practitioner, procedure
from tests.counted import CountedStore

if TYPE_CHECKING:
    from tests.builders import Document
    from tests.conftest import Product, Start

SUBJECT = '{ Procedure(id: "x") { subject { resource { __typename id ... on Patient { birthDate } } } } }'
DEVICE = '{ Procedure(id: "x") { focalDevice { manipulated { resource { lotNumber } } } } }'


async def test_a_relative_reference_leads_to_the_resource(start: Start) -> None:
    product = await start(procedure(id="x"), patient())
    data = await product.data(SUBJECT)
    assert data["Procedure"]["subject"]["resource"] == {"__typename": "Patient", "id": "p1", "birthDate": "1980-07-01"}


async def test_a_single_target_needs_no_inline_fragment(start: Start) -> None:
    product = await start(procedure(id="x"), device())
    data = await product.data(DEVICE)
    assert data["Procedure"]["focalDevice"][0]["manipulated"]["resource"] == {"lotNumber": "LOT-1"}


async def test_an_absolute_reference_to_this_server_leads_to_the_resource(start: Start) -> None:
    product = await start(procedure(id="x", subject={"reference": "http://localhost/fhir/Patient/p1"}), patient())
    data = await product.data(SUBJECT)
    assert data["Procedure"]["subject"]["resource"]["id"] == "p1"


async def test_a_contained_resource_is_found_in_its_container(start: Start) -> None:
    inside = {"resourceType": "Patient", "id": "in", "birthDate": "1950"}
    product = await start(procedure(id="x", contained=[inside], subject={"reference": "#in"}))
    data = await product.data(SUBJECT)
    assert data["Procedure"]["subject"]["resource"] == {"__typename": "Patient", "id": "in", "birthDate": "1950"}


async def test_a_contained_resource_of_a_type_that_is_not_served_is_other(start: Start) -> None:
    inside = {"resourceType": "Medication", "id": "m", "code": {"text": "x"}}
    product = await start(procedure(id="x", contained=[inside], usedReference=[{"reference": "#m"}]))
    data = await product.data('{ Procedure(id: "x") { usedReference { resource { ... on OtherResource { raw } } } } }')
    assert data["Procedure"]["usedReference"][0]["resource"]["raw"] == inside


async def test_a_reference_to_the_current_version_leads_to_the_resource(start: Start) -> None:
    product = await start(procedure(id="x", subject={"reference": "Patient/p1/_history/1"}), patient())
    data = await product.data(SUBJECT)
    assert data["Procedure"]["subject"]["resource"]["id"] == "p1"


async def test_a_logical_reference_is_resolved_by_identifier(start: Start) -> None:
    ins = {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "280079912345678"}
    product = await start(procedure(id="x", subject={"type": "Patient", "identifier": ins}), patient())
    data = await product.data(SUBJECT)
    assert data["Procedure"]["subject"]["resource"]["id"] == "p1"


async def test_a_logical_reference_with_several_hits_is_null_with_multiple_matches(start: Start) -> None:
    ins = {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "280079912345678"}
    product = await start(
        procedure(id="x", subject={"type": "Patient", "identifier": ins}), patient(), patient(id="p2")
    )
    answer = await product.ask(SUBJECT)
    assert answer["data"]["Procedure"]["subject"]["resource"] is None
    assert answer["errors"][0]["extensions"]["code"] == "multiple-matches"


@pytest.mark.parametrize(
    "reference", ["Patient/gone", "Patient/p1/_history/9", "http://elsewhere/Patient/p1", "#gone", "urn:uuid:1-2", "?"]
)
async def test_what_cannot_be_resolved_is_null_with_not_found_at_its_path(start: Start, reference: str) -> None:
    product = await start(procedure(id="x", subject={"reference": reference}), patient())
    answer = await product.ask(SUBJECT)
    assert answer["data"]["Procedure"]["subject"]["resource"] is None
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["Procedure", "subject", "resource"], "not-found")


async def test_optional_gives_null_without_an_error(start: Start) -> None:
    product = await start(procedure(id="x"))
    data = await product.data('{ Procedure(id: "x") { subject { resource(optional: true) { id } } } }')
    assert data["Procedure"]["subject"]["resource"] is None


async def test_another_type_than_asked_for_is_null_without_an_error(start: Start) -> None:
    product = await start(procedure(id="x"), patient())
    data = await product.data('{ Procedure(id: "x") { subject { resource(type: "Group") { id } } } }')
    assert data["Procedure"]["subject"]["resource"] is None


async def test_a_stored_reference_to_a_type_that_is_not_allowed_there_is_not_found(start: Start) -> None:
    product = await start(procedure(id="x", focalDevice=[{"manipulated": {"reference": "Patient/p1"}}]), patient())
    answer = await product.ask(DEVICE)
    assert answer["errors"][0]["extensions"]["code"] == "not-found"
    assert "Martin" not in str(answer)


async def test_a_contained_resource_is_found_in_the_entry_of_a_bundle(start: Start) -> None:
    inside = {"resourceType": "Patient", "id": "in", "birthDate": "1950"}
    entry = procedure(id="x", contained=[inside], subject={"reference": "#in"})
    product = await start({"resourceType": "Bundle", "id": "b", "type": "collection", "entry": [{"resource": entry}]})
    data = await product.data(
        '{ Bundle(id: "b") { entry { resource { ... on Procedure { subject { resource { id } } } } } } }'
    )
    assert data["Bundle"]["entry"][0]["resource"]["subject"]["resource"] == {"id": "in"}


async def test_an_identifier_that_many_carry_does_not_hide_another(start: Start) -> None:
    crowd = [patient(id=f"a{n}", identifier=[{"system": "urn:s", "value": "A"}]) for n in range(20)]
    twins = [patient(id=f"z{n}", identifier=[{"system": "urn:s", "value": "B"}]) for n in range(2)]
    single = patient(id="zz", identifier=[{"system": "urn:s", "value": "C"}])
    rows = [
        procedure(id=value, subject={"type": "Patient", "identifier": {"system": "urn:s", "value": value}})
        for value in "ABC"
    ]
    product = await start(*crowd, *twins, single, *rows)
    answer = await product.ask('{ ProcedureList(_sort: "_id") { subject { resource { id } } } }')
    assert [row["subject"]["resource"] for row in answer["data"]["ProcedureList"]] == [None, None, {"id": "zz"}]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["multiple-matches"] * 2


async def test_an_identifier_that_many_carry_makes_no_command_for_each_other(start: Start) -> None:
    values = [f"{number:03}" for number in range(100)]
    crowd = [practitioner(id=f"a{n}", identifier=[{"system": "urn:s", "value": "000"}]) for n in range(300)]
    named = [{"actor": {"type": "Practitioner", "identifier": {"system": "urn:s", "value": each}}} for each in values]
    product = await start(*crowd, procedure(id="x", performer=named), wrap=CountedStore)
    await product.ask('{ Procedure(id: "x") { performer { actor { resource { id } } } } }')
    assert product.store.commands.count(("search", "Practitioner")) == 2  # type: ignore[attr-defined]


async def test_another_type_than_asked_for_is_not_even_read(start: Start) -> None:
    product = await start(procedure(id="x", subject={"reference": "Patient/gone"}))
    data = await product.data('{ Procedure(id: "x") { subject { resource(type: "Group") { id } } } }')
    assert data["Procedure"]["subject"]["resource"] is None


async def test_what_one_mutation_stores_is_seen_by_the_next_in_the_same_request(start: Start) -> None:
    product = await start()
    query = """
    mutation($first: FHIR!, $person: FHIR!, $second: FHIR!) {
      a: EncounterCreate(resource: $first) { resource { serviceProvider { resource(optional: true) { id } } } }
      b: OrganizationCreate(resource: $person) { resource { id } }
      c: EncounterCreate(resource: $second) { resource { serviceProvider { resource(optional: true) { name } } } }
    }"""
    ins = {"system": "urn:s", "value": "CHU-1"}
    encounter = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "AMB"},
        "serviceProvider": {"identifier": ins},
    }
    data = await product.data(
        query.replace(
            "subject { resource(optional: true) { id } }", "serviceProvider { resource(optional: true) { id } }"
        ),
        {
            "first": encounter,
            "person": {"resourceType": "Organization", "name": "CHU", "identifier": [ins]},
            "second": encounter,
        },
    )
    assert data["a"]["resource"]["serviceProvider"]["resource"] is None
    assert data["c"]["resource"]["serviceProvider"]["resource"] == {"name": "CHU"}


ACTOR = '{ Procedure(id: "x") { performer { actor { resource%s { __typename id } } } } }'
CODE = {"system": "urn:s", "value": "A"}


def performed_by(**actor: Any) -> Document:
    return procedure(id="x", performer=[{"actor": actor}])


async def actor_of(product: Product, arguments: str = "") -> tuple[Any, list[str]]:
    answer = await product.ask(ACTOR % arguments)
    (performer,) = answer["data"]["Procedure"]["performer"]
    return performer["actor"]["resource"], [error["extensions"]["code"] for error in answer.get("errors", [])]


async def test_a_logical_reference_without_a_type_is_looked_for_in_every_allowed_type(start: Start) -> None:
    product = await start(performed_by(identifier=CODE), organization(identifier=[CODE]))
    assert await actor_of(product) == ({"__typename": "Organization", "id": "o1"}, [])


async def test_a_logical_reference_does_not_lead_to_a_type_that_its_element_forbids(start: Start) -> None:
    product = await start(performed_by(identifier=CODE), procedure(id="y", identifier=[CODE]))
    assert await actor_of(product) == (None, ["not-found"])


async def test_an_identifier_that_two_types_share_is_ambiguous(start: Start) -> None:
    product = await start(
        performed_by(identifier=CODE), organization(identifier=[CODE]), practitioner(identifier=[CODE])
    )
    assert await actor_of(product) == (None, ["multiple-matches"])
    assert await actor_of(product, "(optional: true)") == (None, [])


async def test_asking_for_one_type_makes_an_identifier_that_two_types_share_clear(start: Start) -> None:
    product = await start(
        performed_by(identifier=CODE), organization(identifier=[CODE]), practitioner(identifier=[CODE])
    )
    assert await actor_of(product, '(type: "Practitioner")') == ({"__typename": "Practitioner", "id": "s1"}, [])


@pytest.mark.parametrize("wanted", ["Practitioner", "Procedure", "Medication", "", "Ébène"])
async def test_an_untyped_logical_reference_to_another_type_than_asked_for_is_null_without_an_error(
    start: Start, wanted: str
) -> None:
    product = await start(performed_by(identifier=CODE), organization(identifier=[CODE]))
    assert await actor_of(product, f'(type: "{wanted}")') == (None, [])


async def test_a_typed_logical_reference_of_the_wanted_type_that_is_missing_is_not_found(start: Start) -> None:
    product = await start(performed_by(identifier=CODE, type="Practitioner"))
    assert await actor_of(product, '(type: "Practitioner")') == (None, ["not-found"])


async def test_the_type_of_a_logical_reference_may_be_written_as_a_url(start: Start) -> None:
    url = "http://hl7.org/fhir/StructureDefinition/Organization"
    product = await start(performed_by(identifier=CODE, type=url), organization(identifier=[CODE]))
    assert await actor_of(product) == ({"__typename": "Organization", "id": "o1"}, [])


@pytest.mark.parametrize("named", ["Medication", "Provenance", "AuditEvent", "x", "é"])
async def test_a_logical_reference_to_a_type_without_identifiers_here_is_not_found(start: Start, named: str) -> None:
    product = await start(performed_by(identifier=CODE, type=named))
    assert await actor_of(product) == (None, ["not-found"])


async def test_an_alias_does_not_hide_which_element_a_logical_reference_stands_in(start: Start) -> None:
    product = await start(performed_by(identifier=CODE), organization(identifier=[CODE]))
    data = await product.data('{ Procedure(id: "x") { performer { function: actor { resource { id } } } } }')
    assert data["Procedure"]["performer"][0]["function"]["resource"] == {"id": "o1"}


async def test_a_reference_to_anything_is_looked_for_in_every_served_type_with_identifiers(start: Start) -> None:
    extension = [{"url": "urn:x", "valueReference": {"identifier": CODE}}]
    product = await start(procedure(id="x", extension=extension), device(identifier=[CODE]))
    query = '{ Procedure(id: "x") { extension { valueReference { resource { id } } } } }'
    data = await product.data(query)
    assert data["Procedure"]["extension"][0]["valueReference"]["resource"] == {"id": "d1"}


async def test_untyped_logical_references_of_a_level_take_one_command_for_each_allowed_type(start: Start) -> None:
    rows = [
        procedure(id=f"x{n}", performer=[{"actor": {"identifier": {"system": "urn:s", "value": f"{n}"}}}])
        for n in range(20)
    ]
    people = [practitioner(id=f"s{n}", identifier=[{"system": "urn:s", "value": f"{n}"}]) for n in range(20)]
    product = await start(*rows, *people, wrap=CountedStore)
    product.store.commands.clear()  # type: ignore[attr-defined]
    data = await product.data('{ ProcedureList(_sort: "_id") { performer { actor { resource { id } } } } }')
    found = {row["performer"][0]["actor"]["resource"]["id"] for row in data["ProcedureList"]}
    assert found == {f"s{n}" for n in range(20)}
    assert sorted(product.store.commands) == [  # type: ignore[attr-defined]
        ("search", "Device"),
        ("search", "Organization"),
        ("search", "Patient"),
        ("search", "Practitioner"),
        ("search", "PractitionerRole"),
        ("search", "Procedure"),
        ("search", "RelatedPerson"),
    ]


async def test_asking_for_one_type_searches_that_one_alone(start: Start) -> None:
    product = await start(performed_by(identifier=CODE), organization(identifier=[CODE]), wrap=CountedStore)
    product.store.commands.clear()  # type: ignore[attr-defined]
    await actor_of(product, '(type: "Organization")')
    assert product.store.commands == [("read", "Procedure"), ("search", "Organization")]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("wanted", "expected"), [("Patient", {"__typename": "Patient", "id": "in"}), ("Group", None)])
async def test_the_wanted_type_holds_for_contained_resources_too(
    start: Start, wanted: str, expected: dict[str, str] | None
) -> None:
    inside = {"resourceType": "Patient", "id": "in"}
    product = await start(procedure(id="x", contained=[inside], subject={"reference": "#in"}))
    query = '{ Procedure(id: "x") { subject { resource(type: "%s") { __typename id } } } }'
    data = await product.data(query % wanted)
    assert data["Procedure"]["subject"]["resource"] == expected


async def test_a_contained_resource_refers_to_its_container_by_a_bare_hash(start: Start) -> None:
    inside = {"resourceType": "Provenance", "id": "in", "target": [{"reference": "#"}]}
    product = await start(procedure(id="x", contained=[inside]))
    query = '{ Procedure(id: "x") { contained { ... on Provenance { target { resource { __typename id } } } } } }'
    data = await product.data(query)
    assert data["Procedure"]["contained"][0]["target"][0]["resource"] == {"__typename": "Procedure", "id": "x"}


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient?identifier=urn:s|A"},
        {"reference": "http://localhost/fhir/Patient?identifier=A"},
        {"reference": "http://localhost/fhir/Patient"},
        {"reference": "Medication/m1"},
        {"reference": "patient/p1"},
        {"reference": "Patient/"},
        {"reference": "Patient/" + "x" * 65},
        {"reference": ""},
        {"reference": "#"},
        {"reference": "\x00"},
        {"reference": 7},
        {"reference": None},
        {"reference": "Patient/p1 "},
        {"identifier": {}},
        {"identifier": {"system": "urn:s"}},
        {"identifier": {"value": 7}},
        {"identifier": [CODE]},
        {"identifier": {"value": "x" * 100_000}},
        {"type": "Patient", "display": "?"},
        {"type": 7, "identifier": CODE},
        {},
    ],
)
async def test_a_reference_that_leads_nowhere_is_not_found_or_null_and_never_an_unexpected_error(
    start: Start, subject: dict[str, Any]
) -> None:
    product = await start(
        {**patient(), "identifier": []}, {**procedure(id="x", contained=[organization()]), "subject": subject}
    )
    query = '{ Procedure(id: "x") { subject { resource%s { ... on Patient { id } } } } }'
    answer = await product.ask(query % "")
    codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
    expected = [] if subject.get("reference") == "#" else ["not-found"]
    assert codes == expected
    assert "errors" not in await product.ask(query % "(optional: true)")


async def test_an_absolute_reference_leads_to_this_server_by_the_address_it_is_known_under(start: Start) -> None:
    product = await start(
        procedure(id="x", subject={"reference": "https://dmi.example/fhir/Patient/p1"}),
        procedure(id="y", subject={"reference": "http://localhost/fhir/Patient/p1"}),
        patient(),
        environment={"DMI_BASE_URL": "https://dmi.example/fhir/"},
    )
    query = '{ ProcedureList(_sort: "_id") { subject { resource(optional: true) { id } } } }'
    data = await product.data(query)
    assert [row["subject"]["resource"] for row in data["ProcedureList"]] == [{"id": "p1"}, None]
