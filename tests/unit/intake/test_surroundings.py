from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.intake.surroundings import surroundings
from tests.builders import device, organization, patient, practitioner, procedure

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tests.builders import Document


class Shelf:
    """A reader of these resources that notes what it was asked for. Types that are `hidden` may not be read."""

    def __init__(self, *resources: Document, hidden: Collection[str] = ()) -> None:
        self._resources = resources
        self._hidden = hidden
        self.asked: list[tuple[str, list[str]]] = []

    @property
    def whole(self) -> Shelf:
        return Shelf(*self._resources)

    def readable(self, type: str) -> bool:  # noqa: A002 - FHIR's word
        return type not in self._hidden

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Any]:  # noqa: A002 - FHIR's word
        self.asked.append((type, list(ids)))
        return {each["id"]: each for each in self._resources if each["resourceType"] == type and each["id"] in ids}


EVERYTHING = (patient(), practitioner(), organization(), device())


async def test_a_procedure_whose_references_are_all_there_has_no_issue() -> None:
    assert await surroundings(Shelf(*EVERYTHING), procedure(), "warn") == ()


async def test_each_missing_target_is_a_warning_at_its_place() -> None:
    issues = await surroundings(Shelf(patient()), procedure(), "warn")
    assert [(issue.severity, issue.expression) for issue in issues] == [
        ("warning", "Procedure.performer[0].actor"),
        ("warning", "Procedure.performer[0].onBehalfOf"),
        ("warning", "Procedure.focalDevice[0].manipulated"),
    ]


async def test_a_missing_target_is_an_error_where_references_are_enforced() -> None:
    issues = await surroundings(Shelf(*EVERYTHING[1:]), procedure(), "enforce")
    assert [(issue.severity, issue.code) for issue in issues] == [("error", "not-found")]


async def test_a_missing_target_is_nothing_where_references_are_ignored() -> None:
    assert await surroundings(Shelf(), procedure(), "ignore") == ()


async def test_what_has_to_agree_is_still_looked_up_where_references_are_ignored() -> None:
    shelf = Shelf(patient(birthDate="2024-03-01"))
    (issue,) = await surroundings(shelf, procedure(), "ignore")
    assert issue.rule == "procedure-before-birth"
    assert sorted(type_ for type_, _ in shelf.asked) == ["Device", "Patient"]


async def test_an_absolute_reference_to_this_server_is_looked_up_as_the_relative_one() -> None:
    there = procedure(subject={"reference": "https://dmi.example/fhir/Patient/p1"})
    gone = procedure(subject={"reference": "https://dmi.example/fhir/Patient/gone"})
    shelf = Shelf(*EVERYTHING)
    assert await surroundings(shelf, there, "enforce", "https://dmi.example/fhir") == ()
    (issue,) = await surroundings(shelf, gone, "enforce", "https://dmi.example/fhir")
    assert issue.expression == "Procedure.subject"


async def test_a_great_many_missing_targets_are_counted_beyond_a_cap() -> None:
    reasons = [{"reference": f"Condition/c{number}"} for number in range(2_000)]
    issues = await surroundings(Shelf(*EVERYTHING), procedure(reasonReference=reasons), "warn")
    assert len(issues) == 501
    assert "1500" in issues[-1].en


async def test_each_type_is_read_once() -> None:
    used = [{"reference": f"Device/d{n}"} for n in range(3)]
    shelf = Shelf(*EVERYTHING)
    await surroundings(shelf, procedure(usedReference=used), "warn")
    assert sorted(shelf.asked) == [
        ("Device", ["d0", "d1", "d2"]),
        ("Organization", ["o1"]),
        ("Patient", ["p1"]),
        ("Practitioner", ["s1"]),
    ]


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "#inside"},
        {"reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},
        {"reference": "http://elsewhere.example/fhir/Patient/p9"},
        {"reference": "Medication/m"},
        {"identifier": {"value": "7"}},
        {"display": "somebody"},
    ],
)
async def test_what_is_not_kept_here_is_not_looked_up(reference: Document) -> None:
    shelf = Shelf(*EVERYTHING)
    assert await surroundings(shelf, procedure(subject=reference), "enforce") == ()


async def test_what_stands_in_a_contained_resource_is_not_looked_up() -> None:
    inside = {"resourceType": "Encounter", "id": "e", "subject": {"reference": "Patient/gone"}}
    assert await surroundings(Shelf(*EVERYTHING), procedure(contained=[inside]), "enforce") == ()


async def test_a_procedure_that_does_not_agree_with_its_patient_and_device_is_warned_of() -> None:
    shelf = Shelf(
        patient(birthDate="2024-03-01"),
        device(expirationDate="2023-12-31", patient={"reference": "Patient/other"}),
        practitioner(),
        organization(),
    )
    issues = await surroundings(shelf, procedure(), "warn")
    assert {issue.severity for issue in issues} == {"warning"}
    assert [issue.rule for issue in issues] == [
        "procedure-before-birth",
        "device-expired",
        "device-of-another-patient",
    ]


@pytest.mark.parametrize(("policy", "rules"), [("warn", []), ("enforce", ["reference-exists"] * 2)])
async def test_of_types_that_the_sender_may_not_read_only_a_missing_one_is_told(policy: Any, rules: list[str]) -> None:
    born_after = patient(birthDate="2025-01-01")
    shelf = Shelf(born_after, organization(), hidden=("Patient", "Practitioner", "Device"))
    assert [issue.rule for issue in await surroundings(shelf, procedure(), policy)] == rules
    assert {type_ for type_, _ in shelf.asked} == {"Organization"}
