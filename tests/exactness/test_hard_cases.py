"""Requests in which executors are easily wrong, each answered as graphql-core answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from app.fhir import json
from app.schema.focus import Focus
from tests.exactness.cases import Case
from tests.exactness.documents import META
from tests.exactness.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.fhir.resource import Resource

Documents = dict[tuple[str, str], "Resource"]


def stored(*texts: str) -> Documents:
    """Documents as JSON without what every one of them has."""
    documents = [json.decode(text) for text in texts]
    return {(each["resourceType"], each["id"]): {**each, "meta": META} for each in documents}


BROKEN_PATIENT: Final = (
    '{"resourceType": "Patient", "id": "a", '
    '"name": ["Martin", null, {"given": "x"}, {"family": {"x": 1}, "use": {"x": 1}}], "birthDate": {"x": "1950"}, '
    '"gender": 7, "active": "yes", "managingOrganization": "x", "multipleBirthInteger": 1.5}'
)
TWO_OF_ONE: Final = tuple(
    f'{{"resourceType": "Procedure", "id": "{id_}", "subject": {{"reference": "Patient/a"}}, '
    f'"performer": [{{"actor": {{"reference": "Practitioner/gone"}}}}, {{"actor": {{"reference": "Patient/a"}}}}]}}'
    for id_ in "ab"
)
BUNDLE: Final = (
    '{"resourceType": "Bundle", "id": "a", "entry": ['
    '{"fullUrl": "urn:uuid:0", "resource": {"resourceType": "Procedure", "id": "x", '
    '"subject": {"reference": "urn:uuid:1"}, "partOf": [{"reference": "urn:uuid:gone"}]}}, '
    '{"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "y", "gender": 7, "birthDate": "1950"}}, '
    '{"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Medication", "id": "m"}}, null, "x", {"resource": 7}, '
    '{"resource": {"id": "typeless"}}, {"resource": null}, {"resource": [{"resourceType": "Patient"}]}]}'
)
CONTAINING: Final = (
    '{"resourceType": "Procedure", "id": "a", "contained": ['
    '{"resourceType": "Patient", "id": "in0", "active": "yes", "managingOrganization": {"reference": "#in1"}}, '
    '{"resourceType": "Organization", "id": "in1", "partOf": {"reference": "#"}}, null, 7, {"id": "typeless"}], '
    '"subject": {"reference": "#in0"}, "location": {"reference": "#in1"}, "partOf": [{"reference": "#"}, null, "x"]}'
)
EXTENDED: Final = (
    '{"resourceType": "Device", "id": "a", "extension": ['
    '{"url": "urn:x", "valueReference": {"reference": "Patient/a"}}, '
    '{"url": "urn:x", "valueReference": {"identifier": {"system": "urn:shared", "value": "x"}}}, '
    '{"url": "urn:y", "valueDecimal": 1.50}, {"url": "urn:y", "valueDecimal": "x"}, {"url": 7}], '
    '"_lotNumber": {"extension": [{"url": "urn:x", "valueInteger": 1e400}]}, "distinctIdentifier": null}'
)

SAME_FRAGMENTS: Final = tuple(
    f'{{"resourceType": "Procedure", "id": "{id_}", "subject": {{"reference": "#in"}}, '
    f'"contained": [{{"resourceType": "Patient", "id": "in", "birthDate": "{year}", "gender": {year}}}]}}'
    for id_, year in (("a", 1950), ("b", 1960), ("c", 1970))
)
SAME_URNS: Final = tuple(
    f'{{"resourceType": "Bundle", "id": "{id_}", "entry": ['
    f'{{"resource": {{"resourceType": "Procedure", "id": "x", "subject": {{"reference": "urn:uuid:1"}}}}}}, '
    f'{{"fullUrl": "urn:uuid:1", "resource": {{"resourceType": "Patient", "id": "y", "birthDate": "{year}"}}}}]}}'
    for id_, year in (("a", 1950), ("b", 1960), ("c", 1970))
)

CASES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "one field in two fragments with other selections": (
        """{ ...A ...B Patient(id: "a") { name { use } } }
        fragment A on Query { Patient(id: "a") { name { family } id } }
        fragment B on Query { Patient(id: "a") { name { given family } gender } }""",
        (BROKEN_PATIENT,),
    ),
    "a field of an object and of its interface": (
        """{ Procedure(id: "a") { subject { ...R resource { ...I ... on Patient { id birthDate } id } reference } } }
        fragment R on Reference { reference display identifier { value } }
        fragment I on Resource { id resourceType meta { versionId } ... on Group { id name } }""",
        TWO_OF_ONE,
    ),
    "the type of what is no object": (
        '{ Patient(id: "a") { __typename name { __typename } managingOrganization { __typename reference } } }',
        (BROKEN_PATIENT,),
    ),
    "types of resources that are none": (
        """{ Bundle(id: "a") { entry { __typename resource { __typename id ... on OtherResource { raw }
        ... on Patient { gender birthDate } } } } }""",
        (BUNDLE,),
    ),
    "nulls and misfits in lists": (
        '{ Patient(id: "a") { name { family given _given { id } use } } }',
        (BROKEN_PATIENT,),
    ),
    "a list where a text belongs": (
        '{ Patient(id: "a") { birthDate gender active multipleBirthInteger } }',
        (BROKEN_PATIENT,),
    ),
    "an error in a list in a reference in a list": (
        """{ ProcedureList(_sort: "_id") { id performer { actor { resource {
        ... on Patient { name { family } } } } } } }""",
        (*TWO_OF_ONE, BROKEN_PATIENT),
    ),
    "one resource with errors at two places": (
        "{ ProcedureList { subject { resource { ... on Patient { gender active name { family } } } } } }",
        (*TWO_OF_ONE, BROKEN_PATIENT),
    ),
    "one reference that leads nowhere at two places": (
        "{ ProcedureList { performer { actor { reference resource { id } } } } }",
        TWO_OF_ONE,
    ),
    "one resource at two places with other selections": (
        """{ a: Procedure(id: "a") { subject { resource { ... on Patient { gender } } } }
        b: Procedure(id: "b") { subject { resource { ... on Patient { active gender } id } } } }""",
        (*TWO_OF_ONE, BROKEN_PATIENT),
    ),
    "one resource at two places and what refers to it": (
        """{ ProcedureList { subject { resource { ... on Patient {
        ProcedureList(_reference: "patient", _count: 2) { id subject { resource { id } } }
        ProcedureConnection(_reference: "subject") {
        count edges { cursor node { id } resource { status } } } } } } } }""",
        (*TWO_OF_ONE, BROKEN_PATIENT),
    ),
    "skip and include together": (
        """{ Patient(id: "a") { id @skip(if: false) @include(if: true) gender @skip(if: true) @include(if: true)
        active @include(if: false) @skip(if: false) ... @include(if: false) { birthDate } ...F @skip(if: true) } }
        fragment F on Patient { name { family } }""",
        (BROKEN_PATIENT,),
    ),
    "nothing left of a selection": ('{ Patient(id: "a") { name { family @skip(if: true) } } }', (BROKEN_PATIENT,)),
    "a field that is skipped once and selected once": (
        '{ Patient(id: "a") { id @skip(if: true) gender id name @skip(if: true) { use } name { family } } }',
        (BROKEN_PATIENT,),
    ),
    "the order of keys that come again later": (
        '{ Patient(id: "a") { ... on Resource { id } gender ...F id } } fragment F on Patient { active gender id }',
        (BROKEN_PATIENT,),
    ),
    "aliases that are names of other things": (
        """{ length: Patient(id: "a") { length: id get: gender items: active keys: birthDate name: id id: __typename
        resource: meta { values: versionId } } }""",
        (BROKEN_PATIENT,),
    ),
    "two aliases of one reference with other arguments": (
        """{ Procedure(id: "a") { performer { actor {
        a: resource(type: "Patient") { id } b: resource(optional: true) { id }
        c: resource(type: "Group", optional: false) { id } resource { id } } } } }""",
        TWO_OF_ONE,
    ),
    "null arguments": (
        """{ Patient(id: "a") { name(use: null, _count: null, fhirpath: null) { family }
        managingOrganization { resource(optional: null, type: null) { id } } }
        PatientList(_id: null, _count: null, _filter: null, _cursor: null, name: [null]) { id } }""",
        (BROKEN_PATIENT,),
    ),
    "navigation over what is no list of objects": (
        """{ Patient(id: "a") { a: name(family: "x") { family }
        b: name(_offset: 1) { family } c: name(_count: 1) { use }
        d: name(fhirpath: "given.exists()") { given } e: name(fhirpath: "(") { id } f: name(_count: 0) { id } } }""",
        (BROKEN_PATIENT,),
    ),
    "references inside a Bundle": (
        """{ Bundle(id: "a") { entry { resource { ... on Procedure {
        subject { resource { ... on Patient { id gender } } }
        partOf { resource { ... on Procedure { id } } } } } } } }""",
        (BUNDLE,),
    ),
    "reverse lists of what stands in a Bundle": (
        """{ Bundle(id: "a") { entry(_count: 3) { resource {
        ... on Patient { ProcedureList(_reference: "patient") { id } } }
        } } }""",
        (BUNDLE,),
    ),
    "the same reference in several Bundles": (
        """{ BundleList { entry { resource { ... on Procedure { subject { resource {
        ... on Patient { birthDate } } } } } } } }""",
        SAME_URNS,
    ),
    "the same reference to what several resources contain": (
        "{ ProcedureList { subject { resource { ... on Patient { birthDate gender } } } } }",
        SAME_FRAGMENTS,
    ),
    "references to what is contained and back": (
        """{ Procedure(id: "a") { contained { __typename id
        ... on Patient { active managingOrganization { resource { name
        partOf { resource { id } } } } } } subject { resource { ... on Patient { active } } }
        partOf { reference resource { ... on Procedure { id } } } location { resource { id } } } }""",
        (CONTAINING,),
    ),
    "a reference of any type in an extension": (
        """{ Device(id: "a") { extension(url: "urn:x") { valueReference { __typename ... on Reference { reference }
        resource { __typename id } } } distinctIdentifier } }""",
        (EXTENDED,),
    ),
    "decimals, and numbers that are too large": (
        '{ Device(id: "a") { extension { url valueDecimal } lotNumber _lotNumber { extension { valueInteger } } } }',
        (EXTENDED,),
    ),
    "a root field that fails beside one that does not": (
        '{ a: Patient(id: "") { id } b: Patient(id: "a") { id } c: PatientList(_count: 0) { id } d: __typename }',
        (),
    ),
    "arguments in another order than the schema's, both of them wrong": (
        '{ ImplantStock(emdn: ["Patient/a"], manufacturer: []) { edges { cursor } } }',
        (),
    ),
    "a connection with everything": (
        """{ PatientConnection(_count: 2, _sort: "-_id") { __typename count offset pagesize first previous next last
        edges { __typename mode score cursor resource { id } node { gender } }
        pageInfo { __typename hasNextPage hasPreviousPage startCursor endCursor } } }""",
        (BROKEN_PATIENT,),
    ),
    "a connection without rows": (
        '{ PatientConnection(_id: ["gone"]) { count edges { node { id } } pageInfo { startCursor } next } }',
        (),
    ),
    "introspection beside data": (
        '{ __schema { queryType { name } } __type(name: "Patient") { name kind } Patient(id: "a") { id } __typename }',
        (),
    ),
    "recalls": (
        """{ ImplantRecall(lot: ["LOT-1"]) { totals { __typename } edges { cursor node {
        explanted date device { lotNumber }
        patient { id gender } procedure { id } } } pageInfo { hasNextPage endCursor } }
        Patient(id: "a") { implants { edges { node { device { id } } } } } }""",
        (BROKEN_PATIENT,),
    ),
    "directives that shape": (
        """{ Patient(id: "a") @flatten { name @flatten { family given } gender meta @flatten { versionId } }
        ProcedureList @flatten { subject @flatten { resource @flatten { id } } } }""",
        (*TWO_OF_ONE, BROKEN_PATIENT),
    ),
    "a slice of raw documents": ('{ Patient(id: "a") { raw @slice(path: "$this") id } }', (BROKEN_PATIENT,)),
    "slices of objects where texts belong": (
        '{ Patient(id: "a") { name @slice(path: "use") { given } birthDate @slice(path: "$this") } }',
        (BROKEN_PATIENT,),
    ),
    "two fields created after each other": (
        """mutation { a: PatientCreate(resource: {resourceType: "Patient"}) { location
        resource { id meta { versionId } } }
        b: DeviceCreate(resource: {resourceType: "Device", patient: {reference: "Patient/a"}}) { location information {
        issue { severity code details { text } } } resource { patient { resource { id gender } } } } }""",
        (),
    ),
    "a mutation that fails between two that do not": (
        """mutation { a: PatientCreate(resource: {resourceType: "Patient"}) { location }
        b: PatientCreate(resource: {resourceType: "Patient", name: 7}) { location }
        c: PatientCreate(resource: "{}") { location }
        d: DeviceCreate(resource: {resourceType: "Device"}) { location } }""",
        (),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_data_and_errors_are_those_of_graphql_core(difference: Callable[[Case], str], name: str) -> None:
    query, documents = CASES[name]
    assert difference(Case(Request(query), stored(*documents))) == ""


NAVIGATED: Final = (
    'query ($use: String, $count: Int = 1) { Patient(id: "a") { name(use: $use, _count: $count) { family given } } }'
)
CONDITIONAL: Final = (
    "query ($yes: Boolean! = true, $no: Boolean = false) { PatientList { id @include(if: $yes) gender @skip(if: $no) "
    "name @include(if: $yes) @skip(if: $no) { family } } }"
)
VARIABLES: Final[dict[str, tuple[str, dict[str, Any] | None]]] = {
    "absent": (NAVIGATED, None),
    "absent beside others": (NAVIGATED, {"use": "official"}),
    "null where there is a default": (NAVIGATED, {"count": None}),
    "null": (NAVIGATED, {"use": None, "count": 2}),
    "of another type": (NAVIGATED, {"use": 7, "count": "x"}),
    "that nobody asked for": (NAVIGATED, {"other": 1}),
    "of directives by default": (CONDITIONAL, None),
    "of directives, the other way round": (CONDITIONAL, {"yes": False, "no": True}),
    "of directives, null": (CONDITIONAL, {"yes": True, "no": None}),
    "of a required argument, absent": ("query ($id: ID!) { Patient(id: $id) { id } }", {}),
    "of a required argument by default": ('query ($id: ID = "a") { Patient(id: $id) { id } }', {}),
    "of a required argument, null beside a default": (
        'query ($id: ID = "a") { Patient(id: $id) { id } }',
        {"id": None},
    ),
    "in a list": ('query ($id: String) { PatientList(_id: [$id, "b"]) { id } }', {"id": "a"}),
    "in a list, absent": ('query ($id: String) { PatientList(_id: [$id, "b"]) { id } }', {}),
    "a list where one value is sent": ("query ($id: [String]) { PatientList(_id: $id) { id } }", {"id": "a"}),
    "the same for two aliases with equal arguments": (
        """query ($id: ID!) { a: Patient(id: $id) { id } a: Patient(id: $id) { gender } b: Patient(id: $id) { id } }""",
        {"id": "a"},
    ),
    "of a reference": (
        """query ($optional: Boolean, $type: String) { ProcedureList { performer { actor { resource(optional: $optional,
        type: $type) { id } } } } }""",
        {"optional": True},
    ),
    "ahead of a literal, both of them wrong": (
        """query ($text: [String]) { ImplantStock(manufacturer: $text, emdn: ["Patient/a"]) { edges { cursor } } }""",
        {"text": []},
    ),
    "inside a resource": (
        'query ($text: String) { PatientValidate(resource: {resourceType: "Patient", language: $text}) { valid '
        "information { issue { severity expression } } } }",
        {"text": "\u00e9"},
    ),
}


@pytest.mark.parametrize("name", VARIABLES)
def test_variables_are_those_of_graphql_core(difference: Callable[[Case], str], name: str) -> None:
    query, variables = VARIABLES[name]
    assert difference(Case(Request(query, variables), stored(BROKEN_PATIENT, *TWO_OF_ONE))) == ""


def test_one_plan_serves_other_variables_of_directives(difference: Callable[[Case], str]) -> None:
    documents = stored(BROKEN_PATIENT)
    sent: list[dict[str, Any]] = [
        {"yes": True},
        {"yes": False},
        {},
        {"no": True},
        {"yes": True, "no": True},
        {"yes": True},
    ]
    assert [difference(Case(Request(CONDITIONAL, each), documents)) for each in sent] == [""] * len(sent)


@pytest.mark.parametrize("operation", ["A", "B", "C", "", None])
def test_the_operation_that_is_named_is_run(difference: Callable[[Case], str], operation: str | None) -> None:
    query = """query A { Patient(id: "a") { ...F } } query B { Patient(id: "b") { ...F } }
    fragment F on Patient { id gender }"""
    assert difference(Case(Request(query, operation=operation), stored(BROKEN_PATIENT))) == ""


@pytest.mark.parametrize(
    ("type_name", "id_"), [("Patient", "a"), ("Patient", "gone"), ("Device", "a"), ("Patient", "")]
)
def test_a_document_that_begins_at_a_resource(difference: Callable[[Case], str], type_name: str, id_: str) -> None:
    query = "query ($u: String) { id __typename ... on Patient { name(use: $u) { family } gender } meta { versionId } }"
    request = Request(query, {"u": None}, focus=Focus(type_name, id_))
    assert difference(Case(request, stored(BROKEN_PATIENT))) == ""


MANY: Final = 150
"""More items than are built before others get a turn."""


def test_a_long_list_with_what_does_not_fit(difference: Callable[[Case], str]) -> None:
    names = [
        {"family": "x", "given": ["y", None, 7]} if number % 3 else None if number % 2 else number
        for number in range(MANY)
    ]
    document = {"resourceType": "Patient", "id": "a", "meta": META, "name": names, "contact": [{"name": {}}, 7] * MANY}
    query = (
        '{ Patient(id: "a") { name { family given use } x: name(_offset: 70) { given } contact { name { text } } } }'
    )
    assert difference(Case(Request(query), {("Patient", "a"): document})) == ""


def test_a_thousand_references_to_few_resources(difference: Callable[[Case], str]) -> None:
    places = ("Patient/a", "Patient/gone", "Practitioner/a", "Practitioner/b", "#in", "Patient/a", "")
    performers = [{"actor": {"reference": places[number % len(places)]}} for number in range(1_000)]
    inside = {"resourceType": "Patient", "id": "in", "gender": 7}
    document = {"resourceType": "Procedure", "id": "a", "meta": META, "contained": [inside], "performer": performers}
    query = """{ Procedure(id: "a") { performer { actor { resource { id __typename ... on Patient { gender
    managingOrganization { resource { id partOf { resource(optional: true) { id } } } } } } } } } }"""
    documents = {("Procedure", "a"): document, **stored(BROKEN_PATIENT)}
    assert difference(Case(Request(query), documents)) == ""


def test_resources_that_refer_to_each_other_over_several_levels(difference: Callable[[Case], str]) -> None:
    documents = stored(
        '{"resourceType": "Organization", "id": "a", "active": 7, "partOf": {"reference": "Organization/b"}}',
        '{"resourceType": "Organization", "id": "b", "partOf": {"reference": "Organization/a"}, "alias": "x"}',
        '{"resourceType": "Organization", "id": "c", "partOf": {"reference": "Organization/c"}, "alias": [7, null]}',
    )
    query = """{ OrganizationList { ...F partOf { resource { ...F partOf { resource { ...F
    partOf { reference resource { ...F } } } } } } } }
    fragment F on Organization { id active alias OrganizationList(_reference: "partof") { id } }"""
    assert difference(Case(Request(query), documents)) == ""


def test_requests_at_the_same_time_do_not_disturb_each_other(
    differences: Callable[[Sequence[Case]], Sequence[str]],
) -> None:
    asked = [Case(Request(query), stored(*documents)) for query, documents in CASES.values()]
    reading = [case for case in asked if not case.request.writes] * 2
    assert differences(reading) == [""] * len(reading)
