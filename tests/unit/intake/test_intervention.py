from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.demo.examples import example_data
from app.errors import DuplicateKey
from app.intake.create import create
from app.intake.intervention import intervention_keys, natural_keys
from tests.builders import organization, procedure

if TYPE_CHECKING:
    from app.access.principal import PrincipalRepository
    from app.intake.verdict import Rules

BASE = "https://dmi.example/fhir"
KEY = ("Procedure idIntervention Organization/o1 |I-1",)
FINESS = {"system": "urn:finess", "value": "123"}


def on_behalf_of(reference: Any, **changes: Any) -> dict[str, Any]:
    return procedure(performer=[{"actor": {"reference": "Practitioner/s1"}, "onBehalfOf": reference}], **changes)


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Organization/o1"},
        {"reference": "Organization/o1/_history/3"},
        {"reference": f"{BASE}/Organization/o1"},
        {"reference": "Organization/o1", "identifier": FINESS},
    ],
)
def test_a_legal_entity_on_this_server_has_one_name(reference: Any) -> None:
    assert intervention_keys(on_behalf_of(reference), BASE) == KEY


def test_a_legal_entity_elsewhere_has_its_address() -> None:
    keys = intervention_keys(on_behalf_of({"reference": "https://other.example/fhir/Organization/o1"}), BASE)
    assert keys == ("Procedure idIntervention https://other.example/fhir/Organization/o1 |I-1",)


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": {"identifier": FINESS}},
        {
            "reference": {"reference": "#chu"},
            "contained": [{"resourceType": "Organization", "id": "chu", "identifier": [FINESS]}],
        },
    ],
)
def test_a_logical_and_a_contained_legal_entity_are_named_by_their_identifier(changes: Any) -> None:
    assert intervention_keys(on_behalf_of(**changes)) == ("Procedure idIntervention urn:finess|123 |I-1",)


@pytest.mark.parametrize(
    "document",
    [
        procedure(status="entered-in-error"),
        procedure(performer=None),
        procedure(identifier=[{"system": "urn:other", "value": "I-1"}]),
        on_behalf_of({"display": "CHU"}),
        on_behalf_of({"reference": "#nowhere"}),
        {**procedure(), "resourceType": "Observation"},
        {"resourceType": "Procedure", "identifier": "x", "performer": [None, 3, {"onBehalfOf": []}]},
    ],
)
def test_what_has_no_intervention_number_or_no_legal_entity_has_no_key(document: Any) -> None:
    assert intervention_keys(document) == ()


def test_the_system_of_the_number_counts() -> None:
    [identifier] = procedure()["identifier"]
    other = procedure(identifier=[{**identifier, "system": "urn:bloc"}])
    assert intervention_keys(other) == ("Procedure idIntervention Organization/o1 urn:bloc|I-1",)


def test_no_two_resources_of_the_example_data_have_the_same_key() -> None:
    counted = Counter(key for resource in example_data() for key in intervention_keys(resource))
    assert counted
    assert set(counted.values()) == {1}


async def test_an_identifier_that_one_organization_has_names_that_one_too(
    rules: Rules, writer: PrincipalRepository
) -> None:
    kept = await create(rules, writer, "Organization", organization(identifier=[FINESS]))
    [keys] = await natural_keys(rules, writer, [on_behalf_of({"identifier": FINESS})])
    assert keys == (
        "Procedure idIntervention urn:finess|123 |I-1",
        f"Procedure idIntervention Organization/{kept.resource['id']} |I-1",
    )


async def test_an_identifier_that_two_organizations_have_names_neither(
    rules: Rules, writer: PrincipalRepository
) -> None:
    for _ in range(2):
        await create(rules, writer, "Organization", organization(identifier=[FINESS]))
    [keys] = await natural_keys(rules, writer, [on_behalf_of({"identifier": FINESS})])
    assert keys == ("Procedure idIntervention urn:finess|123 |I-1",)


async def test_one_legal_entity_that_is_stored_twice_has_one_procedure_of_a_number(
    rules: Rules, writer: PrincipalRepository
) -> None:
    places = [
        (await create(rules, writer, "Organization", organization(identifier=[FINESS]))).resource["id"]
        for _ in range(2)
    ]
    first, second = (on_behalf_of({"reference": f"Organization/{place}"}) for place in places)
    await create(rules, writer, "Procedure", first)
    with pytest.raises(DuplicateKey):
        await create(rules, writer, "Procedure", second)


async def test_an_identifier_without_a_system_does_not_make_two_legal_entities_one(
    rules: Rules, writer: PrincipalRepository
) -> None:
    for _ in range(2):
        kept = await create(rules, writer, "Organization", organization(identifier=[{"value": "1"}]))
        await create(rules, writer, "Procedure", on_behalf_of({"reference": f"Organization/{kept.resource['id']}"}))


async def test_what_is_to_be_stored_with_a_procedure_names_its_legal_entity_too(
    rules: Rules, writer: PrincipalRepository
) -> None:
    coming = {"Organization/new": organization(id="new", identifier=[FINESS])}
    [keys] = await natural_keys(rules, writer, [on_behalf_of({"reference": "Organization/new"})], coming)
    assert keys == (
        "Procedure idIntervention Organization/new |I-1",
        "Procedure idIntervention urn:finess|123 |I-1",
    )


def test_other_identifiers_do_not_hide_the_number() -> None:
    [identifier] = procedure()["identifier"]
    others = [{"system": "urn:other", "value": str(number)} for number in range(30)]
    assert intervention_keys(procedure(identifier=[*others, identifier])) == KEY


async def test_the_rules_may_ask_for_no_key(rules: Rules, writer: PrincipalRepository) -> None:
    assert await natural_keys(replace(rules, unique=False), writer, [procedure()]) == [()]
