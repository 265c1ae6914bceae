from __future__ import annotations

import pytest

from app.demo.examples import guide_examples
from app.demo.hospital import hospital
from app.profiles import DEFAULTS, Validator, load_profiles


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator(load_profiles(), DEFAULTS)


def errors(validator: Validator, resource: dict[str, object]) -> list[tuple[str, str]]:
    issues = validator.validate(resource)
    return [(issue.expression, issue.rule) for issue in issues if issue.severity in ("error", "fatal")]


def test_every_resource_of_the_synthetic_hospital_is_valid(validator: Validator) -> None:
    broken = {resource["id"]: errors(validator, resource) for resource in hospital(procedures=150, seed=3)}
    assert {place: found for place, found in broken.items() if found} == {}


def test_every_example_of_the_guide_is_valid(validator: Validator) -> None:
    broken = {resource["id"]: errors(validator, resource) for resource in guide_examples()}
    assert {place: found for place, found in broken.items() if found} == {}


def test_a_procedure_without_its_bearer_of_responsibility_would_be_noticed(validator: Validator) -> None:
    resource = next(one for one in hospital(procedures=1, seed=3) if one["resourceType"] == "Procedure")
    performer = [{"actor": resource["performer"][0]["actor"]}]
    assert errors(validator, {**resource, "performer": performer})
