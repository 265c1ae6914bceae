from __future__ import annotations

from collections import Counter
from importlib.resources import files
from itertools import islice

from app.demo.examples import FIRST_START_PROCEDURES, example_data, guide_examples
from app.fhir import json


def test_the_guide_has_22_examples_in_a_fixed_order() -> None:
    places = [f"{resource['resourceType']}-{resource['id']}" for resource in guide_examples()]
    assert len(places) == 22
    assert places == sorted(places)


def test_guide_examples_are_the_documents_of_the_files() -> None:
    folder = files("app.demo") / "guide"
    for resource in guide_examples():
        name = f"{resource['resourceType']}-{resource['id']}.json"
        assert json.decode((folder / name).read_bytes()) == resource


def test_the_origin_of_the_guide_examples_is_told() -> None:
    origin = (files("app.demo") / "guide" / "ORIGIN.md").read_text("utf-8")
    assert "ans.fhir.fr.tdmi" in origin
    assert "3.0.0" in origin
    assert "CC0" in origin


def test_example_data_starts_with_the_guide_and_has_the_promised_number_of_procedures() -> None:
    assert list(islice(example_data(), 22)) == list(guide_examples())
    types = Counter(resource["resourceType"] for resource in islice(example_data(), 22, None))
    assert types["Procedure"] == FIRST_START_PROCEDURES


def test_example_data_is_the_same_every_time_and_has_every_id_once() -> None:
    once, twice = list(example_data()), list(example_data())
    assert once == twice
    places = Counter((resource["resourceType"], resource["id"]) for resource in once)
    assert max(places.values()) == 1


def test_example_data_has_a_lot_that_several_patients_carry() -> None:
    bearers = {
        (resource["lotNumber"], resource["patient"]["reference"])
        for resource in example_data()
        if resource["resourceType"] == "Device" and "lotNumber" in resource and "patient" in resource
    }
    assert max(Counter(lot for lot, _ in bearers).values()) >= 5


def test_example_data_has_unused_implants_of_lots_that_are_in_use() -> None:
    devices = [
        resource for resource in example_data() if resource["resourceType"] == "Device" and "lotNumber" in resource
    ]
    implanted = {device["lotNumber"] for device in devices if "patient" in device}
    assert any(device["lotNumber"] in implanted for device in devices if "location" in device)
