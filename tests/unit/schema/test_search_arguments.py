from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.errors import InvalidSearch
from app.schema.search_arguments import search_arguments, wanted
from app.search.algebra import And, Eq, Filter, In, Linked, Missing, Not, Or
from app.search.parameters import parameters
from app.search.value_counts import MOST_RANGES, MOST_VALUES
from tests.builders import organization, patient, procedure

if TYPE_CHECKING:
    from tests.conftest import Start

CCAM, LOCAL = "https://smt.esante.gouv.fr/terminologie-ccam", "urn:local"
DEFAULT = In("code", (f"{CCAM}|", f"{LOCAL}|"))


def test_a_list_has_an_argument_for_every_parameter_and_shorthand() -> None:
    names = [each.python_name for each in search_arguments("Procedure")]

    assert names == [*parameters("Procedure"), "patient__identifier"]
    assert all(each.description for each in search_arguments("Procedure"))


def test_a_type_without_a_patient_has_no_shorthand() -> None:
    assert "patient__identifier" not in [each.python_name for each in search_arguments("Organization")]


def test_arguments_and_filter_expression_are_both_asked_for() -> None:
    assert wanted("Procedure", {"code": ["a"], "_filter": "status eq completed", "_sort": "date"}, "") == And(
        (Eq("code", "a"), Eq("status", "completed"))
    )
    assert wanted("Procedure", {"code": None, "_filter": None}, "") == And()


def test_the_shorthand_is_an_argument_like_the_others() -> None:
    assert wanted("Procedure", {"patient__identifier": ["1"]}, "") == Linked(
        "patient", "Patient", Eq("identifier", "1"), ("Patient/",)
    )


@pytest.mark.parametrize(
    ("type_name", "name", "value", "most"),
    [
        ("Procedure", "code", "a", MOST_VALUES),
        ("Procedure", "patient__identifier", "a", MOST_VALUES),
        ("Patient", "family", "a", MOST_RANGES),
        ("Procedure", "date", "2024", MOST_RANGES),
    ],
)
def test_very_many_values_are_refused(type_name: str, name: str, value: str, most: int) -> None:
    wanted(type_name, {name: [",".join([value] * most)]}, "")
    with pytest.raises(InvalidSearch) as caught:
        wanted(type_name, {name: [",".join([value] * (most + 1))]}, "")

    assert caught.value.issues[0].expression == name


CONDITION = Linked("reason_reference", "Condition", Eq("code", "a"), ("Condition/",))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, DEFAULT),
        ({"code": None}, DEFAULT),
        ({"status": ["completed"]}, And((Eq("status", "completed"), DEFAULT))),
        ({"_filter": "status eq completed"}, And((Eq("status", "completed"), DEFAULT))),
        ({"_filter": "reason-reference:Condition.code eq a"}, And((CONDITION, DEFAULT))),
        ({"code": ["a"]}, Eq("code", "a")),
        ({"_filter": "code eq a"}, Eq("code", "a")),
        (
            {"_filter": "not (status eq completed or code pr true)"},
            Not(Or((Eq("status", "completed"), Missing("code", missing=False)))),
        ),
    ],
)
def test_the_default_view_has_procedures_of_its_code_systems_unless_a_code_is_asked_for(
    arguments: dict[str, Any], expected: Filter
) -> None:
    assert wanted("Procedure", arguments, "", (CCAM, LOCAL)) == expected


def test_the_default_view_is_of_procedures_only() -> None:
    assert wanted("Observation", {}, "", (CCAM,)) == And()


PROCEDURES = [
    procedure(id="act", code={"coding": [{"system": CCAM, "code": "NEKA020"}]}),
    procedure(id="other", code={"coding": [{"system": "urn:other", "code": "X"}]}),
    procedure(id="uncoded"),
]


async def test_a_server_with_a_default_view_lists_procedures_of_its_code_systems(start: Start) -> None:
    product = await start(*PROCEDURES, environment={"DMI_PROCEDURE_SYSTEMS": CCAM})

    data = await product.data(
        """{
            ProcedureList { id }
            ProcedureConnection { count }
            coded: ProcedureList(code: "urn:other|") { id }
            every: ProcedureList(_filter: "code pr true or code pr false", _sort: "_id") { id }
            Procedure(id: "uncoded") { id }
        }"""
    )

    assert data == {
        "ProcedureList": [{"id": "act"}],
        "ProcedureConnection": {"count": 1},
        "coded": [{"id": "other"}],
        "every": [{"id": "act"}, {"id": "other"}, {"id": "uncoded"}],
        "Procedure": {"id": "uncoded"},
    }


async def test_without_a_default_view_all_procedures_are_listed(start: Start) -> None:
    product = await start(*PROCEDURES)

    assert len((await product.data("{ ProcedureList { id } }"))["ProcedureList"]) == 3


async def test_a_chain_is_answered_by_the_store(start: Start) -> None:
    product = await start(
        procedure(id="of-zoe"),
        procedure(id="of-absolute", subject={"reference": "https://dmi.example/fhir/Patient/p1"}),
        procedure(id="of-ali", subject={"reference": "Patient/p2"}),
        patient(managingOrganization={"reference": "Organization/o1"}),
        patient(id="p2", name=[{"family": "Benali"}], identifier=[{"system": "urn:x", "value": "a,b|c$d"}]),
        organization(name="CHU de Saint-Étienne"),
        environment={"DMI_BASE_URL": "https://dmi.example/fhir"},
    )

    data = await product.data(
        """query ($escaped: String, $chained: String) {
            shorthand: ProcedureList(patient__identifier: "280079912345678", _sort: "_id") { id }
            escaped: ProcedureList(patient__identifier: [$escaped]) { id }
            chained: ProcedureList(_filter: $chained) { id }
            twice: ProcedureList(_filter: "patient.organization.name co etienne", _sort: "_id") { id }
            joint: ProcedureList(_filter: "patient[name eq martin].birthdate lt 1950") { id }
            none: ProcedureList(_filter: "not (patient.name sw m or patient.name ew ali)") { id }
        }""",
        {"escaped": r"urn:x|a\,b\|c$d", "chained": r'patient.identifier eq "urn:x|a,b\\|c$d"'},
    )

    of_zoe = [{"id": "of-absolute"}, {"id": "of-zoe"}]
    assert data == {
        "shorthand": of_zoe,
        "escaped": [{"id": "of-ali"}],
        "chained": [{"id": "of-ali"}],
        "twice": of_zoe,
        "joint": [],
        "none": [],
    }


@pytest.mark.parametrize("beside", ["", "__schema { queryType { name } }"], ids=["by a plan", "by graphql-core"])
async def test_a_source_is_searched_for_as_everything_else_is(start: Start, beside: str) -> None:
    product = await start(
        procedure(id="sent", meta={"source": "urn:bloc-3"}), procedure(id="other", meta={"source": "urn:bloc-4"})
    )

    lists = 'ProcedureList(_source: "urn:bloc-3") { id } ProcedureConnection(_source: "urn:bloc-4") { count }'
    data = await product.data(f"{{ {lists} {beside} }}")

    assert (data["ProcedureList"], data["ProcedureConnection"]) == ([{"id": "sent"}], {"count": 1})


async def test_cursors_of_a_chain_belong_to_it(start: Start) -> None:
    product = await start(*(procedure(id=f"p-{number}") for number in range(3)), patient())
    page = await product.data(
        '{ ProcedureConnection(patient__identifier: "280079912345678", _count: 2) { next edges { node { id } } } }'
    )
    cursor = page["ProcedureConnection"]["next"]
    query = "query ($filter: String, $cursor: String) { ProcedureConnection(_filter: $filter, _cursor: $cursor) "
    query += "{ edges { node { id } } } }"

    other = await product.ask(query, {"filter": "patient.identifier eq 1", "cursor": cursor})
    following = await product.data(query, {"filter": "patient.identifier eq 280079912345678", "cursor": cursor})

    assert other["errors"][0]["extensions"]["code"] == "invalid"
    assert following["ProcedureConnection"]["edges"] == [{"node": {"id": "p-2"}}]
