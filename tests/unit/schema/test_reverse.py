from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.fhir.served import SERVED
from app.schema.reverse import add_reverse_lists, referring
from app.schema.types.derive import FhirTypes
from tests.builders import device, organization, patient, practitioner, procedure
from tests.counted import CountedStore

if TYPE_CHECKING:
    from tests.conftest import Product, Start

PAGE = """
query(
  $id: ID!, $reference: String!, $filter: String, $sort: String, $offset: Int, $count: Int, $cursor: String,
  $first: Int, $after: String, $last: Int, $before: String
) {
  Patient(id: $id) {
    ProcedureConnection(
      _reference: $reference, _filter: $filter, _sort: $sort, _offset: $offset, _count: $count, _cursor: $cursor
      first: $first, after: $after, last: $last, before: $before
    ) {
      count offset pagesize first previous next last
      edges { mode cursor node { id } resource { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


def operation(number: int, person: str, **changes: Any) -> dict[str, Any]:
    """Procedure x<number>, in the year 2000 + number."""
    facts = {"subject": {"reference": f"Patient/{person}"}, "performedDateTime": f"20{number:02}-01-01"}
    return procedure(id=f"x{number}", **(facts | changes))


async def hospital(start: Start) -> Product:
    """p1 has the procedures x0 to x6, p2 has x7, p3 has none."""
    people = [patient(id=f"p{n}") for n in (1, 2, 3)]
    return await start(*people, *(operation(n, "p1") for n in range(7)), operation(7, "p2"))


async def page(product: Product, id: str = "p1", **variables: Any) -> dict[str, Any]:  # noqa: A002 - FHIR's word
    data = await product.data(PAGE, {"id": id, "reference": "patient", **variables})
    connection: dict[str, Any] = data["Patient"]["ProcedureConnection"]
    return connection


def ids(connection: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]


async def counted(product: Product, query: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The answer to a query, and the commands that the CountedStore was given for it, sorted."""
    commands: list[tuple[str, str]] = product.store.commands  # type: ignore[attr-defined]
    commands.clear()
    answer = await product.ask(query)
    return answer, sorted(commands)


async def refused(product: Product, query: str, language: str = "en") -> str:
    answer = await product.ask(query, accept_language=language)
    message: str = answer["errors"][0]["message"]
    return message


async def test_a_resource_lists_those_that_refer_to_it(start: Start) -> None:
    product = await hospital(start)
    data = await product.data('{ PatientList { id ProcedureList(_reference: "patient", _sort: "-date") { id } } }')
    assert data["PatientList"] == [
        {"id": "p1", "ProcedureList": [{"id": f"x{n}"} for n in (6, 5, 4, 3, 2, 1, 0)]},
        {"id": "p2", "ProcedureList": [{"id": "x7"}]},
        {"id": "p3", "ProcedureList": []},
    ]


async def test_a_list_is_filtered_sorted_and_cut(start: Start) -> None:
    product = await hospital(start)
    wanted = '_reference: "patient", _filter: "date ge 2002", _sort: "-date", _count: 2, _offset: 1'
    data = await product.data(f'{{ Patient(id: "p1") {{ ProcedureList({wanted}) {{ id }} }} }}')
    assert data["Patient"]["ProcedureList"] == [{"id": "x5"}, {"id": "x4"}]


@pytest.mark.parametrize("spelling", ["focal_device", "focal-device"])
async def test_the_reference_is_spelled_as_here_or_as_in_fhir(start: Start, spelling: str) -> None:
    product = await start(device(), operation(1, "p1"))
    data = await product.data(f'{{ Device(id: "d1") {{ ProcedureList(_reference: "{spelling}") {{ id }} }} }}')
    assert data["Device"]["ProcedureList"] == [{"id": "x1"}]


async def test_lists_nest(start: Start) -> None:
    product = await start(organization(), practitioner(), device(), patient(), operation(1, "p1"))
    data = await product.data("""{
      Organization(id: "o1") { ProcedureList(_reference: "on_behalf_of") {
        performer { actor { resource { ... on Practitioner { ProcedureList(_reference: "performer") { id } } } } }
        subject { resource { ... on Patient { ProcedureConnection(_reference: "subject") { count } } } }
      } }
    }""")
    assert data["Organization"]["ProcedureList"] == [
        {
            "performer": [{"actor": {"resource": {"ProcedureList": [{"id": "x1"}]}}}],
            "subject": {"resource": {"ProcedureConnection": {"count": 1}}},
        }
    ]


async def test_the_default_view_of_procedures_holds_here_too(start: Start) -> None:
    ccam = "https://mos.esante.gouv.fr/NOS/TRE_R37-CCAM/FHIR/TRE-R37-CCAM"
    coded = operation(1, "p1", code={"coding": [{"system": ccam, "code": "NFKA007"}]})
    product = await start(patient(), coded, operation(2, "p1"), environment={"DMI_PROCEDURE_SYSTEMS": ccam})
    assert ids(await page(product)) == ["x1"]
    assert ids(await page(product, filter="code pr false")) == ["x2"]


async def test_references_with_this_servers_address_count_where_it_is_known(start: Start) -> None:
    base = "https://dmi.example/fhir"
    absolute = operation(2, "", subject={"reference": f"{base}/Patient/p1"})
    product = await start(patient(), operation(1, "p1"), absolute, environment={"DMI_BASE_URL": base})
    assert ids(await page(product)) == ["x1", "x2"]
    assert (await page(product))["count"] == 2


async def test_references_to_other_servers_and_longer_ids_are_not_meant(start: Start) -> None:
    elsewhere = operation(1, "", subject={"reference": "https://elsewhere.example/fhir/Patient/p1"})
    product = await start(patient(), elsewhere, operation(2, "p11"))
    assert (await page(product))["edges"] == []


async def test_an_unknown_reference_is_told_the_allowed_ones(start: Start) -> None:
    product = await hospital(start)
    query = '{ Patient(id: "p1") { ProcedureList(_reference: "focal_device") { id } } }'
    assert "refers to Patient: patient, performer, subject." in await refused(product, query)
    assert "désigne Patient : patient, performer, subject." in await refused(product, query, "fr")


@pytest.mark.parametrize("reference", ["", "\\uD800", "_id", "patient:Patient", "PATIENT", "x" * 10_000])
async def test_no_other_spelling_is_a_reference_or_comes_back_in_the_message(start: Start, reference: str) -> None:
    product = await hospital(start)
    query = f'{{ Patient(id: "p1") {{ ProcedureList(_reference: "{reference}") {{ id }} }} }}'
    message = await refused(product, query)
    assert len(message) < 200


async def test_the_reference_is_required(start: Start) -> None:
    message = await refused(await hospital(start), '{ Patient(id: "p1") { ProcedureList { id } } }')
    assert "_reference" in message


@pytest.mark.parametrize(
    "arguments",
    ['_filter: "nonsense eq 1"', '_sort: "nonsense"', "_count: 0", "_count: 1001", "_offset: -1", '_filter: ""'],
)
async def test_what_is_wrong_is_an_error_below_each_parent(start: Start, arguments: str) -> None:
    product = await hospital(start)
    query = f'{{ PatientList {{ id ProcedureList(_reference: "patient", {arguments}) {{ id }} }} }}'
    answer = await product.ask(query)
    assert [row["ProcedureList"] for row in answer["data"]["PatientList"]] == [None] * 3
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"invalid"}
    assert [error["path"][:2] for error in answer["errors"]] == [["PatientList", n] for n in range(3)]


@pytest.mark.parametrize("sort", [None, "-date", "date,status", "-_id"])
@pytest.mark.parametrize("size", [1, 3, 7])
async def test_next_and_previous_walk_a_connection_in_both_directions(
    start: Start, sort: str | None, size: int
) -> None:
    product = await hospital(start)
    expected = ids(await page(product, sort=sort))
    connection = await page(product, sort=sort, count=size)
    forwards = ids(connection)
    while connection["next"]:
        connection = await page(product, sort=sort, count=size, cursor=connection["next"])
        forwards += ids(connection)
    backwards = ids(connection)
    while connection["previous"]:
        connection = await page(product, sort=sort, count=size, cursor=connection["previous"])
        backwards = ids(connection) + backwards
    assert forwards == backwards == expected
    assert sorted(expected) == [f"x{n}" for n in range(7)]


async def test_relays_arguments_page_both_ways(start: Start) -> None:
    product = await hospital(start)
    connection = await page(product, first=2)
    connection = await page(product, first=2, after=connection["pageInfo"]["endCursor"])
    assert ids(connection) == ["x2", "x3"]
    assert connection["pageInfo"]["hasPreviousPage"] is connection["pageInfo"]["hasNextPage"] is True
    assert ids(await page(product, last=2, before=connection["pageInfo"]["startCursor"])) == ["x0", "x1"]
    assert ids(await page(product, last=2)) == ["x5", "x6"]


async def test_first_last_offset_and_pagesize_are_as_at_the_root(start: Start) -> None:
    product = await hospital(start)
    connection = await page(product, count=3, offset=2)
    assert (connection["count"], connection["offset"], connection["pagesize"]) == (7, 2, 3)
    assert ids(connection) == ["x2", "x3", "x4"]
    assert ids(await page(product, count=3, cursor=connection["first"])) == ["x0", "x1", "x2"]
    last = await page(product, count=3, cursor=connection["last"])
    assert (ids(last), last["offset"], last["count"]) == (["x4", "x5", "x6"], None, 7)


@pytest.mark.parametrize(
    "other",
    [
        {"id": "p2"},
        {"reference": "subject"},
        {"sort": "-date"},
        {"filter": "status eq completed"},
    ],
)
async def test_a_cursor_of_another_list_is_refused(start: Start, other: dict[str, Any]) -> None:
    product = await hospital(start)
    cursor = (await page(product, count=2))["next"]
    answer = await product.ask(PAGE, {"id": "p1", "reference": "patient", "count": 2, "cursor": cursor, **other})
    assert answer["data"]["Patient"]["ProcedureConnection"] is None
    assert answer["errors"][0]["extensions"]["code"] == "invalid"


async def test_the_last_rows_of_many_resources_are_their_own(start: Start) -> None:
    product = await hospital(start)
    data = await product.data(
        '{ PatientList { ProcedureConnection(_reference: "patient", last: 2) { count edges { node { id } } } } }'
    )
    connections = [each["ProcedureConnection"] for each in data["PatientList"]]
    assert [ids(each) for each in connections] == [["x5", "x6"], ["x7"], []]
    assert [each["count"] for each in connections] == [7, 1, 0]


async def test_lists_of_a_contained_resource_are_empty(start: Start) -> None:
    inside = patient(id="in")
    product = await start(
        patient(id="in"), operation(1, "in"), operation(2, "", contained=[inside], subject={"reference": "#in"})
    )
    lists = """
      ProcedureList(_reference: "patient") { id }
      ProcedureConnection(_reference: "patient", last: 1) { count next previous edges { node { id } } }
    """
    data = await product.data(f"""{{ Procedure(id: "x2") {{
      contained {{ ... on Patient {{ {lists} }} }}
      subject {{ resource {{ ... on Patient {{ {lists} }} }} }}
    }} }}""")
    nothing = {
        "ProcedureList": [],
        "ProcedureConnection": {"count": 0, "next": None, "previous": None, "edges": []},
    }
    assert data["Procedure"] == {"contained": [nothing], "subject": {"resource": nothing}}


async def test_lists_of_a_resource_in_a_bundle_are_not_told(start: Start) -> None:
    entries = [{"resource": patient(contained=[device(id="in")])}]
    bundle = {"resourceType": "Bundle", "id": "b1", "type": "collection", "entry": entries}
    product = await start(patient(), operation(1, "p1"), bundle)
    data = await product.data("""{ Bundle(id: "b1") { entry { resource { ... on Patient {
      ProcedureList(_reference: "patient") { id }
      ProcedureConnection(_reference: "patient") { count }
      contained { ... on Device { ProcedureList(_reference: "focal_device") { id } } }
    } } } } }""")
    (entry,) = data["Bundle"]["entry"]
    assert entry["resource"] == {
        "ProcedureList": None,
        "ProcedureConnection": None,
        "contained": [{"ProcedureList": []}],
    }


async def test_a_stored_resource_that_contains_others_has_its_lists(start: Start) -> None:
    product = await start(patient(contained=[organization(id="in")]), operation(1, "p1"))
    assert ids(await page(product)) == ["x1"]


async def test_a_level_takes_one_store_command_for_its_rows_and_one_for_its_counts(start: Start) -> None:
    people = [patient(id=f"p{n:02}") for n in range(50)]
    acts = [operation(n, f"p{n % 50:02}") for n in range(100)]
    product = await start(*people, *acts, device(), wrap=CountedStore)
    query = """{ PatientList(_count: 50) { ProcedureConnection(_reference: "patient") {
      count edges { node { focalDevice { manipulated { resource { lotNumber } } } } }
    } } }"""
    answer, commands = await counted(product, query)
    assert [each["ProcedureConnection"]["count"] for each in answer["data"]["PatientList"]] == [2] * 50
    assert commands == [
        ("count_related", "Procedure"),
        ("read", "Device"),
        ("related", "Procedure"),
        ("search", "Patient"),
    ]


async def test_a_count_that_is_not_asked_for_is_not_counted(start: Start) -> None:
    product = await start(patient(), operation(1, "p1"), wrap=CountedStore)
    _, commands = await counted(product, '{ PatientList { ProcedureConnection(_reference: "patient") { pagesize } } }')
    assert commands == [("related", "Procedure"), ("search", "Patient")]


async def test_a_list_below_a_list_is_one_store_command_more(start: Start) -> None:
    product = await start(organization(), patient(), *(operation(n, "p1") for n in range(9)), wrap=CountedStore)
    query = """{ Organization(id: "o1") { ProcedureList(_reference: "on_behalf_of") {
      DocumentReferenceList(_reference: "related") { id }
      subject { resource { ... on Patient { ProcedureList(_reference: "patient") { id } } } }
    } } }"""
    _, commands = await counted(product, query)
    assert commands == [
        ("read", "Organization"),
        ("read", "Patient"),
        ("related", "DocumentReference"),
        ("related", "Procedure"),
        ("related", "Procedure"),
    ]


async def test_lists_with_other_arguments_are_commands_of_their_own(start: Start) -> None:
    product = await hospital(start)
    data = await product.data("""{ Patient(id: "p1") {
      new: ProcedureList(_reference: "patient", _sort: "-date", _count: 1) { id }
      old: ProcedureList(_reference: "patient", _sort: "date", _count: 1) { id }
    } }""")
    assert data["Patient"] == {"new": [{"id": "x6"}], "old": [{"id": "x0"}]}


async def test_more_rows_than_a_request_may_ask_for_are_refused_ahead_of_the_store(start: Start) -> None:
    product = await start(*(patient(id=f"p{n}") for n in range(21)), wrap=CountedStore)
    query = '{ PatientList(_count: 21) { ProcedureList(_reference: "patient", _count: 1000) { id } } }'
    answer, commands = await counted(product, query)
    assert [each["ProcedureList"] for each in answer["data"]["PatientList"]] == [None] * 21
    assert {each["extensions"]["code"] for each in answer["errors"]} == {"too-costly"}
    assert commands == [("search", "Patient")]


@pytest.mark.parametrize("arguments", ["_count: 1000, _offset: 19001", "_count: 1, _offset: 100000"])
async def test_rows_that_are_skipped_count_too(start: Start, arguments: str) -> None:
    message = await refused(
        await hospital(start), f'{{ Patient(id: "p1") {{ ProcedureList(_reference: "patient", {arguments}) {{id}} }} }}'
    )
    assert "20000 rows" in message


async def test_a_resource_that_is_met_again_and_again_counts_each_time(start: Start) -> None:
    product = await start(patient(), *(operation(n, "p1") for n in range(40)))
    back = 'subject { resource { ... on Patient { ProcedureList(_reference: "patient", _count: 1000) { %s } } } }'
    answer = await product.ask("{ ProcedureList(_count: 1) { %s } }" % (back % (back % "id")))
    assert {each["extensions"]["code"] for each in answer["errors"]} == {"too-costly"}


async def test_a_page_that_a_cursor_leads_to_counts_as_a_hundred_rows_at_least(start: Start) -> None:
    product = await start(*(patient(id=f"p{n}") for n in range(201)), wrap=CountedStore)
    query = '{ PatientList(_count: %d) { ProcedureConnection(_reference: "patient", last: 1) { pagesize } } }'
    await product.data(query % 200)
    answer, commands = await counted(product, query % 201)
    assert {each["extensions"]["code"] for each in answer["errors"]} == {"too-costly"}
    assert commands == [("search", "Patient")]


async def test_the_same_page_of_the_same_resource_is_searched_once(start: Start) -> None:
    product = await start(patient(), *(operation(n, "p1") for n in range(5)), wrap=CountedStore)
    query = """{ ProcedureList { subject { resource { ... on Patient {
      ProcedureConnection(_reference: "patient", last: 2) { edges { cursor } }
    } } } } }"""
    _, commands = await counted(product, query)
    assert commands == [("read", "Patient"), ("search", "Procedure"), ("search", "Procedure")]


async def test_lists_are_read_anew_after_a_write(start: Start) -> None:
    stored = (patient(), practitioner(), organization(), device())
    product = await start(*stored, environment={"DMI_UNIQUE_INTERVENTIONS": "off"})
    create = """
      mutation($resource: FHIR!) { a: ProcedureCreate(resource: $resource) { ...lists }
                                   b: ProcedureCreate(resource: $resource) { ...lists } }
      fragment lists on ProcedureCreation {
        resource { subject { resource { ... on Patient { ProcedureConnection(_reference: "patient") {
          count edges { node { status } }
        } } } } }
      }
    """
    data = await product.data(create, {"resource": procedure()})
    found = [each["resource"]["subject"]["resource"]["ProcedureConnection"] for each in (data["a"], data["b"])]
    assert [(each["count"], len(each["edges"])) for each in found] == [(1, 1), (2, 2)]


def fields(types: FhirTypes, name: str) -> set[str]:
    return {field.graphql_name for field in types.classes[name].__strawberry_definition__.fields}  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def added() -> dict[str, set[str]]:
    """The fields that every served type has for reverse lists."""
    types = FhirTypes(lambda *_, **__: None)
    before = {name: fields(types, name) for name in SERVED}
    add_reverse_lists(types, {name: types.classes[name] for name in SERVED})
    return {name: fields(types, name) - before[name] for name in SERVED}


@pytest.mark.parametrize("parent", SERVED)
def test_only_types_that_can_refer_to_a_type_are_listed_in_it(added: dict[str, set[str]], parent: str) -> None:
    able = {name for name in SERVED if referring(name, parent)}
    assert able
    assert added[parent] == {f"{name}{kind}" for name in able for kind in ("List", "Connection")}


@pytest.mark.parametrize(
    ("type_name", "target", "expected"),
    [
        ("Procedure", "Patient", {"patient", "performer", "subject"}),
        ("Procedure", "Device", {"focal_device", "performer"}),
        ("AuditEvent", "Bundle", {"entity"}),
        ("Location", "Patient", set()),
        ("Bundle", "Patient", set()),
        ("CarePlan", "DeviceDefinition", set()),
    ],
)
def test_a_parameter_that_may_point_anywhere_may_point_here(type_name: str, target: str, expected: set[str]) -> None:
    assert expected <= set(referring(type_name, target))
    assert bool(expected) is bool(referring(type_name, target))


async def test_a_null_where_a_parameter_is_needed_names_the_type_that_is_expected(start: Start) -> None:
    answer = await (await start()).ask('{ Patient(id: "p1") { ProcedureList(_reference: null) { id } } }')
    assert answer["errors"][0]["message"].endswith("expected type String!.")
