"""The events of a request are valid FHIR and tell what it did, without values."""

from __future__ import annotations

from typing import Any

import pytest

from app.intake.verdict import judge
from app.profiles import Validator, load_profiles
from app.usage.audit_event import MOST_ENTITIES
from app.usage.audit_trail import events_of
from app.usage.record import begun
from app.usage.use import Kept, Use

VALIDATOR = Validator(load_profiles(), {})
NO_READ: dict[str, Any] = {"places": {}, "patients": {}}


def told(**noted: Any) -> list[dict[str, Any]]:
    record = begun(b"r-1", b"")
    record.use = Use(20, audited=True)
    given: dict[str, Any] = {
        "interaction": "read",
        "status": 200,
        "client": "10.0.0.7",
        "principal": "bloc",
        "patients": {"Patient/p1": None},
        "places": {"Procedure/a": None},
        "given": {"Procedure": 1},
        **noted,
    }
    for name, value in given.items():
        setattr(record.use, name, value)
    events = [each.resource for each in events_of(record)]
    for event in events:
        verdict = judge(VALIDATOR, event, "AuditEvent")
        assert verdict.issues == (), event
    return events


def references(event: dict[str, Any]) -> list[str]:
    return [each["what"]["reference"] for each in event["entity"] if "reference" in each.get("what", {})]


@pytest.mark.parametrize(
    ("noted", "action", "codes"),
    [
        ({"interaction": "read"}, "R", ["read"]),
        ({"interaction": "vread"}, "R", ["vread"]),
        ({"interaction": "history-instance"}, "R", ["history-instance"]),
        ({"interaction": "search-type"}, "E", ["search-type"]),
        ({"interaction": "query"}, "E", ["operation", "query"]),
        ({"interaction": "recall"}, "E", ["operation", "recall"]),
        ({"interaction": "create", "kept": [Kept("create", "Procedure/a")], **NO_READ}, "C", ["create"]),
        ({"interaction": "mutation", "kept": [Kept("update", "Procedure/a")], **NO_READ}, "U", ["update"]),
        ({"interaction": "patch", "kept": [Kept("update", "Procedure/a")], **NO_READ}, "U", ["patch"]),
        ({"interaction": "delete", "kept": [Kept("delete", "Procedure/a")], **NO_READ}, "D", ["delete"]),
        ({"interaction": "create", "status": 422, **NO_READ}, "C", ["create"]),
        ({"interaction": "create", "status": 422}, "R", ["read"]),
        ({"interaction": "", "status": 401, **NO_READ}, "E", ["operation", "none"]),
    ],
)
def test_an_event_has_fhirs_action_and_word(noted: dict[str, Any], action: str, codes: list[str]) -> None:
    (event,) = told(**noted)
    assert event["action"] == action
    assert [each["code"] for each in event["subtype"]] == codes


@pytest.mark.parametrize(
    ("noted", "outcome"),
    [
        ({}, "0"),
        ({"errors": {"not-found": 2}}, "4"),
        ({"status": 403, "errors": {"forbidden": 1}}, "4"),
        ({"status": 500}, "8"),
        ({"status": 0}, "4"),
    ],
)
def test_an_event_tells_how_it_ended(noted: dict[str, Any], outcome: str) -> None:
    (event,) = told(**noted)
    assert event["outcome"] == outcome
    assert event.get("outcomeDesc", "") == ", ".join(noted.get("errors", ()))


def test_an_event_names_who_asked_the_patients_the_resources_and_the_request() -> None:
    (event,) = told(operation="Page", document="sha256:00")
    assert event["agent"][0]["who"] == {"identifier": {"value": "bloc"}}
    assert event["agent"][0]["network"]["address"] == "10.0.0.7"
    assert [each["requestor"] for each in event["agent"]] == [True, False]
    assert references(event) == ["Patient/p1", "Procedure/a"]
    assert event["entity"][-1]["what"] == {"identifier": {"value": "r-1"}}
    details = {each["type"]: each["valueString"] for each in event["entity"][2]["detail"]}
    assert details == {"operation": "Page", "document": "sha256:00", "given Procedure": "1"}


def test_a_request_that_reads_and_writes_has_an_event_of_each_kind() -> None:
    events = told(
        interaction="mutation",
        kept=[Kept("create", "Patient/n"), Kept("update", "Device/d"), Kept("create", "Device/e")],
    )
    assert [(each["action"], references(each)) for each in events] == [
        ("C", ["Patient/p1", "Patient/n", "Device/e"]),
        ("U", ["Patient/p1", "Device/d"]),
        ("E", ["Patient/p1", "Procedure/a"]),
    ]


def test_what_is_written_without_being_read_names_its_patients() -> None:
    (event,) = told(interaction="create", kept=[Kept("create", "Procedure/n")], places={})
    assert references(event) == ["Patient/p1", "Procedure/n"]


def test_more_places_than_an_event_has_room_for_are_told_in_several() -> None:
    many = {f"Procedure/{number}": None for number in range(2 * MOST_ENTITIES)}
    parts = [references(each) for each in told(places=dict(many))]
    assert [len(each) for each in parts] == [MOST_ENTITIES, MOST_ENTITIES, 1]
    assert {place for each in parts for place in each} == {"Patient/p1", *many}


def test_a_client_without_a_name_is_one() -> None:
    (event,) = told(principal="", client="")
    assert event["agent"][0]["who"] == {"display": "a client without a name"}
