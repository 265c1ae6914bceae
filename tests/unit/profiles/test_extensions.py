from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.profiles import load_profiles
from tests.builders import device, patient
from tests.unit.profiles.served import LEAST

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import Document

    Errors = Callable[[Any], list[tuple[str, str]]]

URL = "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/"

PARTS = (":refTransport", ":refDelivery", ":meta")  # of dmi-transport, which a value leaves without them


def test_an_unknown_extension_is_accepted(errors: Errors) -> None:
    assert errors(patient(extension=[{"url": "http://example.org/e", "valueString": "x"}])) == []


def test_an_unknown_modifier_extension_is_refused(errors: Errors) -> None:
    found = errors(patient(modifierExtension=[{"url": "http://example.org/e", "valueBoolean": True}]))
    assert found == [("Patient.modifierExtension[0]", "R4#Patient.modifierExtension.modifier")]


def test_an_extension_has_a_value_or_extensions_and_not_both(errors: Errors) -> None:
    url = "http://example.org/e"
    inner = [{"url": "a", "valueString": "x"}]
    assert errors(patient(extension=[{"url": url}])) == [("Patient.extension[0]", "ext-1")]
    assert errors(patient(extension=[{"url": url, "valueString": "x", "extension": inner}])) == [
        ("Patient.extension[0]", "ext-1")
    ]
    assert errors(patient(extension=[{"url": url, "extension": inner}])) == []


def test_the_url_of_an_extension_is_absolute_unless_it_is_inside_another(errors: Errors) -> None:
    found = errors(patient(extension=[{"url": "short", "valueString": "x"}]))
    assert found == [("Patient.extension[0].url", "R4#Patient.extension.url.absolute")]
    assert errors(patient(extension=[{"url": "urn:oid:1.2.3", "valueString": "x"}])) == []


def test_every_type_of_r4_is_a_value_of_an_extension_and_no_other(errors: Errors) -> None:
    meta = {"url": "http://example.org/e", "valueMeta": {"versionId": "1"}}
    assert errors(patient(extension=[meta])) == []
    later = {"url": "http://example.org/e", "valueCodeableReference": {"concept": {"text": "x"}}}
    assert ("Patient.extension[0].valueCodeableReference", "R4#Patient.extension.valueCodeableReference.unknown") in (
        errors(patient(extension=[later]))
    )


def test_a_known_extension_has_the_type_of_its_definition(errors: Errors) -> None:
    found = errors(device(extension=[{"url": URL + "dmi-ip-id-logiciel", "valueCode": "x"}]))
    assert found == [("Device.extension[0].valueCode", "dmi-ip-id-logiciel#Extension.value[x].type")]


def on(type_name: str) -> Callable[[Document], Document]:
    """The least valid resource of a type with an extension."""
    return lambda extension: {**LEAST[type_name], "extension": [extension]}


def on_characteristics(extension: Document) -> Document:
    return {**LEAST["DeviceDefinition"], "physicalCharacteristics": {"extension": [extension]}}


WRONG = {"valueInteger": 1}
# Each extension of the guide with a value of a type its definition does not allow; "max" where it allows no value.
BROKEN: dict[str, tuple[Callable[[Document], Document], str]] = {
    "dmi-classe-risque": (on("DeviceDefinition"), "type"),
    "dmi-code-emdn": (on("Device"), "type"),
    "dmi-code-lpp": (on("DeviceDefinition"), "type"),
    "dmi-facture": (on("Invoice"), "type"),
    "dmi-identifiant-local-distributeur": (on("Organization"), "type"),
    "dmi-identifiant-local-fabricant": (on("Organization"), "type"),
    "dmi-internal-diameter": (on_characteristics, "type"),
    "dmi-ip-id-logiciel": (on("Device"), "type"),
    "dmi-marquage-ce": (on("Device"), "max"),
    "dmi-nom-distributeur": (on("DeviceDefinition"), "type"),
    "dmi-organization-location": (on("Organization"), "type"),
    "dmi-reference-distributeur": (on("DeviceDefinition"), "type"),
    "dmi-reference-fabricant": (on("Device"), "type"),
    "dmi-reference-organisation-interne": (on("SupplyDelivery"), "type"),
    "dmi-transport": (on("SupplyDelivery"), "max"),
}


def test_the_table_breaks_every_extension_of_the_guide() -> None:
    own = {each.id for each in load_profiles().values() if each.type == "Extension" and each.url.startswith(URL)}
    assert own == BROKEN.keys()
    assert len(BROKEN) == 15


@pytest.mark.parametrize("name", BROKEN)
def test_an_extension_of_the_guide_refuses_a_value_of_another_type(errors: Errors, name: str) -> None:
    document, aspect = BROKEN[name]
    rules = {rule for _, rule in errors(document({"url": URL + name, **WRONG}))}
    expected = f"{name}#Extension.value[x].{aspect}"
    assert expected in rules
    assert rules - {expected} <= {f"{name}#Extension.extension{part}.min" for part in ("", *PARTS)}


def test_a_known_extension_stands_where_its_definition_allows_it(errors: Errors) -> None:
    found = errors(patient(extension=[{"url": URL + "dmi-ip-id-logiciel", "valueString": "x"}]))
    assert found == [("Patient.extension[0]", "dmi-ip-id-logiciel#context")]


def test_an_extension_may_stand_where_a_profile_of_the_guide_puts_it(errors: Errors) -> None:
    definition = {"resourceType": "DeviceDefinition", "extension": [{"url": URL + "dmi-code-emdn", "valueCode": "x"}]}
    assert errors(definition) == []


def test_an_extension_of_a_backbone_element_stands_on_that_element(errors: Errors) -> None:
    diameter = [{"url": URL + "dmi-internal-diameter", "valueQuantity": {"value": 3}}]
    assert errors({"resourceType": "DeviceDefinition", "physicalCharacteristics": {"extension": diameter}}) == []
    assert errors({"resourceType": "DeviceDefinition", "extension": diameter}) == [
        ("DeviceDefinition.extension[0]", "dmi-internal-diameter#context")
    ]


def transport(*parts: Document) -> Document:
    return {
        "resourceType": "SupplyDelivery",
        "extension": [{"url": URL + "dmi-transport", "extension": list(parts)}],
    }


REF_TRANSPORT = {"url": "refTransport", "valueIdentifier": {"value": "1"}}
REF_DELIVERY = {"url": "refDelivery", "valueIdentifier": {"value": "2"}}
META = {"url": "meta", "valueMeta": {"versionId": "1"}}


def test_a_complex_extension_has_its_parts(errors: Errors) -> None:
    assert errors(transport(META, REF_DELIVERY, REF_TRANSPORT)) == []


def test_a_missing_part_of_a_complex_extension_is_named_in_the_rule(errors: Errors) -> None:
    assert errors(transport(REF_TRANSPORT, REF_DELIVERY)) == [
        ("SupplyDelivery.extension[0].extension", "dmi-transport#Extension.extension.min"),
        ("SupplyDelivery.extension[0].extension", "dmi-transport#Extension.extension:meta.min"),
    ]


def test_a_part_of_a_complex_extension_has_its_type(errors: Errors) -> None:
    wrong = {"url": "incident", "valueString": "x"}
    assert errors(transport(REF_TRANSPORT, REF_DELIVERY, META, wrong)) == [
        (
            "SupplyDelivery.extension[0].extension[3].valueString",
            "dmi-transport#Extension.extension:incident.value[x].type",
        )
    ]


def test_the_url_of_an_extension_is_a_value_and_not_an_extension_of_one(errors: Errors) -> None:
    absent = {"extension": [{"url": "http://example.org/absent", "valueCode": "unknown"}]}
    found = errors(patient(extension=[{"_url": absent, "valueString": "x"}]))
    assert found == [("Patient.extension[0].url", "R4#Patient.extension.url.min")]


@pytest.mark.parametrize("url", [None, 1, [], {}])
def test_a_malformed_url_is_a_finding_and_no_exception(errors: Errors, url: Any) -> None:
    assert errors(patient(extension=[{"url": url, "valueString": "x"}]))
