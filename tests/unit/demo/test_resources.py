"""What the guide and the field ask of each resource of the synthetic hospital, read off the documents."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from app.demo.dates import FIRST_DAY, LAST_DAY
from app.fhir.check_digits import gs1, luhn, nir_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.fhir.resource import Resource

TDMI = "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/"
GTIN_RULE = re.compile(r"\d{14}")


def profile(resource: Resource) -> str:
    return str(resource["meta"]["profile"][0]).removeprefix(TDMI)


def types(resource: Resource) -> Counter[str]:
    return Counter(coding["code"] for one in resource["identifier"] for coding in one["type"]["coding"])


def value(resource: Resource, code: str) -> str:
    found = [
        one["value"]
        for one in resource["identifier"]
        if any(coding["code"] == code for coding in one["type"]["coding"])
    ]
    assert len(found) == 1
    return str(found[0])


def ends_with_luhn(number: str, length: int) -> bool:
    return len(number) == length and luhn(number[:-1]) == number[-1]


def test_a_procedure_has_the_cardinalities_of_dmi_procedure(by_type: Mapping[str, list[Resource]]) -> None:
    for procedure in by_type["Procedure"]:
        assert profile(procedure) == "dmi-procedure"
        assert types(procedure)["idIntervention"] == 1
        assert types(procedure)["numSejour"] <= 1
        assert [len(procedure[name]) for name in ("performer", "bodySite", "focalDevice")] == [1, 1, 1]
        assert {"actor", "onBehalfOf"} <= set(procedure["performer"][0])
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:00\+0[12]:00", procedure["performedDateTime"])
        assert procedure["subject"]["reference"].startswith("Patient/")


def test_every_procedure_has_an_intervention_number_of_its_own(by_type: Mapping[str, list[Resource]]) -> None:
    numbers = {value(procedure, "idIntervention") for procedure in by_type["Procedure"]}
    assert len(numbers) == len(by_type["Procedure"])


def test_procedures_lie_in_the_fixed_period(by_type: Mapping[str, list[Resource]]) -> None:
    days = [procedure["performedDateTime"][:10] for procedure in by_type["Procedure"]]
    assert FIRST_DAY.isoformat() <= min(days)
    assert max(days) <= LAST_DAY.isoformat()
    assert {day[:4] for day in days} == {str(year) for year in range(2016, 2027)}


def test_the_stay_number_is_that_of_the_encounter(by_type: Mapping[str, list[Resource]]) -> None:
    stays = {f"Encounter/{one['id']}": one["identifier"][0]["value"] for one in by_type["Encounter"]}
    with_stay = [one for one in by_type["Procedure"] if "encounter" in one]
    assert all(value(one, "numSejour") == stays[one["encounter"]["reference"]] for one in with_stay)
    assert 0.7 < len(with_stay) / len(by_type["Procedure"]) < 1


def test_an_explanted_device_was_implanted_in_the_same_patient_before(by_type: Mapping[str, list[Resource]]) -> None:
    moves = [
        (
            one["focalDevice"][0]["action"]["coding"][0]["display"],
            one["focalDevice"][0]["manipulated"]["reference"],
            one,
        )
        for one in by_type["Procedure"]
    ]
    implanted = {device: one for action, device, one in moves if action == "Implantation"}
    removals = [(device, one) for action, device, one in moves if action == "Explantation"]
    assert removals
    for device, removal in removals:
        assert implanted[device]["subject"] == removal["subject"]
        assert implanted[device]["performedDateTime"] < removal["performedDateTime"]


def test_an_explanted_device_is_inactive_and_all_others_are_active(by_type: Mapping[str, list[Resource]]) -> None:
    removed = {
        one["focalDevice"][0]["manipulated"]["reference"]
        for one in by_type["Procedure"]
        if one["focalDevice"][0]["action"]["coding"][0]["display"] == "Explantation"
    }
    inactive = {f"Device/{one['id']}" for one in by_type["Device"] if one["status"] == "inactive"}
    assert inactive == removed


def test_each_implanted_device_is_its_own(by_type: Mapping[str, list[Resource]]) -> None:
    implanted = Counter(
        one["focalDevice"][0]["manipulated"]["reference"]
        for one in by_type["Procedure"]
        if one["focalDevice"][0]["action"]["coding"][0]["display"] == "Implantation"
    )
    assert set(implanted.values()) == {1}


def test_device_patient_and_procedure_subject_agree(by_type: Mapping[str, list[Resource]]) -> None:
    bearers = {f"Device/{one['id']}": one["patient"] for one in by_type["Device"] if "patient" in one}
    for procedure in by_type["Procedure"]:
        device = procedure["focalDevice"][0]["manipulated"]["reference"]
        assert bearers.get(device, procedure["subject"]) == procedure["subject"]


def test_a_device_that_was_not_implanted_has_no_patient(by_type: Mapping[str, list[Resource]]) -> None:
    bearing = {f"Device/{one['id']}" for one in by_type["Device"] if "patient" in one}
    undone = [one for one in by_type["Procedure"] if one["status"] in ("not-done", "entered-in-error")]
    action = [one["focalDevice"][0] for one in undone]
    implantations = [one for one in action if one["action"]["coding"][0]["display"] == "Implantation"]
    assert implantations
    assert all(one["manipulated"]["reference"] not in bearing for one in implantations)


def test_a_udi_reads_like_the_elements_of_its_device(by_type: Mapping[str, list[Resource]]) -> None:
    definitions = {
        f"DeviceDefinition/{one['id']}": one["udiDeviceIdentifier"][0]["deviceIdentifier"]
        for one in by_type["DeviceDefinition"]
    }
    for device in by_type["Device"]:
        for carrier in device.get("udiCarrier", []):
            gtin = definitions[device["definition"]["reference"]]
            day = device.get("expirationDate", "").replace("-", "")[2:]
            read = f"(01){gtin}" + (f"(17){day}" if day else "")
            read += f"(10){device['lotNumber']}" if "lotNumber" in device else ""
            read += f"(21){device['serialNumber']}" if "serialNumber" in device else ""
            assert carrier["carrierHRF"] == read
            assert carrier["deviceIdentifier"] == gtin


def test_every_gtin_ends_with_its_check_digit(by_type: Mapping[str, list[Resource]]) -> None:
    gtins = [one["udiDeviceIdentifier"][0]["deviceIdentifier"] for one in by_type["DeviceDefinition"]]
    assert all(GTIN_RULE.fullmatch(gtin) and gs1(gtin[:-1]) == gtin[-1] for gtin in gtins)
    assert 40 <= len(set(gtins)) == len(gtins) <= 120


def test_lot_and_serial_numbers_fit_into_a_gs1_code(by_type: Mapping[str, list[Resource]]) -> None:
    numbers = [one.get("lotNumber") or one.get("serialNumber", "none") for one in by_type["Device"]]
    assert all(re.fullmatch(r"[0-9A-Za-z]{1,20}", number) for number in numbers)


def test_a_serial_number_is_used_once_and_a_lot_by_200_devices_at_most(by_type: Mapping[str, list[Resource]]) -> None:
    serials = Counter(one["serialNumber"] for one in by_type["Device"] if "serialNumber" in one)
    lots = Counter(one["lotNumber"] for one in by_type["Device"] if "lotNumber" in one)
    assert max(serials.values()) == 1
    assert 10 < max(lots.values()) <= 200


def test_devices_of_a_lot_share_model_and_dates(by_type: Mapping[str, list[Resource]]) -> None:
    facts = {
        (one["lotNumber"], one["definition"]["reference"], one["manufactureDate"], one["expirationDate"])
        for one in by_type["Device"]
        if "lotNumber" in one and "expirationDate" in one
    }
    assert len(facts) == len({lot for lot, *_ in facts})


def test_active_devices_have_a_serial_number_or_nothing(by_type: Mapping[str, list[Resource]]) -> None:
    active = [one for one in by_type["Device"] if one["type"]["coding"][0]["code"].startswith("J")]
    assert active
    assert not any("lotNumber" in one for one in active)


def test_a_device_is_made_before_it_is_implanted(by_type: Mapping[str, list[Resource]]) -> None:
    made = {f"Device/{one['id']}": one["manufactureDate"] for one in by_type["Device"]}
    for procedure in by_type["Procedure"]:
        assert made[procedure["focalDevice"][0]["manipulated"]["reference"]] < procedure["performedDateTime"]


def test_a_few_devices_are_incomplete_or_expired(by_type: Mapping[str, list[Resource]]) -> None:
    devices = {f"Device/{one['id']}": one for one in by_type["Device"]}
    lacking = {
        name: sum(name not in one for one in devices.values()) / len(devices)
        for name in ("udiCarrier", "expirationDate")
    }
    traceless = sum(not {"lotNumber", "serialNumber"} & set(one) for one in devices.values()) / len(devices)
    expired = sum(
        devices[one["focalDevice"][0]["manipulated"]["reference"]].get("expirationDate", "9")
        < one["performedDateTime"][:10]
        for one in by_type["Procedure"]
        if one["focalDevice"][0]["action"]["coding"][0]["display"] == "Implantation"
    ) / len(by_type["Procedure"])
    assert 0.01 < lacking["udiCarrier"] < 0.035
    assert 0.02 < lacking["expirationDate"] < 0.045
    assert 0.003 < traceless < 0.02
    assert 0.002 < expired < 0.05


def test_unused_devices_were_received_and_lie_in_the_store(by_type: Mapping[str, list[Resource]]) -> None:
    received = {one["suppliedItem"]["itemReference"]["reference"]: one for one in by_type["SupplyDelivery"]}
    stored = {f"Device/{one['id']}": one for one in by_type["Device"] if "location" in one}
    assert received.keys() == stored.keys() != set()
    for delivery in received.values():
        assert profile(delivery) == "dmi-supplydelivery-reception-unitaire"
        assert [one["url"] for one in delivery["extension"]] == [f"{TDMI}dmi-reference-organisation-interne"]
        assert len(delivery["identifier"]) == len(delivery["receiver"]) == 1
        assert {"status", "occurrenceDateTime", "basedOn"} <= set(delivery)
    assert not any("patient" in one for one in stored.values())


def test_orders_have_the_fixed_event_code(by_type: Mapping[str, list[Resource]]) -> None:
    codes = {one["itemCodeableConcept"]["coding"][0]["code"] for one in by_type["SupplyRequest"]}
    assert codes == {"CDM"}
    assert all(one["quantity"]["value"] == 1 and len(one["identifier"]) == 1 for one in by_type["SupplyRequest"])


def test_a_patient_has_a_right_nir_and_a_telephone(by_type: Mapping[str, list[Resource]]) -> None:
    for patient in by_type["Patient"]:
        number = value(patient, "INS-NIR")
        born = patient["birthDate"]
        assert len(number) == 15
        assert nir_key(number[:13]) == number[13:]
        assert number[0] == {"male": "1", "female": "2"}[patient["gender"]]
        assert number[1:7] == born[2:4] + born[5:7] + "99"
        assert patient["telecom"]
        assert profile(patient) == "dmi-patient"


def test_no_two_patients_have_the_same_nir(by_type: Mapping[str, list[Resource]]) -> None:
    assert len({value(one, "INS-NIR") for one in by_type["Patient"]}) == len(by_type["Patient"])


def test_patients_are_born_before_and_die_after_their_procedures(by_type: Mapping[str, list[Resource]]) -> None:
    people = {f"Patient/{one['id']}": one for one in by_type["Patient"]}
    assert any("deceasedDateTime" in one for one in people.values())
    for procedure in by_type["Procedure"]:
        person = people[procedure["subject"]["reference"]]
        assert person["birthDate"] < procedure["performedDateTime"][:10] < person.get("deceasedDateTime", "9")


def test_patients_have_varied_names_with_accents(by_type: Mapping[str, list[Resource]]) -> None:
    names = Counter((one["name"][0]["family"], one["name"][0]["given"][0]) for one in by_type["Patient"])
    assert len(names) > 0.9 * len(by_type["Patient"])
    assert any(re.search("[éèêëïôçÉ]", family) for family, _ in names)


def test_sex_bound_operations_have_patients_of_that_sex(by_type: Mapping[str, list[Resource]]) -> None:
    women = {f"Patient/{one['id']}" for one in by_type["Patient"] if one["gender"] == "female"}
    breast = [
        one for one in by_type["Procedure"] if one["code"]["coding"][0]["code"] in ("QEMA004", "QEGA003", "JDDB005")
    ]
    assert breast
    assert all(one["subject"]["reference"] in women for one in breast)


def test_a_practitioner_has_a_right_rpps_number_and_one_telecom(by_type: Mapping[str, list[Resource]]) -> None:
    numbers = [value(one, "RPPS") for one in by_type["Practitioner"]]
    assert all(ends_with_luhn(number, 11) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert all(len(one["telecom"]) == 1 for one in by_type["Practitioner"])
    assert {profile(one) for one in by_type["Practitioner"]} == {"dmi-practitioner"}


def test_a_legal_entity_has_its_identifiers_with_right_check_digits(by_type: Mapping[str, list[Resource]]) -> None:
    entities = [one for one in by_type["Organization"] if profile(one) == "dmi-organization-ej"]
    assert len({value(one, "SIREN") for one in entities}) == len(entities) > 4
    for entity in entities:
        siren = value(entity, "SIREN")
        finess = [one["value"] for one in entity["identifier"] if one["system"] == "https://finess.esante.gouv.fr"]
        assert ends_with_luhn(siren, 9)
        assert all(ends_with_luhn(number, 9) for number in finess)
        assert value(entity, "IDNST") == ("1" + finess[0] if finess else "2" + siren)
        assert entity["name"]
        assert len(entity.get("alias", [])) <= 1


def test_an_internal_organization_has_one_type_of_the_national_list(by_type: Mapping[str, list[Resource]]) -> None:
    internal = [one for one in by_type["Organization"] if profile(one) == "dmi-organization-interne"]
    assert internal
    for organization in internal:
        systems = Counter(one["coding"][0]["system"].rpartition("/")[2] for one in organization["type"])
        assert systems == {"TRE-R207-TypeOrganisationInterne": 1, "TRE-R244-CategorieOrganisation": 1}


def test_a_model_says_what_it_is(by_type: Mapping[str, list[Resource]]) -> None:
    for model in by_type["DeviceDefinition"]:
        assert Counter(one["url"].removeprefix(TDMI) for one in model["extension"]) == {
            "dmi-classe-risque": 1,
            "dmi-code-emdn": 1,
            "dmi-code-lpp": 1,
        }
        assert [one["type"]["coding"][0]["code"] for one in model["property"]] == [
            "UsageUnique",
            "EmballageSterile",
            "Implantable",
            "Actif",
        ]
