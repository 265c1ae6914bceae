from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fhir.served import SERVED
from app.search.index import search_index
from app.search.numbers import HIGHEST, LOWEST, exact
from app.search.parameters import parameters
from app.search.values import search_values


def texts(resource: dict[str, Any], name: str) -> set[str]:
    return set(search_values(resource).values.get(name, ()))


def intervals(resource: dict[str, Any], name: str) -> set[tuple[str, str]]:
    return set(search_values(resource).intervals.get(name, ()))


def patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **elements}


def procedure(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Procedure", **elements}


def observation(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", **elements}


def test_an_identifier_is_found_by_value_and_by_system() -> None:
    resource = patient(identifier=[{"system": "urn:x", "value": "1"}, {"value": "2"}])

    assert texts(resource, "identifier") == {"1", "urn:x|1", "urn:x|", "2", "|2"}


def test_a_concept_is_found_by_each_of_its_codings() -> None:
    coded = {"coding": [{"system": "ccam", "code": "NEKA020"}, {"code": "local"}, {"display": "no code"}]}

    assert texts(procedure(code=coded), "code") == {"NEKA020", "ccam|NEKA020", "ccam|", "local", "|local"}


def test_a_code_that_has_no_system_is_kept_once() -> None:
    assert texts(procedure(status="completed"), "status") == {"completed"}


def test_a_boolean_is_the_token_true_or_false() -> None:
    assert texts(patient(active=False), "active") == {"false"}


def test_only_phones_are_found_as_phone() -> None:
    telecom = [{"system": "phone", "value": "0102030405"}, {"system": "email", "value": "a@b.fr"}]

    assert texts(patient(telecom=telecom), "phone") == {"0102030405"}
    assert texts(patient(telecom=telecom), "email") == {"a@b.fr"}
    assert texts(patient(telecom=telecom), "telecom") == {"0102030405", "a@b.fr"}


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, {"false"}),
        ({"deceasedBoolean": False}, {"false"}),
        ({"deceasedBoolean": True}, {"true"}),
        ({"deceasedDateTime": "2024-01-01"}, {"true"}),
    ],
)
def test_deceased_tells_whether_a_death_is_recorded(elements: dict[str, Any], expected: set[str]) -> None:
    assert texts(patient(**elements), "deceased") == expected


def test_ins_takes_qualified_identities_and_no_social_security_number() -> None:
    def identifier(code: str, value: str) -> dict[str, Any]:
        return {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": value, "type": {"coding": [{"code": code}]}}

    found = texts(patient(identifier=[identifier("INS-NIR", "1"), identifier("NH", "2")]), "ins")

    assert found == {"1", "urn:oid:1.2.250.1.213.1.4.8|1", "urn:oid:1.2.250.1.213.1.4.8|"}


def test_a_name_is_found_by_each_of_its_parts_folded() -> None:
    resource = patient(name=[{"family": "D’Œuvre", "given": ["Zoé", "Anne  Lise"], "use": "official"}])

    assert texts(resource, "name") == {"d'oeuvre", "zoe", "anne lise"}
    assert texts(resource, "family") == {"d'oeuvre"}


def test_an_address_is_found_by_each_of_its_parts() -> None:
    resource = patient(address=[{"line": ["1 rue Haute"], "city": "Évry", "postalCode": "91000"}])

    assert texts(resource, "address") == {"1 rue haute", "evry", "91000"}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Patient/1", {"Patient/1"}),
        ("Patient/1/_history/3", {"Patient/1"}),
        ("https://h.fr/fhir/Patient/1", {"https://h.fr/fhir/Patient/1"}),
        ("https://other.fr/fhir/Patient/1/_history/3", {"https://other.fr/fhir/Patient/1"}),
        ("urn:uuid:5", {"urn:uuid:5"}),
        ("#p", set()),
        ("Group/1", set()),
        ("nonsense", set()),
    ],
)
def test_a_reference_is_found_by_what_it_points_at(reference: str, expected: set[str]) -> None:
    resource = procedure(subject={"reference": reference})

    assert texts(resource, "patient") == expected


def test_a_subject_that_is_a_group_is_no_patient() -> None:
    resource = procedure(subject={"reference": "Group/1"})

    assert texts(resource, "subject") == {"Group/1"}
    assert texts(resource, "patient") == set()


def test_a_logical_reference_is_kept_by_its_identifier() -> None:
    resource = procedure(subject={"type": "Patient", "identifier": {"system": "urn:x", "value": "1"}})

    assert texts(resource, "patient") == set()
    assert texts(resource, "patient:identifier") == {"1", "urn:x|1", "urn:x|"}


def test_the_first_entry_of_a_document_is_its_composition() -> None:
    composition = {"resourceType": "Composition", "id": "c1"}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": composition}, {"resource": patient(id="p")}]}

    assert texts(bundle, "composition") == {"Composition/c1"}
    assert texts(bundle, "message") == set()


def test_a_profile_is_found_with_and_without_its_version() -> None:
    assert texts(patient(meta={"profile": ["http://p|3.0.0"]}), "_profile") == {"http://p|3.0.0", "http://p"}


def test_the_emdn_extension_of_a_device_is_its_definition_type() -> None:
    url = "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/dmi-code-emdn"
    device = {"resourceType": "Device", "extension": [{"url": url, "valueCode": "P0908"}, {"url": "http://x"}]}

    assert texts(device, "definitionType") == {"P0908"}


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        (
            {"performedDateTime": "2024-02-29"},
            {("2024-02-29T00:00:00.000000Z", "2024-03-01T00:00:00.000000Z")},
        ),
        (
            {"performedPeriod": {"start": "2024-02", "end": "2024-03-15"}},
            {("2024-02-01T00:00:00.000000Z", "2024-03-16T00:00:00.000000Z")},
        ),
        (
            {"performedPeriod": {"start": "2024"}},
            {("2024-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z")},
        ),
        (
            {"performedPeriod": {"end": "2024"}},
            {("0001-01-01T00:00:00.000000Z", "2025-01-01T00:00:00.000000Z")},
        ),
        ({"performedPeriod": {}}, set()),
        ({"performedPeriod": {"start": "2024", "end": "1999"}}, set()),
        ({"performedPeriod": {"start": "2024", "end": "soon"}}, set()),
        ({"performedDateTime": "in spring"}, set()),
        ({"performedString": "2024"}, set()),
    ],
)
def test_a_time_is_the_interval_it_covers(elements: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    assert intervals(procedure(**elements), "date") == expected


def test_a_timing_is_its_outer_limits() -> None:
    timing = {"event": ["2024-03-01", "2024-01-01", "never"], "repeat": {"boundsPeriod": {"end": "2024-02"}}}

    found = intervals(observation(effectiveTiming=timing), "date")

    assert found == {("0001-01-01T00:00:00.000000Z", "2024-03-02T00:00:00.000000Z")}


def test_a_quantity_is_its_value_and_its_value_in_each_unit() -> None:
    quantity = {"value": Decimal("5.40"), "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    lo, hi = exact(Decimal("5.4"))
    found = search_values(observation(valueQuantity=quantity)).intervals

    assert found["value_quantity"] == ((lo, hi),)
    assert set(found["value_quantity:unit"]) == {
        (f"http://unitsofmeasure.org|mg\x1f{lo}", f"http://unitsofmeasure.org|mg\x1f{hi}"),
        (f"|mg\x1f{lo}", f"|mg\x1f{hi}"),
    }


@pytest.mark.parametrize(
    ("comparator", "expected"),
    [
        ("<", (LOWEST, exact(Decimal(5))[0])),
        ("<=", (LOWEST, exact(Decimal(5))[1])),
        (">", (exact(Decimal(5))[1], HIGHEST)),
        (">=", (exact(Decimal(5))[0], HIGHEST)),
    ],
)
def test_a_comparator_opens_a_quantity_on_one_side(comparator: str, expected: tuple[str, str]) -> None:
    resource = observation(valueQuantity={"value": 5, "comparator": comparator})

    assert intervals(resource, "value_quantity") == {expected}


def test_a_range_reaches_from_low_to_high() -> None:
    condition = {"resourceType": "Condition", "onsetRange": {"low": {"value": 40}, "high": {"value": 50}}}

    assert intervals(condition, "onset_age") == {(exact(Decimal(40))[0], exact(Decimal(50))[1])}


def test_money_is_found_by_its_currency() -> None:
    invoice = {"resourceType": "Invoice", "totalNet": {"value": 10, "currency": "EUR"}}
    lo, hi = exact(Decimal(10))

    assert (f"|EUR\x1f{lo}", f"|EUR\x1f{hi}") in intervals(invoice, "totalnet:unit")


def test_the_smallest_of_several_values_is_sorted_by() -> None:
    resource = patient(name=[{"family": "Zola"}, {"family": "Élan"}], birthDate="1950-01")

    assert search_values(resource).sort["family"] == "elan"
    assert search_values(resource).sort["birthdate"] == "1950-01-01T00:00:00.000000Z"


def test_the_same_value_twice_is_kept_once() -> None:
    resource = procedure(code={"coding": [{"code": "a"}, {"code": "a"}]})

    assert search_values(resource).values["code"] == ("a", "|a")


def test_id_and_last_update_are_left_to_the_stores() -> None:
    values = search_values(patient(id="p", meta={"lastUpdated": "2024-01-01T00:00:00Z"}))

    assert {"_id", "_lastUpdated"} & (values.values.keys() | values.intervals.keys() | values.sort.keys()) == set()


@pytest.mark.parametrize("type_name", ["Medication", "", None, 5, []])
def test_a_type_that_is_not_served_is_found_by_nothing(type_name: object) -> None:
    values = search_values({"resourceType": type_name, "status": "active"})

    assert (values.values, values.intervals, values.sort) == ({}, {}, {})


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5) | st.just("2024-01-01"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "system", "value", "reference", "identifier", "type", "start", "end"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from(SERVED), st.data())
def test_no_shape_of_data_breaks_it(type_name: str, data: st.DataObject) -> None:
    names = sorted({s.path[0].name for p in parameters(type_name).values() for s in p.sources if s.path})
    resource = data.draw(st.dictionaries(st.sampled_from(names), JSON_VALUES, max_size=6))

    values = search_values({**resource, "resourceType": type_name})

    indexed = search_index().parameters[type_name]
    assert {indexed[name].kind for name in values.values} <= {"value", "reference"}
    assert {indexed[name].kind for name in values.intervals} <= {"interval"}
    assert all(indexed[name].sortable for name in values.sort)
    assert all(lo < hi for pairs in values.intervals.values() for lo, hi in pairs)
    assert all(0 < len(text) <= 512 for found in values.values.values() for text in found)
