from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.algebra import Eq
from app.search.arguments import filter_of
from app.search.tracing import TRACED, expiry
from app.search.values import search_values

GTIN = "03760012345670"
READ = f"(01){GTIN}(17)271231(10)Lot-É1(21)s1"


def found(device: dict[str, Any], name: str) -> set[str]:
    return set(search_values({"resourceType": "Device", **device}).values.get(name, ()))


def inside(device: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Procedure", "contained": [{"resourceType": "Device", "id": "d", **device}]}


def test_a_lot_is_found_by_its_element_and_by_the_udi_string() -> None:
    assert found({"lotNumber": "L 2", "udiCarrier": [{"carrierHRF": READ}]}, "traced_lot") == {"l 2", "lot-e1"}
    assert found({"udiCarrier": [{"carrierHRF": READ}]}, "traced_serial") == {"s1"}


def test_a_udi_that_was_only_scanned_is_read_too() -> None:
    scan = b64encode(f"01{GTIN}10LOT9".encode()).decode()

    assert found({"udiCarrier": [{"carrierAIDC": scan}]}, "traced_lot") == {"lot9"}
    assert found({"udiCarrier": [{"carrierHRF": "illegible", "carrierAIDC": scan}]}, "traced_di") == {GTIN}


def test_a_device_identifier_is_found_with_and_without_leading_zeros() -> None:
    short = {"udiCarrier": [{"deviceIdentifier": GTIN[1:]}]}

    assert found(short, "traced_di") == {GTIN, GTIN[1:]}
    assert filter_of("Device", {"traced_di": [GTIN[1:]]}) == filter_of("Device", {"traced_di": [GTIN]})
    assert filter_of("Device", {"traced_di": [GTIN]}) == Eq("traced_di", GTIN)


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ({}, {"none"}),
        ({"udiCarrier": [{"carrierHRF": READ}]}, {"udi", "lot-or-serial", "expiry", "complete"}),
        ({"udiCarrier": [{"deviceIdentifier": "A99912345"}]}, {"udi"}),
        ({"lotNumber": "L"}, {"lot-or-serial"}),
        ({"serialNumber": "S", "lotNumber": " "}, {"lot-or-serial"}),
        ({"lotNumber": " "}, {"none"}),
        ({"expirationDate": "2027-12"}, {"expiry"}),
        ({"expirationDate": "soon"}, {"none"}),
        (
            {"udiCarrier": [{"deviceIdentifier": GTIN}], "lotNumber": "L", "expirationDate": "2027"},
            {"udi", "lot-or-serial", "expiry", "complete"},
        ),
    ],
)
def test_traceability_tells_which_parts_of_a_udi_a_device_has(device: dict[str, Any], expected: set[str]) -> None:
    assert found(device, "traceability") == expected


def test_a_contained_device_is_found_like_one_of_its_own() -> None:
    device = {
        "udiCarrier": [{"carrierHRF": READ}],
        "manufacturer": "Ortho Été",
        "type": {"coding": [{"system": "urn:emdn", "code": "P0908"}]},
        "definition": {"reference": "DeviceDefinition/m1"},
    }
    values = search_values(inside(device))

    assert values.values["contained_lot"] == ("lot-e1",)
    assert values.values["contained_serial"] == ("s1",)
    assert values.values["contained_di"] == (GTIN,)
    assert values.values["contained_manufacturer"] == ("ortho ete",)
    assert values.values["contained_type"] == ("P0908", "urn:emdn|P0908", "urn:emdn|")
    assert values.values["contained_definition"] == ("DeviceDefinition/m1",)
    assert values.intervals["contained_expiration_date"] == (
        ("2027-12-31T00:00:00.000000Z", "2028-01-01T00:00:00.000000Z"),
    )


def test_what_else_is_contained_is_no_device() -> None:
    procedure = {"resourceType": "Procedure", "contained": [{"resourceType": "Patient", "lotNumber": "L"}, None, "x"]}

    assert not [name for name in search_values(procedure).values if name.startswith("contained")]


def test_an_expiry_is_found_in_the_udi_string_alone() -> None:
    values = search_values({"resourceType": "Device", "udiCarrier": [{"carrierHRF": "(17)271200"}]})

    assert values.intervals["expiration_date"] == (("2027-12-01T00:00:00.000000Z", "2028-01-01T00:00:00.000000Z"),)


@pytest.mark.parametrize("code", ["lpp", "emdn"])
def test_the_codes_of_the_guide_are_found_on_device_catalogue_and_contained_device(code: str) -> None:
    url = f"https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/dmi-code-{code}"
    name = {"lpp": "lpp", "emdn": "definitionType"}[code]
    coded = {"extension": [{"url": url, "valueCode": "3112345"}]}
    contained = {"lpp": "contained_lpp", "emdn": "contained_definition_type"}[code]
    catalogue = {"resourceType": "Procedure", "contained": [{"resourceType": "DeviceDefinition", **coded}]}

    assert search_values({"resourceType": "Device", **coded}).values[name] == ("3112345",)
    assert search_values({"resourceType": "DeviceDefinition", **coded}).values[name] == ("3112345",)
    assert search_values(inside(coded)).values[contained] == ("3112345",)
    assert search_values(catalogue).values[contained] == ("3112345",)


def test_the_links_of_a_recall_are_references() -> None:
    link = [{"type": "replaced-by", "other": {"reference": "Patient/2"}}]
    patient = search_values({"resourceType": "Patient", "link": link})
    procedure = search_values({"resourceType": "Procedure", "usedReference": [{"reference": "Device/d"}]})
    supply = search_values(
        {
            "resourceType": "SupplyDelivery",
            "suppliedItem": {"itemReference": {"reference": "Device/d"}},
            "occurrenceDateTime": "2024",
        }
    )

    assert patient.values["replaced_by"] == ("Patient/2",)
    assert "replaces" not in patient.values
    assert procedure.values["used_reference"] == ("Device/d",)
    assert supply.values["supplied_item"] == ("Device/d",)
    assert supply.sort["occurrence"] == "2024-01-01T00:00:00.000000Z"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([READ, "£££", "A" * 3_000]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["udiCarrier", "carrierHRF", "carrierAIDC", "deviceIdentifier", "lotNumber"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(JSON_VALUES)
def test_no_shape_of_data_breaks_it(value: object) -> None:
    texts = [text for read in TRACED.values() for text in read(value)]

    assert all(isinstance(text, str) for text in [*texts, expiry(value)])
