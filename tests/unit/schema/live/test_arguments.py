from __future__ import annotations

from typing import Any

import pytest

from app.errors import InvalidSearch
from app.fhir.served import SERVED
from app.schema.live.arguments import ARGUMENTS, PARAMETERS, wanted
from app.search.algebra import ID
from app.search.matching import verdict
from app.search.parameters import parameters
from app.search.values import search_values
from tests.builders import device, procedure

BASE = "https://dmi.example/fhir"
CONTAINED = {"resourceType": "Device", "id": "c", "udiCarrier": [{"carrierHRF": "(01)03700000000006(10)UDI-LOT"}]}
PROCEDURE = procedure(
    id="a",
    subject={"reference": f"{BASE}/Patient/p1"},
    usedReference=[{"reference": "Device/d2"}],
    contained=[CONTAINED],
)
DEVICES = {"d1": device(lotNumber="LOT-1"), "d2": device(id="d2", lotNumber="LOT-2")}


def met(arguments: dict[str, Any]) -> bool | None:
    """Whether the procedure meets arguments of its type."""
    linked = {id_: search_values(each) for id_, each in DEVICES.items()}
    asked = wanted("Procedure", arguments, BASE)
    return verdict(asked, search_values(PROCEDURE), "a", lambda _, id_: linked.get(id_))


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, True),
        ({"patient": None}, True),
        ({"patient": ["p1"]}, True),
        ({"patient": ["Patient/p1"]}, True),
        ({"patient": [f"{BASE}/Patient/p1"]}, True),
        ({"patient": ["p2", "p1"]}, True),
        ({"patient": ["p2,p1"]}, True),
        ({"patient": ["p2"]}, False),
        ({"organization": ["o1"]}, True),
        ({"organization": ["o2"]}, False),
        ({"device": ["d1"]}, True),
        ({"device": ["Device/d2"]}, True),
        ({"device": ["d3"]}, False),
        ({"lot": ["lot-1"]}, True),
        ({"lot": ["LOT-2"]}, True),
        ({"lot": ["udi-lot"]}, True),
        ({"lot": ["LOT"]}, False),
        ({"status": ["completed"]}, True),
        ({"status": ["stopped"]}, False),
        ({"status": ["completed"], "lot": ["none"]}, False),
    ],
)
def test_a_procedure_meets_what_it_tells_of(arguments: dict[str, Any], found: bool) -> None:
    assert met(arguments) is found


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"patient": [""]}, "patient"),
        ({"patient": [None]}, "patient"),
        ({"patient": []}, "patient"),
        ({"patient": ["Device/d1"]}, "patient"),
        ({"lot": [" "]}, "lot"),
        ({"lot": []}, "lot"),
        ({"status": ["odd"]}, "status"),
        ({"device": ["x"] * 1_001}, "device"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidSearch, match=named):
        wanted("Procedure", arguments, "")


def test_a_resource_may_be_named_itself() -> None:
    for given in ("o1", "Organization/o1", "x,Organization/o1"):
        asked = wanted("Organization", {"organization": [given]}, "")
        assert verdict(asked, search_values({"resourceType": "Organization", "id": "o1"}), "o1")


@pytest.mark.parametrize("given", ["", "Patient/o1", "xOrganization/o1", "o1,"])
def test_a_name_that_is_none_of_the_type_is_refused_by_the_name_of_the_argument(given: str) -> None:
    with pytest.raises(InvalidSearch, match="parameter organization "):
        wanted("Organization", {"organization": [given]}, "")


def test_every_served_type_has_its_arguments_and_each_is_a_parameter_of_it() -> None:
    assert set(PARAMETERS) == set(SERVED)
    for type_name, arguments in PARAMETERS.items():
        assert arguments.keys() <= ARGUMENTS.keys()
        for name, asked in arguments.items():
            for parameter in asked:
                reference, _, inner = parameter.rpartition(".")
                known = parameters("Device" if reference else type_name)
                assert inner in known
                target = ARGUMENTS[name].target
                assert inner == ID or not target or known[inner].may_target(target), (type_name, name)
