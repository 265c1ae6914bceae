"""The R4 models accept what the synthetic hospital yields: elements, types, cardinalities, reference targets."""

from __future__ import annotations

import pytest
from fhir.resources.R4B import get_fhir_model_class

from app.demo.hospital import hospital
from app.fhir import json
from app.fhir.elements import type_definition

SERVED_HERE = sorted({resource["resourceType"] for resource in hospital(procedures=150, seed=3)})


@pytest.mark.parametrize("resource_type", SERVED_HERE)
def test_every_resource_of_the_type_is_read_by_its_r4_model(resource_type: str) -> None:
    model = get_fhir_model_class(resource_type)
    for resource in hospital(procedures=150, seed=3):
        if resource["resourceType"] == resource_type:
            model.model_validate_json(json.encode(resource))


@pytest.mark.parametrize("resource_type", SERVED_HERE)
def test_codes_at_the_top_of_a_resource_are_those_of_r4(resource_type: str) -> None:
    elements = type_definition(resource_type).elements
    for resource in hospital(procedures=150, seed=3):
        if resource["resourceType"] == resource_type:
            bound = {name: elements[name].codes for name in resource.keys() & elements if elements[name].codes}
            assert all(resource[name] in codes for name, codes in bound.items())
