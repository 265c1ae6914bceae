from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import patient, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    Errors = Callable[[Any], list[tuple[str, str]]]

EXTENSION = [{"url": "http://example.org/e", "valueString": "x"}]


@pytest.mark.parametrize(
    "changes",
    [
        {"deceasedBoolean": True, "deceasedDateTime": "2024"},
        {"deceasedBoolean": True, "_deceasedDateTime": {"extension": EXTENSION}},
        {"_deceasedBoolean": {"extension": EXTENSION}, "_deceasedDateTime": {"extension": EXTENSION}},
    ],
)
def test_two_types_at_once_are_refused_also_through_the_sibling(errors: Errors, changes: dict[str, Any]) -> None:
    assert errors(patient(**changes)) == [("Patient.deceased", "R4#Patient.deceased.choice")]


def test_one_type_with_its_own_sibling_is_one_type(errors: Errors) -> None:
    assert errors(patient(deceasedBoolean=False, _deceasedBoolean={"extension": EXTENSION})) == []


def test_a_required_choice_that_is_missing_is_named_without_a_type(errors: Errors) -> None:
    request = {
        "resourceType": "DeviceRequest",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
    }
    assert errors(request) == [("DeviceRequest.code", "R4#DeviceRequest.code.min")]


def test_a_required_choice_may_be_there_by_its_extensions_alone(errors: Errors) -> None:
    detail = {"type": "x", "_valueString": {"extension": EXTENSION}}
    event = {
        "resourceType": "AuditEvent",
        "type": {"code": "x"},
        "recorded": "2024-01-01T00:00:00Z",
        "agent": [{"requestor": True}],
        "source": {"observer": {"display": "x"}},
        "entity": [{"detail": [detail]}],
    }
    assert errors(event) == []


def test_a_type_the_choice_does_not_have_is_unknown(errors: Errors) -> None:
    found = errors(procedure(performedDateTime=None, performedInstant="2024-01-01T00:00:00Z"))
    assert found == [
        ("Procedure.performedInstant", "R4#Procedure.performedInstant.unknown"),
        ("Procedure.performed", "dmi-procedure#Procedure.performed[x].min"),
    ]
