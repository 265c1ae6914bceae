"""The verdicts on the guide's 22 examples, on its rules one by one, and on two procedures from elsewhere.

The examples are those of `ans.fhir.fr.tdmi` 3.0.0, kept in app/demo/guide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import app
from app.fhir.json import decode
from app.profiles import Validator, defaults_from, load_profiles
from tests.builders import DISCRIMINATOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import Document

    Found = Callable[[Any], list[tuple[str, str]]]

GUIDE = Path(app.__file__).parent / "demo" / "guide"
FOREIGN = Path(__file__).parent / "foreign"
TDMI = "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/"
FR_CORE = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"

NO_WARNING: list[str] = []
BARE_DEVICE = ["device-udi-di", "device-lot-or-serial", "device-expiry"]

# Each is valid, as the guide publishes them as examples of their profiles; beside it the warnings and why.
VERDICTS: dict[str, list[str]] = {
    "AuditEvent-tde-auditevent-example": NO_WARNING,  # no entity and a DICOM type: thin, yet within the profile
    "Bundle-dmi-bundle-delivery-example": NO_WARNING,  # R4B alone would refuse its valueMeta; R4 has it
    "Bundle-dmi-bundle-request-example": NO_WARNING,
    "Bundle-dmi-bundle-transmission-traces-example": BARE_DEVICE,  # request.url is no type; that is no rule of R4
    "Device-dmi-device-example": BARE_DEVICE,  # the profile asks for no UDI, lot, serial or expiry
    "DeviceDefinition-dmi-devicedefinition-example": NO_WARNING,  # code of the risk class is bound to nothing
    "DeviceRequest-dmi-devicerequest-example": NO_WARNING,
    "Invoice-dmi-invoice-example": NO_WARNING,
    "Organization-dmi-organization-ej-example": NO_WARNING,  # its SIREN is a word, which has no check digit
    "Organization-dmi-organization-interne-example": NO_WARNING,
    "Patient-dmi-patient-example": NO_WARNING,  # an identifier in no slice: slicing is open
    "Practitioner-dmi-practitioner-example": NO_WARNING,
    "Procedure-dmi-procedure-example": NO_WARNING,
    "SupplyDelivery-dmi-supplydelivery-entete-delivrance-example": NO_WARNING,
    "SupplyDelivery-dmi-supplydelivery-entete-livraison-example": NO_WARNING,
    "SupplyDelivery-dmi-supplydelivery-entete-reception-example": NO_WARNING,
    "SupplyDelivery-dmi-supplydelivery-ligne-example": NO_WARNING,
    "SupplyDelivery-dmi-supplydelivery-reception-unitaire-example": NO_WARNING,
    "SupplyDelivery-dmi-supplydelivery-transport-example": NO_WARNING,
    "SupplyRequest-dmi-supplyrequest-entete-commande-example": NO_WARNING,
    "SupplyRequest-dmi-supplyrequest-entete-demande-example": NO_WARNING,
    "SupplyRequest-dmi-supplyrequest-entete-reponse-example": NO_WARNING,
}


def example(name: str, /, **changes: Any) -> Document:
    document: Document = decode((GUIDE / f"{name}.json").read_bytes())
    return {key: value for key, value in {**document, **changes}.items() if value is not None}


@pytest.mark.parametrize("name", VERDICTS)
def test_every_example_of_the_guide_gets_the_verdict_the_guide_intends(
    errors: Found, warnings: Found, name: str
) -> None:
    assert errors(example(name)) == []
    assert [rule for _, rule in warnings(example(name))] == VERDICTS[name]


def test_the_table_has_every_example_of_the_guide() -> None:
    assert {file.stem for file in GUIDE.glob("*.json")} == VERDICTS.keys()


def test_every_example_names_a_profile_that_is_known() -> None:
    named = {url for name in VERDICTS for url in example(name)["meta"]["profile"]}
    assert named <= load_profiles().keys()


def test_every_profile_and_extension_of_the_guide_is_there() -> None:
    own = [profile for profile in load_profiles().values() if profile.url.startswith(TDMI)]
    assert len([profile for profile in own if profile.type != "Extension"]) == 21
    assert len([profile for profile in own if profile.type == "Extension"]) == 15


def test_every_definition_has_a_title_in_french_and_in_english() -> None:
    folder = Path(app.__file__).parent / "profiles" / "definitions"
    untranslated = [
        file.name
        for file in folder.glob("*.json")
        if "title" not in (text := decode(file.read_bytes()))
        or ("_title" not in text and file.name != "dmi-procedure.json")
    ]
    assert untranslated == []


@pytest.mark.parametrize(
    ("name", "changes", "place", "rule"),
    [
        ("AuditEvent-tde-auditevent-example", {"agent": [{"requestor": True}]}, "AuditEvent.agent[0].who",
         "tde-auditevent#AuditEvent.agent.who.min"),
        ("AuditEvent-tde-auditevent-example", {"period": {"end": "2026"}}, "AuditEvent.period.start",
         "tde-auditevent#AuditEvent.period.start.min"),
        ("AuditEvent-tde-auditevent-example", {"subtype": [{"code": "a"}, {"code": "b"}]}, "AuditEvent.subtype",
         "tde-auditevent#AuditEvent.subtype.max"),
        ("Patient-dmi-patient-example", {"telecom": None}, "Patient.telecom", "dmi-patient#Patient.telecom.min"),
        ("Patient-dmi-patient-example", {"identifier": None}, "Patient.identifier",
         "dmi-patient#Patient.identifier.min"),
        ("Patient-dmi-patient-example", {"name": [{"use": "official", "given": ["Zoé"]}]}, "Patient.name[0].family",
         "dmi-patient#Patient.name:officialName.family.min"),
        ("Practitioner-dmi-practitioner-example", {"telecom": [{"system": "fax"}, {"system": "fax"}]},
         "Practitioner.telecom", "dmi-practitioner#Practitioner.telecom.max"),
        ("Organization-dmi-organization-ej-example", {"name": None}, "Organization.name",
         "dmi-organization-ej#Organization.name.min"),
        ("Organization-dmi-organization-ej-example", {"alias": ["a", "b"]}, "Organization.alias",
         "dmi-organization-ej#Organization.alias.max"),
        ("DeviceRequest-dmi-devicerequest-example", {"intent": "plan"}, "DeviceRequest.intent",
         "dmi-devicerequest#DeviceRequest.intent.pattern"),
        ("DeviceRequest-dmi-devicerequest-example", {"subject": {"reference": "Patient/1"}}, "DeviceRequest.subject",
         "dmi-devicerequest#DeviceRequest.subject.target"),
        ("Invoice-dmi-invoice-example", {"extension": [{"url": TDMI + "dmi-facture", "valueBase64Binary": "QQ=="}] * 2},
         "Invoice.extension", "dmi-invoice#Invoice.extension:Facture.max"),
        ("SupplyDelivery-dmi-supplydelivery-entete-livraison-example", {"basedOn": None}, "SupplyDelivery.basedOn",
         "dmi-supplydelivery-entete-livraison#SupplyDelivery.basedOn.min"),
        ("SupplyDelivery-dmi-supplydelivery-entete-livraison-example", {"suppliedItem": {"quantity": {"value": 1}}},
         "SupplyDelivery.suppliedItem.item",
         "dmi-supplydelivery-entete-livraison#SupplyDelivery.suppliedItem.item[x].min"),
        ("SupplyDelivery-dmi-supplydelivery-entete-reception-example", {"occurrenceDateTime": None},
         "SupplyDelivery.occurrence", "dmi-supplydelivery-enteter-reception#SupplyDelivery.occurrence[x].min"),
        ("SupplyDelivery-dmi-supplydelivery-reception-unitaire-example", {"receiver": None}, "SupplyDelivery.receiver",
         "dmi-supplydelivery-reception-unitaire#SupplyDelivery.receiver.min"),
        ("SupplyDelivery-dmi-supplydelivery-ligne-example", {"partOf": [{"reference": "Contract/1"}]},
         "SupplyDelivery.partOf[0]", "dmi-supplydelivery-ligne#SupplyDelivery.partOf.target"),
        ("SupplyRequest-dmi-supplyrequest-entete-demande-example", {"requester": {"reference": "Device/1"}},
         "SupplyRequest.requester", "dmi-supplyrequest-entete-demande#SupplyRequest.requester.target"),
        ("SupplyRequest-dmi-supplyrequest-entete-commande-example", {"itemCodeableConcept": {"text": "x"}},
         "SupplyRequest.itemCodeableConcept", "dmi-supplyrequest-entete-commande#SupplyRequest.item[x].pattern"),
        ("SupplyRequest-dmi-supplyrequest-entete-commande-example",
         {"itemCodeableConcept": None, "itemReference": {"reference": "Device/1"}}, "SupplyRequest.itemReference",
         "dmi-supplyrequest-entete-commande#SupplyRequest.item[x].type"),
        ("Device-dmi-device-example", {"definition": {"reference": "Device/1"}}, "Device.definition",
         "dmi-device#Device.definition.target"),
        ("Bundle-dmi-bundle-delivery-example", {"type": "collection"}, "Bundle.type",
         "dmi-bundledelivery#Bundle.type.pattern"),
        ("SupplyDelivery-dmi-supplydelivery-transport-example", {"status": None}, "SupplyDelivery.status",
         "dmi-supplydelivery-transport#SupplyDelivery.status.min"),
        ("SupplyDelivery-dmi-supplydelivery-entete-delivrance-example", {"identifier": [{"value": "1"}] * 2},
         "SupplyDelivery.identifier", "dmi-supplydelivery-entete-delivrance#SupplyDelivery.identifier.max"),
        ("SupplyRequest-dmi-supplyrequest-entete-reponse-example", {"requester": {"reference": "Patient/1"}},
         "SupplyRequest.requester", "dmi-supplyrequest-entetereponse#SupplyRequest.requester.target"),
        ("Bundle-dmi-bundle-request-example", {"type": "batch"}, "Bundle.type",
         "dmi-bundle-request#Bundle.type.pattern"),
    ],
)  # fmt: skip
def test_a_rule_of_the_guide_is_broken_at_its_place(
    errors: Found, name: str, changes: Document, place: str, rule: str
) -> None:
    assert (place, rule) in errors(example(name, **changes))


def test_a_trace_has_exactly_one_audit_event(errors: Found) -> None:
    trace = example("Bundle-dmi-bundle-transmission-traces-example")
    event = trace["entry"][3]
    url = "https://test-server.fr/AuditEvent/other"
    other = {**event, "fullUrl": url, "resource": {**event["resource"], "id": "other"}}
    slice_ = "dmi-bundle-transmission-traces#Bundle.entry:AuditEvent"
    assert errors({**trace, "entry": trace["entry"][:3]}) == [("Bundle.entry", f"{slice_}.min")]
    assert errors({**trace, "entry": [*trace["entry"], other]}) == [("Bundle.entry", f"{slice_}.max")]


def test_a_trace_takes_what_its_slices_forgot(errors: Found) -> None:
    trace = example("Bundle-dmi-bundle-transmission-traces-example")
    transport = example("SupplyDelivery-dmi-supplydelivery-transport-example")
    entry = {"fullUrl": "https://x/1", "resource": transport, "request": {"method": "POST", "url": "x"}}
    assert errors({**trace, "entry": [*trace["entry"], entry]}) == []


def test_a_bundle_within_a_trace_is_validated_with_its_entries(errors: Found) -> None:
    trace = example("Bundle-dmi-bundle-transmission-traces-example")
    request = example("Bundle-dmi-bundle-request-example")
    request["entry"][1]["resource"].pop("basedOn")
    entry = {"fullUrl": "https://x/1", "resource": request, "request": {"method": "POST", "url": "x"}}
    assert errors({**trace, "entry": [*trace["entry"], entry]}) == [
        ("Bundle.entry[4].resource.entry[1].resource.basedOn", "dmi-devicerequest#DeviceRequest.basedOn.min")
    ]


def test_an_entry_may_conform_to_the_profiles_of_several_slices(errors: Found) -> None:
    trace = example("Bundle-dmi-bundle-transmission-traces-example")
    bundle = {"resourceType": "Bundle", "type": "transaction"}
    entry = {"fullUrl": "https://x/1", "resource": bundle, "request": {"method": "POST", "url": "x"}}
    assert errors({**trace, "entry": [*trace["entry"], entry]}) == []


def test_a_legal_entity_has_a_national_number_and_a_siren(errors: Found) -> None:
    both = example("Organization-dmi-organization-ej-example")["identifier"]
    finess = {
        "type": {"coding": [{"system": FR_CORE, "code": "FINEJ"}]},
        "system": "https://finess.esante.gouv.fr",
        "value": "750712184",
    }
    profile = "dmi-organization-ej#Organization.identifier"
    assert errors(example("Organization-dmi-organization-ej-example", identifier=[*both, finess])) == []
    assert errors(example("Organization-dmi-organization-ej-example", identifier=[both[0], finess, finess])) == [
        ("Organization.identifier", f"{profile}:siren.min"),
        ("Organization.identifier", f"{profile}:finess.max"),
    ]
    without_value = [both[0], {key: part for key, part in both[1].items() if key != "value"}]
    assert errors(example("Organization-dmi-organization-ej-example", identifier=without_value)) == [
        ("Organization.identifier[1].value", f"{profile}.value.min")
    ]


def test_the_type_of_a_unit_is_a_warning_since_its_slice_is_not_decidable_to_the_letter(
    errors: Found, warnings: Found
) -> None:
    unit = example("Organization-dmi-organization-interne-example", type=[{"text": "service"}])
    assert errors(unit) == []
    assert [rule for _, rule in warnings(unit)] == [
        "dmi-organization-interne#Organization.type:TypeOrganizationInterne.min"
    ]
    assert errors(example("Organization-dmi-organization-interne-example", type=None)) == [
        ("Organization.type", "dmi-organization-interne#Organization.type.min")
    ]


def test_a_device_property_of_the_guide_comes_once(errors: Found) -> None:
    once = {"type": {"coding": [{"system": DISCRIMINATOR, "code": "Implantable"}]}, "valueCode": [{"text": "1"}]}
    assert errors(example("DeviceDefinition-dmi-devicedefinition-example", property=[once])) == []
    assert errors(example("DeviceDefinition-dmi-devicedefinition-example", property=[once, once])) == [
        ("DeviceDefinition.property", "dmi-devicedefinition#DeviceDefinition.property:Implantable.max")
    ]


def test_a_code_the_guide_does_not_have_is_refused(errors: Found) -> None:
    wrong = {"type": {"coding": [{"system": DISCRIMINATOR, "code": "implantable"}]}}
    assert errors(example("DeviceDefinition-dmi-devicedefinition-example", property=[wrong])) == [
        (
            "DeviceDefinition.property[0].type.coding[0].code",
            "R4#DeviceDefinition.property.type.coding.code.code-system",
        )
    ]


def test_a_code_that_a_national_list_may_have_gained_is_a_warning(errors: Found, warnings: Found) -> None:
    practitioner = example("Practitioner-dmi-practitioner-example")
    practitioner["identifier"][0]["type"] = {"coding": [{"system": FR_CORE, "code": "RPPSRG"}]}
    assert errors(practitioner) == []
    assert [rule for _, rule in warnings(practitioner)] == ["R4#Practitioner.identifier.type.coding.code.code-system"]


MISSING_IN_BOTH = [
    ("Procedure.identifier", "dmi-procedure#Procedure.identifier.min"),
    ("Procedure.identifier", "dmi-procedure#Procedure.identifier:idIntervention.min"),
    ("Procedure.bodySite", "dmi-procedure#Procedure.bodySite.min"),
    ("Procedure.focalDevice", "dmi-procedure#Procedure.focalDevice.min"),
]


def test_a_colonoscopy_lacks_exactly_what_makes_a_dmi_procedure(errors: Found) -> None:
    colonoscopy = decode((FOREIGN / "colonoscopy.json").read_bytes())
    assert sorted(errors(colonoscopy)) == sorted(
        [
            *MISSING_IN_BOTH,
            ("Procedure.performer[0].onBehalfOf", "dmi-procedure#Procedure.performer.onBehalfOf.min"),
        ]
    )


def test_a_biopsy_lacks_exactly_what_makes_a_dmi_procedure(errors: Found) -> None:
    biopsy = decode((FOREIGN / "biopsy.json").read_bytes())
    assert sorted(errors(biopsy)) == sorted(
        [
            *MISSING_IN_BOTH,
            ("Procedure.performed", "dmi-procedure#Procedure.performed[x].min"),
            ("Procedure.performer", "dmi-procedure#Procedure.performer.min"),
        ]
    )


@pytest.mark.parametrize("name", ["colonoscopy", "biopsy"])
def test_a_hospital_that_keeps_other_procedures_too_takes_the_default_profile_off(name: str) -> None:
    profiles = load_profiles()
    validator = Validator(profiles, defaults_from("Procedure=base", profiles))
    assert validator.validate(decode((FOREIGN / f"{name}.json").read_bytes())) == ()
