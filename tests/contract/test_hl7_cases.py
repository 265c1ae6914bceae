"""HL7's published cases of GraphQL on FHIR, by name, each told anew on resources of our own.

The names are those of HL7's manifest (repository FHIR/fhir-test-cases, folder r4/graphql). HL7's engine leaves out what
is null, which GraphQL does not, so answers are compared without nulls. Nine cases are written in a way that standard
GraphQL refuses; each has the equivalent that works here.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import httpx
import pytest
import pytest_asyncio

from app.main import create_app
from app.settings import read_settings
from app.store.repository import Write
from app.stores import store_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.builders import Document

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEX_AT_BIRTH = "https://example.org/StructureDefinition/sexe-naissance"
ESSAIS = "https://example.org/StructureDefinition/essais"
BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"

PATIENT: Document = {
    "resourceType": "Patient",
    "id": "zoe",
    "extension": [
        {"url": ESSAIS, "valueCode": "inclus"},
        {"url": SEX_AT_BIRTH, "valueString": "femme"},
    ],
    "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "280079912345678"}],
    "active": True,
    "name": [
        {"use": "official", "family": "Martin", "given": ["Zoé", "Anne"]},
        {"use": "usual", "given": ["Zozo"]},
        {"use": "maiden", "family": "Petit", "given": ["Zoé", "Anne"]},
    ],
    "birthDate": "1980-07-01",
    "_birthDate": {"extension": [{"url": BIRTH_TIME, "valueDateTime": "1980-07-01T14:35:45+02:00"}]},
}
OBSERVATION: Document = {
    "resourceType": "Observation",
    "id": "poids",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}, {"system": "urn:local", "code": "poids"}]},
    "subject": {"reference": "Patient/zoe"},
    "valueQuantity": {"value": 61.5, "unit": "kg"},
}
RESOURCES: tuple[Document, ...] = (
    PATIENT,
    OBSERVATION,
    {"resourceType": "Patient", "id": "ancien", "active": False},
    {"resourceType": "SupplyDelivery", "id": "livraison", "basedOn": [{"reference": "SupplyRequest/perdue"}]},
    {"resourceType": "Condition", "id": "arthrose", "subject": {"reference": "Patient/zoe"}},
    {
        "resourceType": "Group",
        "id": "rappel",
        "type": "person",
        "actual": True,
        "member": [{"entity": {"reference": f"Patient/{number}"}} for number in range(1, 13)],
    },
)

IDENTIFIER = {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "280079912345678"}
NAMES = [
    {"given": ["Zoé", "Anne"], "family": "Martin"},
    {"given": ["Zozo"]},
    {"given": ["Zoé", "Anne"], "family": "Petit"},
]
SIMPLE = {"identifier": [IDENTIFIER], "active": True, "name": NAMES}
CODE = {"coding": OBSERVATION["code"]["coding"]}
GIVEN = ["Zoé", "Anne", "Zozo", "Zoé", "Anne"]
COLUMNS = {"system": [IDENTIFIER["system"]], "value": [IDENTIFIER["value"]], "active": True}
SINGLE = {**IDENTIFIER, "active": True}
BY_USE = {
    "given.official": ["Zoé", "Anne"],
    "family.official": "Martin",
    "given.usual": ["Zozo"],
    "given.maiden": ["Zoé", "Anne"],
    "family.maiden": "Petit",
}
BY_INDEX = {
    "given.0": ["Zoé", "Anne"],
    "family.0": "Martin",
    "given.1": ["Zozo"],
    "given.2": ["Zoé", "Anne"],
    "family.2": "Petit",
}

AT_PATIENT = "/fhir/Patient/zoe/$graphql"
AT_OBSERVATION = "/fhir/Observation/poids/$graphql"
AT_DELIVERY = "/fhir/SupplyDelivery/livraison/$graphql"
AT_GROUP = "/fhir/Group/rappel/$graphql"
SYSTEM = "/fhir/$graphql"


@dataclass(frozen=True)
class Case:
    """One case: where it is asked, what, and the answer without nulls; None where HL7 expects an error.

    `instead` is the equivalent where standard GraphQL refuses the query as HL7 writes it."""

    name: str
    path: str
    query: str
    expected: Any
    instead: str = ""
    operation: str | None = None


HELD = (
    Case("simple", AT_PATIENT, "{ identifier { system value } active name { text given family } }", SIMPLE),
    Case(
        "filter-fhirpath",
        AT_PATIENT,
        '{ identifier { system value } active name(fhirpath: "family.exists()") { text given family } }',
        {**SIMPLE, "name": [NAMES[0], NAMES[2]]},
    ),
    Case("using wrong field", AT_PATIENT, "{ identifier { system value something } active }", None),
    Case(
        "polymorphic",
        AT_OBSERVATION,
        "{ subject { reference } valueQuantity { value unit } }",
        {"subject": OBSERVATION["subject"], "valueQuantity": OBSERVATION["valueQuantity"]},
    ),
    Case("reference-broken", AT_DELIVERY, "{ basedOn { reference, resource { id } } }", None),
    Case(
        "reference-optional",
        AT_DELIVERY,
        "{ basedOn { reference, resource(optional: true) { id } } }",
        {"basedOn": [{"reference": "SupplyRequest/perdue"}]},
    ),
    Case(
        "reference-fragment-type",
        AT_OBSERVATION,
        "{ id subject { reference, resource { ...on Patient { active } } } code { coding { system code } } }",
        {"id": "poids", "subject": {"reference": "Patient/zoe", "resource": {"active": True}}, "code": CODE},
    ),
    Case(
        "extension-complex",
        AT_PATIENT,
        "{ id extension { url, valueCode } }",
        {"id": "zoe", "extension": [{"url": ESSAIS, "valueCode": "inclus"}, {"url": SEX_AT_BIRTH}]},
    ),
    Case(
        "extension-complex-in",
        AT_PATIENT,
        f'{{ id extension(url: "{ESSAIS}") {{ url, valueCode }} }}',
        {"id": "zoe", "extension": [{"url": ESSAIS, "valueCode": "inclus"}]},
    ),
    Case(
        "extension-complex-out",
        AT_PATIENT,
        f'{{ id extension(url: "{ESSAIS}X") {{ url, valueCode }} }}',
        {"id": "zoe", "extension": []},
    ),
    Case(
        "list-sub",
        AT_GROUP,
        "{ member(_count: 5, _offset: 5) { inactive entity { reference } } }",
        {"member": [{"entity": {"reference": f"Patient/{number}"}} for number in range(6, 11)]},
    ),
    Case(
        "directive-skip",
        AT_PATIENT,
        "{ identifier @skip(if: true) { system value } active name { text given family } }",
        {"active": True, "name": NAMES},
    ),
    Case(
        "directive-include",
        AT_PATIENT,
        "{ identifier @include(if: true) { system value } active name { text given family } }",
        SIMPLE,
    ),
    Case(
        "flatten",
        AT_PATIENT,
        "{ identifier @flatten { system value } active name @flatten { text given family } }",
        {**COLUMNS, "given": GIVEN, "family": ["Martin", "Petit"]},
    ),
    Case(
        "flatten-first",
        AT_PATIENT,
        "{ identifier @flatten { system value } active name @flatten { text given @first family } }",
        {**COLUMNS, "given": ["Zoé", "Zozo", "Zoé"], "family": ["Martin", "Petit"]},
    ),
    Case(
        "flatten-singleton1",
        AT_PATIENT,
        "{ identifier @flatten { system @singleton value @singleton } active name @flatten { text given family } }",
        {**SINGLE, "given": GIVEN, "family": ["Martin", "Petit"]},
    ),
    Case(
        "flatten-singleton2",
        AT_PATIENT,
        """{ identifier @flatten { system @singleton value @singleton } active
             name @flatten { text given family @singleton } }""",
        None,
    ),
    Case(
        "flatten-singleton3",
        AT_PATIENT,
        """{ identifier @flatten { system @singleton value @singleton } active
             name @flatten @first { text given family @singleton } }""",
        {**SINGLE, "given": ["Zoé", "Anne"], "family": "Martin"},
    ),
    Case(
        "flatten-slice1",
        AT_PATIENT,
        """{ identifier @flatten { system value } active
             name @flatten @slice(path: "use") { given family @singleton } }""",
        {**COLUMNS, **BY_USE},
    ),
    Case(
        "flatten-slice2",
        AT_PATIENT,
        """{ identifier @flatten { system value } active
             name @flatten @slice(path: "$index") { given family @singleton } }""",
        {**COLUMNS, **BY_INDEX},
    ),
)

TOLD_OTHERWISE = (
    Case(
        "reference",
        AT_OBSERVATION,
        "{ id subject { reference, resource { active } } code { coding { system code } } }",
        {"id": "poids", "subject": {"reference": "Patient/zoe", "resource": {"active": True}}, "code": CODE},
        "{ id subject { reference, resource { ... on Patient { active } } } code { coding { system code } } }",
    ),
    Case(
        "reference-type-in",
        AT_OBSERVATION,
        "{ id subject { reference, resource(type : Patient) { active } } code { coding { system code } } }",
        {"id": "poids", "subject": {"reference": "Patient/zoe", "resource": {"active": True}}, "code": CODE},
        '{ id subject { reference, resource(type: "Patient") { ... on Patient { active } } } '
        "code { coding { system code } } }",
    ),
    Case(
        "reference-type-out",
        AT_OBSERVATION,
        "{ id subject { reference, resource(type : Group) { active } } code { coding { system code } } }",
        {"id": "poids", "subject": {"reference": "Patient/zoe"}, "code": CODE},
        '{ id subject { reference, resource(type: "Group") { ... on Group { active } } } '
        "code { coding { system code } } }",
    ),
    Case(
        "extension-simple",
        AT_OBSERVATION,
        "{ subject { resource { birthDate } } subject { resource { _birthDate { extension { valueDateTime } } } } }",
        {
            "subject": {
                "resource": {
                    "birthDate": "1980-07-01",
                    "_birthDate": {"extension": [{"valueDateTime": "1980-07-01T14:35:45+02:00"}]},
                }
            }
        },
        """{ subject { resource { ... on Patient { birthDate } } }
             subject { resource { ... on Patient { _birthDate { extension { valueDateTime } } } } } }""",
    ),
    Case(
        "search-single",
        SYSTEM,
        "{ Patient(id: zoe) { id, active } }",
        {"Patient": {"id": "zoe", "active": True}},
        '{ Patient(id: "zoe") { id, active } }',
    ),
    Case(
        "search-simple",
        SYSTEM,
        "{ PatientList(active : true) { id, active } }",
        {"PatientList": [{"id": "zoe", "active": True}]},
        '{ PatientList(active: "true") { id, active } }',
    ),
    Case(
        "search-full",
        SYSTEM,
        """{ PatientConnection (active : true) { count offset pagesize edges { mode, score, resource { id, active } }
             first previous next last } }""",
        {
            "PatientConnection": {
                "count": 1,
                "offset": 0,
                "pagesize": 20,
                "edges": [{"mode": "match", "resource": {"id": "zoe", "active": True}}],
                "first": ANY,
                "last": ANY,
            }
        },
        """{ PatientConnection(active: "true") { count offset pagesize edges { mode, score, resource { id, active } }
             first previous next last } }""",
    ),
    Case(
        "reference-reverse",
        AT_PATIENT,
        "{ id ConditionList(_reference: patient) { id } }",
        {"id": "zoe", "ConditionList": [{"id": "arthrose"}]},
        '{ id ConditionList(_reference: "patient") { id } }',
    ),
    Case(
        "directive-variable",
        AT_PATIENT,
        """query test($var : Boolean) {
             identifier @include(if: $var) { system value } active name { text given family } }""",
        SIMPLE,
        """query test($var: Boolean!) {
             identifier @include(if: $var) { system value } active name { text given family } }""",
        "test",
    ),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    settings = read_settings({"DMI_STORE": "memory:", "DMI_EXAMPLE_DATA": "off"})
    store = store_of(settings)
    app = create_app(settings, store)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        await store.write([Write(each["resourceType"], each["id"], each) for each in RESOURCES])
        transport = httpx.ASGITransport(app)
        yield await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://localhost"))


async def asked(http: httpx.AsyncClient, case: Case, query: str) -> dict[str, Any]:
    body = {"query": query, "operationName": case.operation, "variables": {"var": True} if case.operation else None}
    answer: dict[str, Any] = (await http.post(case.path, json=body)).json()
    return answer


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", [each for each in HELD if each.expected is not None], ids=lambda case: case.name)
async def test_a_case_holds_as_hl7_writes_it(http: httpx.AsyncClient, case: Case) -> None:
    answer = await asked(http, case, case.query)
    assert "errors" not in answer
    assert without_nulls(answer["data"]) == case.expected


@pytest.mark.parametrize("case", [each for each in HELD if each.expected is None], ids=lambda case: case.name)
async def test_a_case_that_is_an_error_at_hl7_is_one_here(http: httpx.AsyncClient, case: Case) -> None:
    assert len((await asked(http, case, case.query))["errors"]) == 1


@pytest.mark.parametrize("case", TOLD_OTHERWISE, ids=lambda case: case.name)
async def test_a_case_holds_by_its_equivalent(http: httpx.AsyncClient, case: Case) -> None:
    answer = await asked(http, case, case.instead)
    assert "errors" not in answer
    assert without_nulls(answer["data"]) == case.expected


@pytest.mark.parametrize("case", TOLD_OTHERWISE, ids=lambda case: case.name)
async def test_a_case_that_is_no_standard_graphql_is_refused(http: httpx.AsyncClient, case: Case) -> None:
    answer = await asked(http, case, case.query)
    assert "data" not in answer
    assert answer["errors"]


async def test_every_case_of_hl7_is_here_once() -> None:
    assert len({case.name for case in (*HELD, *TOLD_OTHERWISE)}) == len(HELD) + len(TOLD_OTHERWISE) == 29
