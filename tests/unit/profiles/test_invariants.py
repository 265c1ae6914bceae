"""Every invariant of R4 that applies to the served types: one resource that breaks it, one that keeps it narrowly."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from app.profiles.invariants import INVARIANTS
from tests.builders import device, organization, patient, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import Document

    Errors = Callable[[Any], list[tuple[str, str]]]

UCUM = "http://unitsofmeasure.org"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def extension(value: str, content: Any) -> Document:
    return patient(extension=[{"url": "http://example.org/e", value: content}])


def repeat(**parts: Any) -> Document:
    return extension("valueTiming", {"repeat": parts})


def condition(**parts: Any) -> Document:
    return {"resourceType": "Condition", "subject": {"reference": "Patient/p1"}, **parts}


def coded(system: str, code: str) -> Document:
    return {"coding": [{"system": system, "code": code}]}


def observation(**parts: Any) -> Document:
    return {"resourceType": "Observation", "status": "final", "code": {"coding": [{"code": "a"}]}, **parts}


def group(**parts: Any) -> Document:
    return {"resourceType": "Group", "type": "device", "actual": True, **parts}


def plan(**activity: Any) -> Document:
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": {"reference": "Patient/p1"},
        "activity": [activity],
    }


def event(**entity: Any) -> Document:
    return {
        "resourceType": "AuditEvent",
        "type": {"code": "x"},
        "recorded": "2024-01-01T00:00:00Z",
        "agent": [{"requestor": True}],
        "source": {"observer": {"display": "x"}},
        "entity": [entity],
    }


def administration(**dosage: Any) -> Document:
    return {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": {"text": "x"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024",
        "dosage": dosage,
    }


def request(**parts: Any) -> Document:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        **parts,
    }


def bundle(kind: str, *entries: Document, **parts: Any) -> Document:
    return {"resourceType": "Bundle", "type": kind, **({"entry": list(entries)} if entries else {}), **parts}


POST = {"method": "POST", "url": "Patient"}
OK = {"status": "200"}
DOCUMENT = {"identifier": {"system": "urn:oid:1.2", "value": "1"}, "timestamp": "2024-01-01T00:00:00Z"}
COMPOSITION = {
    "resource": {
        "resourceType": "Composition",
        "status": "final",
        "type": {"text": "x"},
        "date": "2024",
        "author": [{"display": "x"}],
        "title": "x",
    }
}
HEADER = {
    "resource": {"resourceType": "MessageHeader", "eventUri": "urn:oid:1.2", "source": {"endpoint": "http://a.b"}},
}
ENTRY = {"resource": patient()}
PROBLEM = {"coding": [{"code": "problem-list-item"}]}
LESS = {"value": 1, "comparator": "<"}
QUANTITY = {"value": 1, "code": "mm", "system": UCUM}

BROKEN: list[tuple[str, Document]] = [
    ("age-1", extension("valueAge", {"value": 0, "code": "a", "system": UCUM})),
    ("age-1", extension("valueAge", {"value": 1})),
    ("age-1", extension("valueAge", {"value": 1, "code": "a", "system": "http://other"})),
    ("att-1", patient(photo=[{"data": "QQ=="}])),
    ("cnt-3", extension("valueCount", {"value": Decimal("1.5"), "code": "1", "system": UCUM})),
    ("cnt-3", extension("valueCount", {"value": 1, "code": "2", "system": UCUM})),
    ("cpt-2", patient(telecom=[{"value": "0102030405"}])),
    ("dis-1", extension("valueDistance", {"value": 1})),
    (
        "drq-1",
        extension("valueDataRequirement", {"type": "Patient", "codeFilter": [{"path": "a", "searchParam": "b"}]}),
    ),
    ("drq-2", extension("valueDataRequirement", {"type": "Patient", "dateFilter": [{"valueDateTime": "2024"}]})),
    ("drt-1", extension("valueDuration", {"code": "d", "system": UCUM})),
    ("exp-1", extension("valueExpression", {"language": "text/cql"})),
    ("ext-1", patient(extension=[{"url": "http://example.org/e"}])),
    (
        "per-1",
        procedure(identifier=[*procedure()["identifier"], {"period": {"start": "2024-02", "end": "2024-01-31"}}]),
    ),
    ("qty-3", extension("valueQuantity", {"value": 1, "code": "mm"})),
    ("qty-3", extension("valueAge", {"value": 1, "code": "a"})),
    ("qty-3", extension("valueCount", {"value": 1, "code": "1"})),
    ("qty-3", extension("valueDistance", {"value": 1, "code": "m"})),
    ("rng-2", extension("valueRange", {"low": {"value": 2}, "high": {"value": 1}})),
    ("rat-1", extension("valueRatio", {"numerator": {"value": 1}})),
    ("sqty-1", extension("valueRange", {"low": LESS})),
    ("sqty-1", extension("valueRange", {"high": LESS})),
    ("sqty-1", extension("valueSampledData", {"origin": LESS, "period": 1, "dimensions": 1})),
    ("sqty-1", extension("valueDosage", {"maxDosePerAdministration": LESS})),
    ("sqty-1", extension("valueDosage", {"maxDosePerLifetime": LESS})),
    ("sqty-1", extension("valueDosage", {"doseAndRate": [{"doseQuantity": LESS}]})),
    ("sqty-1", extension("valueDosage", {"doseAndRate": [{"rateQuantity": LESS}]})),
    ("sqty-1", plan(detail={"status": "scheduled", "dailyAmount": LESS})),
    ("sqty-1", plan(detail={"status": "scheduled", "quantity": LESS})),
    ("sqty-1", administration(dose=LESS)),
    ("sqty-1", administration(rateQuantity=LESS)),
    ("sqty-1", observation(referenceRange=[{"low": LESS}])),
    ("sqty-1", observation(referenceRange=[{"high": LESS}])),
    ("sqty-1", {"resourceType": "SupplyDelivery", "suppliedItem": {"quantity": LESS}}),
    ("tim-1", repeat(duration=1)),
    ("tim-2", repeat(period=1)),
    ("tim-4", repeat(duration=-1, durationUnit="d")),
    ("tim-5", repeat(period=Decimal("-0.5"), periodUnit="d")),
    ("tim-6", repeat(periodMax=1)),
    ("tim-7", repeat(durationMax=1)),
    ("tim-8", repeat(countMax=2)),
    ("tim-9", repeat(offset=5)),
    ("tim-9", repeat(offset=5, when=["ACM", "C"])),
    ("tim-10", repeat(timeOfDay=["12:00:00"], when=["HS"])),
    (
        "trd-1",
        extension("valueTriggerDefinition", {"type": "periodic", "data": [{"type": "Patient"}], "timingDate": "2024"}),
    ),
    (
        "trd-2",
        extension(
            "valueTriggerDefinition",
            {"type": "named-event", "name": "a", "condition": {"language": "text/cql", "expression": "x"}},
        ),
    ),
    ("trd-3", extension("valueTriggerDefinition", {"type": "data-added"})),
    ("trd-3", extension("valueTriggerDefinition", {"type": "named-event"})),
    ("trd-3", extension("valueTriggerDefinition", {"type": "periodic"})),
    ("sev-1", event(name="a", query="QQ==")),
    ("cpl-3", plan(reference={"reference": "DeviceRequest/1"}, detail={"status": "scheduled"})),
    ("con-1", condition(stage=[{"type": {"text": "x"}}])),
    ("con-2", condition(evidence=[{"extension": [{"url": "http://example.org/e", "valueCode": "x"}]}])),
    ("con-4", condition(abatementDateTime="2024", clinicalStatus=coded(CLINICAL, "active"))),
    (
        "con-5",
        condition(verificationStatus=coded(VERIFICATION, "entered-in-error"), clinicalStatus=coded(CLINICAL, "active")),
    ),
    ("grp-1", group(actual=False, member=[{"entity": {"reference": "Device/d1"}}])),
    ("mad-1", administration(text="x")),
    ("obs-3", observation(referenceRange=[{"type": {"text": "x"}}])),
    ("obs-6", observation(valueString="x", dataAbsentReason={"text": "x"})),
    ("obs-7", observation(valueString="x", component=[{"code": {"coding": [{"code": "a"}]}}])),
    ("org-1", {"resourceType": "Organization", "active": True}),
    ("org-2", organization(address=[{"use": "work"}, {"use": "home"}])),
    ("org-3", organization(telecom=[{"use": "home"}])),
    ("pat-1", patient(contact=[{"gender": "female"}])),
    ("prr-1", request(orderDetail=[{"text": "x"}])),
    ("bdl-1", bundle("collection", total=1)),
    ("bdl-2", bundle("collection", {**ENTRY, "search": {"mode": "match"}})),
    ("bdl-3", bundle("transaction", ENTRY)),
    ("bdl-3", bundle("collection", {**ENTRY, "request": POST})),
    ("bdl-4", bundle("batch-response", ENTRY)),
    ("bdl-4", bundle("collection", {**ENTRY, "response": OK})),
    ("bdl-5", bundle("collection", {"fullUrl": "http://a.b/Patient/1"})),
    ("bdl-7", bundle("collection", *[{**ENTRY, "fullUrl": "http://a.b/Patient/p1"}] * 2)),
    ("bdl-8", bundle("collection", {**ENTRY, "fullUrl": "http://a.b/Patient/p1/_history/1"})),
    ("bdl-9", bundle("document", COMPOSITION, timestamp=DOCUMENT["timestamp"], identifier={"value": "1"})),
    ("bdl-10", bundle("document", COMPOSITION, identifier=DOCUMENT["identifier"])),
    ("bdl-11", bundle("document", ENTRY, COMPOSITION, **DOCUMENT)),
    ("bdl-12", bundle("message", ENTRY)),
]

# Beside each the rules it keeps, by a hair.
KEPT: list[tuple[str, Document]] = [
    ("age-1", extension("valueAge", {"value": Decimal("0.5"), "code": "a", "system": UCUM})),
    (
        "att-1",
        patient(
            photo=[{"data": "QQ==", "_contentType": {"extension": [{"url": "http://example.org/e", "valueCode": "x"}]}}]
        ),
    ),
    ("att-1", patient(photo=[{"url": "http://a.b"}])),
    ("cnt-3", extension("valueCount", {"value": 2, "code": "1", "system": UCUM})),
    ("cpt-2", patient(telecom=[{"use": "home"}])),
    ("dis-1", extension("valueDistance", QUANTITY)),
    ("drq-1", extension("valueDataRequirement", {"type": "Patient", "codeFilter": [{"searchParam": "b"}]})),
    ("drt-1", extension("valueDuration", {"value": 1})),
    ("exp-1", extension("valueExpression", {"language": "text/cql", "reference": "http://a.b"})),
    ("per-1", extension("valuePeriod", {"start": "2024-02", "end": "2024-02-01"})),
    ("per-1", extension("valuePeriod", {"start": "2024-01-01T00:00:00+02:00", "end": "2023-12-31T22:00:00Z"})),
    ("per-1", extension("valuePeriod", {"start": "2024-01-02", "end": "2024-01-02T00:30:00+02:00"})),
    ("per-1", extension("valuePeriod", {"start": "2024-01-02"})),
    (
        "qty-3",
        extension("valueQuantity", {"code": "mm", "_system": {"extension": [{"url": "http://e", "valueCode": "x"}]}}),
    ),
    ("rng-2", extension("valueRange", {"low": {"value": 1}, "high": {"value": Decimal("1.0")}})),
    ("rng-2", extension("valueRange", {"low": {"value": 2, "unit": "mm"}, "high": {"value": 1, "unit": "cm"}})),
    ("rat-1", extension("valueRatio", {"numerator": LESS, "denominator": LESS})),
    ("sqty-1", observation(valueQuantity=LESS)),
    ("rat-1 ext-1", extension("valueRatio", {"extension": [{"url": "http://example.org/e", "valueCode": "unknown"}]})),
    (
        "tim-1 tim-2 tim-4 tim-5 tim-6 tim-7 tim-8",
        repeat(duration=0, durationUnit="d", durationMax=1, period=0, periodUnit="d", periodMax=1, count=1, countMax=2),
    ),
    ("tim-9", repeat(offset=5, when=["ACM"])),
    ("tim-10", repeat(timeOfDay=["12:00:00"])),
    ("trd-1 trd-3", extension("valueTriggerDefinition", {"type": "periodic", "timingDate": "2024"})),
    ("sev-1", event(name="a")),
    ("cpl-3", plan(reference={"reference": "DeviceRequest/1"})),
    (
        "con-1 con-2",
        condition(stage=[{"summary": {"text": "x"}}], evidence=[{"detail": [{"reference": "Observation/1"}]}]),
    ),
    ("con-4", condition(abatementDateTime="2024", clinicalStatus=coded(CLINICAL, "remission"))),
    ("con-5", condition(verificationStatus=coded(VERIFICATION, "entered-in-error"))),
    ("grp-1", group(actual=False)),
    ("mad-1", administration(rateQuantity={"value": 1})),
    ("obs-3 obs-6", observation(referenceRange=[{"text": "x"}], dataAbsentReason={"text": "x"})),
    ("obs-7", observation(valueString="x", component=[{"code": {"coding": [{"code": "a", "system": "http://b"}]}}])),
    (
        "org-1 org-2 org-3",
        organization(name=None, identifier=[{"value": "1"}], address=[{"use": "work"}], telecom=[{"use": "mobile"}]),
    ),
    ("pat-1", patient(contact=[{"organization": {"reference": "Organization/o1"}}])),
    ("prr-1", request(code={"text": "x"}, orderDetail=[{"text": "x"}])),
    ("bdl-1 bdl-2", bundle("searchset", {**ENTRY, "search": {"mode": "match"}}, total=1)),
    ("bdl-3", bundle("transaction", {**ENTRY, "request": POST})),
    (
        "bdl-3 bdl-4",
        bundle("history", {**ENTRY, "request": POST, "response": OK}, {**ENTRY, "request": POST, "response": OK}),
    ),
    ("bdl-4 bdl-5", bundle("batch-response", {"response": OK})),
    (
        "bdl-7",
        bundle(
            "collection",
            {"fullUrl": "http://a.b/1", "resource": patient(meta={"versionId": "1"})},
            {"fullUrl": "http://a.b/1", "resource": patient(meta={"versionId": "2"})},
        ),
    ),
    ("bdl-9 bdl-10 bdl-11", bundle("document", COMPOSITION, ENTRY, **DOCUMENT)),
    ("bdl-12", bundle("message", HEADER, ENTRY)),
    ("trd-2", extension("valueTriggerDefinition", {"type": "named-event", "name": "a"})),
    ("drq-2", extension("valueDataRequirement", {"type": "Patient", "dateFilter": [{"path": "a"}]})),
    ("bdl-8", bundle("collection", {**ENTRY, "fullUrl": "http://a.b/fhir_history/Patient/p1"})),
    ("con-3", condition(category=[PROBLEM], clinicalStatus=coded(CLINICAL, "active"))),
    ("con-3", condition(category=[PROBLEM], verificationStatus=coded(VERIFICATION, "entered-in-error"))),
]


@pytest.mark.parametrize(("key", "resource"), BROKEN)
def test_an_invariant_that_is_broken_is_the_only_finding(errors: Errors, key: str, resource: Document) -> None:
    assert [rule for _, rule in errors(resource)] == [key]


@pytest.mark.parametrize(("_keys", "resource"), KEPT)
def test_an_invariant_that_is_kept_narrowly_is_no_finding(
    errors: Errors, warnings: Errors, _keys: str, resource: Document
) -> None:
    assert errors(resource) == []
    assert "con-3" not in [rule for _, rule in warnings(resource)]


KNOWN = {invariant.key for of_type in INVARIANTS.values() for invariant in of_type}


def test_every_invariant_is_broken_once() -> None:
    assert {key for key, _ in BROKEN} | {"con-3"} == KNOWN


def test_every_invariant_is_kept_once() -> None:
    assert {key for keys, _ in KEPT for key in keys.split()} == KNOWN


def test_con_3_is_a_warning(errors: Errors, warnings: Errors) -> None:
    listed = condition(category=[PROBLEM])
    assert errors(listed) == []
    assert warnings(listed) == [("Condition", "con-3")]
    assert warnings(condition()) == []


def test_an_invariant_is_reported_at_the_element_it_belongs_to(errors: Errors) -> None:
    assert errors(bundle("transaction", {**ENTRY, "request": POST}, ENTRY)) == [("Bundle.entry[1]", "bdl-3")]
    assert errors(organization(address=[{"use": "home"}, {"use": "work"}, {"use": "home"}])) == [
        ("Organization.address[0]", "org-2"),
        ("Organization.address[2]", "org-2"),
    ]
    assert errors(organization(telecom=[{}, {"use": "home"}]))[-1] == ("Organization.telecom[1]", "org-3")
    found = errors(patient(name=[{"text": "A"}, {"text": "B", "period": {"start": "2024", "end": "2023"}}]))
    assert found == [("Patient.name[1].period", "per-1")]


@pytest.mark.parametrize("malformed", ["x", True, [], {}, None])
def test_malformed_numbers_never_raise_in_a_condition(errors: Errors, malformed: Any) -> None:
    assert errors(extension("valueRange", {"low": {"value": malformed}, "high": {"value": 1}}))
    assert errors(extension("valueRange", {"low": {"value": 1}, "high": {"value": malformed}}))
    assert errors(extension("valueAge", {"value": malformed, "code": "a", "system": UCUM}))
    assert errors(repeat(duration=malformed, durationUnit="d"))


@pytest.mark.parametrize("malformed", ["x", 1, True, [], {}, [None], {"value": "x"}, {"coding": "x"}])
@pytest.mark.parametrize(
    ("document", "name"),
    [
        (condition(), "clinicalStatus"),
        (condition(), "verificationStatus"),
        (observation(component=[{}]), "code"),
        (bundle("document"), "entry"),
        (bundle("document"), "identifier"),
        (organization(), "telecom"),
        (device(), "udiCarrier"),
        (group(), "member"),
    ],
)
def test_malformed_parts_never_raise_in_a_condition(
    errors: Errors, document: Document, name: str, malformed: Any
) -> None:
    assert errors({**document, name: malformed})
