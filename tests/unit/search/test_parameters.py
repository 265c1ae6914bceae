from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.fhir.elements import Element, is_resource_type, type_definition
from app.fhir.json import decode
from app.fhir.served import SERVED
from app.search.parameters import parameters, table_text
from app.search.paths import Path, parse_path

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE: Mapping[str, Mapping[str, Mapping[str, Any]]] = decode(table_text())
ENTRIES = [
    pytest.param(type_name, entry, id=f"{type_name}.{name}")
    for type_name, entries in TABLE.items()
    for name, entry in entries.items()
]


OURS = {"Udi.di", "Udi.lot", "Udi.serial", "Udi.expiry", "Traceability"}  # app.search.tracing


def element_at(type_name: str, path: Path) -> Element:
    element = type_definition(type_name).elements[path[0].name]
    if element.type == "Resource" and path[0].values:
        (held_type,) = path[0].values
        return element_at(held_type, path[1:])
    if path[0].key:
        element_at(element.type, path[0].key)
    return element_at(element.type, path[1:]) if path[1:] else element


@pytest.mark.parametrize(("type_name", "entry"), ENTRIES)
def test_every_path_of_the_table_is_an_element_of_that_type(type_name: str, entry: Mapping[str, Any]) -> None:
    owner = "Patient" if type_name == "Resource" else type_name

    paths = {path: data_type for path, data_type in entry["paths"].items() if data_type not in OURS}

    assert {path: element_at(owner, parse_path(path)).type for path in paths} == paths


def test_our_own_data_types_are_read_from_a_device() -> None:
    ours = {
        "Device" if path == "$this" else element_at(type_name, parse_path(path)).type
        for type_name, entries in TABLE.items()
        for entry in entries.values()
        for path, data_type in entry["paths"].items()
        if data_type in OURS
    }

    assert ours == {"Device", "DeviceUdiCarrier", "DeviceDefinitionUdiDeviceIdentifier"}


@pytest.mark.parametrize(("type_name", "entry"), ENTRIES)
def test_every_target_of_the_table_is_a_resource_type(type_name: str, entry: Mapping[str, Any]) -> None:
    targets = entry.get("targets", [])

    assert [target for target in targets if not is_resource_type(target)] == []
    assert not targets or entry["type"] == "reference", type_name


@pytest.mark.parametrize(("type_name", "entry"), ENTRIES)
def test_every_target_of_the_table_is_one_the_elements_allow(type_name: str, entry: Mapping[str, Any]) -> None:
    owner = "Patient" if type_name == "Resource" else type_name
    elements = [element_at(owner, parse_path(path)) for path in entry["paths"] if path != "$this"]

    allowed = {target for element in elements for target in element.targets or ("Resource",)}

    assert "Resource" in allowed or set(entry.get("targets", [])) <= allowed


def test_the_table_has_every_served_type_and_what_all_resources_share() -> None:
    assert TABLE.keys() == {*SERVED, "Resource"}


def test_the_table_is_sorted_one_parameter_a_line() -> None:
    names = [(type_name, name) for type_name, entries in TABLE.items() for name in entries]

    assert names == sorted(names)
    assert len(table_text().splitlines()) == len(names) + 2 * len(TABLE) + 2


@pytest.mark.parametrize("type_name", SERVED)
def test_every_type_has_the_common_parameters(type_name: str) -> None:
    common = ("_id", "_lastUpdated", "_profile", "_security", "_source", "_tag")

    assert tuple(parameters(type_name))[: len(common)] == common


@pytest.mark.parametrize(
    ("type_name", "name", "kind", "targets"),
    [
        ("Device", "lotNumber", "string", ()),
        ("Device", "serialNumber", "string", ()),
        ("Device", "definitionType", "token", ()),
        ("DeviceDefinition", "definitionType", "token", ()),
        ("Device", "expiration_date", "date", ()),
        ("Patient", "ins", "token", ()),
        ("AuditEvent", "period_start", "date", ()),
        ("Procedure", "focal_device", "reference", ("Device",)),
        ("Procedure", "on_behalf_of", "reference", ("Organization",)),
        ("Procedure", "used_reference", "reference", ("Device",)),
        ("Procedure", "contained_lot", "string", ()),
        ("Procedure", "contained_expiration_date", "date", ()),
        ("Device", "traced_di", "token", ()),
        ("Device", "definition", "reference", ("DeviceDefinition",)),
        ("Device", "lpp", "token", ()),
        ("SupplyDelivery", "supplied_item", "reference", ("Device",)),
        ("SupplyDelivery", "occurrence", "date", ()),
        ("Patient", "replaced_by", "reference", ("Patient",)),
        ("Procedure", "body_site", "token", ()),
        ("Procedure", "patient", "reference", ("Patient",)),
        ("Procedure", "subject", "reference", ("Group", "Patient")),
        ("Provenance", "target", "reference", ()),
    ],
)
def test_a_parameter_is_as_the_guide_and_we_define_it(
    type_name: str, name: str, kind: str, targets: tuple[str, ...]
) -> None:
    parameter = parameters(type_name)[name]

    assert (parameter.kind, parameter.targets) == (kind, targets)


@pytest.mark.parametrize(
    ("type_name", "name"),
    [
        ("Patient", "phonetic"),
        ("Location", "near"),
        ("Observation", "code_value_quantity"),
        ("ServiceRequest", "order_detail"),
        ("Patient", "_text"),
        ("Patient", "_content"),
    ],
)
def test_what_is_left_out_is_not_there(type_name: str, name: str) -> None:
    assert name not in parameters(type_name)


def test_a_choice_is_resolved_to_the_members_of_the_search_type() -> None:
    types = {source.data_type for source in parameters("Procedure")["date"].sources}

    assert types == {"dateTime", "Period"}


def test_a_required_binding_gives_the_allowed_codes() -> None:
    assert "completed" in parameters("SupplyRequest")["status"].codes
    assert parameters("Patient")["active"].codes == ("false", "true")
    assert parameters("Patient")["identifier"].codes == ()


def test_only_references_uris_and_what_is_of_contained_devices_cannot_be_sorted_by() -> None:
    unsortable = [parameter for name in SERVED for parameter in parameters(name).values() if not parameter.sortable]
    contained = [parameter for parameter in unsortable if parameter.name.startswith("contained_")]

    assert {parameter.kind for parameter in unsortable if parameter not in contained} == {"reference", "uri"}
    assert len(contained) == 9
