"""Every constraint of the profile's differential, read from its file, is one that a document can break."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from app.fhir.json import decode
from app.profiles import DEFAULTS, Validator, load_profiles
from tests.builders import DISCRIMINATOR, procedure

if TYPE_CHECKING:
    from collections.abc import Iterator

PROFILE = decode((files("app.profiles") / "definitions" / "dmi-procedure.json").read_bytes())
ELEMENTS = PROFILE["differential"]["element"]


def identifier(code: str, value: str | None = "1") -> dict[str, Any]:
    typed: dict[str, Any] = {"type": {"coding": [{"system": DISCRIMINATOR, "code": code}]}}
    return typed | ({"value": value} if value else {})


PERFORMER = procedure()["performer"][0]
SITE = procedure()["bodySite"][0]
DEVICE = procedure()["focalDevice"][0]
BROKEN = {
    "dmi-procedure#Procedure.identifier.min": procedure(identifier=None),
    "dmi-procedure#Procedure.identifier:idIntervention.min": procedure(identifier=[{"value": "1"}]),
    "dmi-procedure#Procedure.identifier:idIntervention.max": procedure(identifier=[identifier("idIntervention")] * 2),
    "dmi-procedure#Procedure.identifier:idIntervention.value.min": procedure(
        identifier=[identifier("idIntervention", None)]
    ),
    "dmi-procedure#Procedure.identifier:numSejour.max": procedure(
        identifier=[identifier("idIntervention"), identifier("numSejour"), identifier("numSejour", "2")]
    ),
    "dmi-procedure#Procedure.identifier:numSejour.value.min": procedure(
        identifier=[identifier("idIntervention"), identifier("numSejour", None)]
    ),
    "dmi-procedure#Procedure.performed[x].min": procedure(performedDateTime=None),
    "dmi-procedure#Procedure.performed[x].type": procedure(
        performedDateTime=None, performedPeriod={"start": "2024-02-29"}
    ),
    "dmi-procedure#Procedure.performer.min": procedure(performer=None),
    "dmi-procedure#Procedure.performer.max": procedure(performer=[PERFORMER, PERFORMER]),
    "dmi-procedure#Procedure.performer.onBehalfOf.min": procedure(performer=[{"actor": PERFORMER["actor"]}]),
    "dmi-procedure#Procedure.bodySite.min": procedure(bodySite=None),
    "dmi-procedure#Procedure.bodySite.max": procedure(bodySite=[SITE, SITE]),
    "dmi-procedure#Procedure.focalDevice.min": procedure(focalDevice=None),
    "dmi-procedure#Procedure.focalDevice.max": procedure(focalDevice=[DEVICE, DEVICE]),
}


def constraints() -> Iterator[str]:
    """The rules that the differential states; a slice's `type` is how the slice is told, so it cannot be broken."""
    for element in ELEMENTS:
        name = f"dmi-procedure#{element['id']}"
        if element["id"].endswith(".type"):
            continue
        if element.get("min", 0) > 0:
            yield f"{name}.min"
        if "max" in element:
            yield f"{name}.max"
        if "type" in element:
            yield f"{name}.type"


def test_the_table_breaks_every_constraint_of_the_differential() -> None:
    assert set(constraints()) == BROKEN.keys()


@pytest.mark.parametrize("rule", BROKEN)
def test_a_constraint_is_enforced(rule: str) -> None:
    issues = Validator(load_profiles(), DEFAULTS).validate(BROKEN[rule], "Procedure")
    assert rule in {issue.rule for issue in issues if issue.severity == "error"}


def test_the_slices_are_told_by_the_codes_of_the_guide() -> None:
    patterns = {
        element["id"].split(":")[1].removesuffix(".type"): element["patternCodeableConcept"]["coding"]
        for element in ELEMENTS
        if "patternCodeableConcept" in element
    }
    assert patterns == {name: [{"system": DISCRIMINATOR, "code": name}] for name in ("idIntervention", "numSejour")}
