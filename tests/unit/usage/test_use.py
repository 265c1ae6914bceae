from __future__ import annotations

from typing import Any

import pytest

from app.search.algebra import Position
from app.store.repository import Page, Row, Stored, Version, Write
from app.usage.command import Command
from app.usage.use import Kept, Use
from tests.builders import device, patient, procedure

P1, ONE = patient(), procedure(id="a")


def page(*resources: dict[str, Any]) -> Page:
    return Page([Row(each, Position((), each["id"])) for each in resources], has_previous=False, has_next=False)


def version(resource: dict[str, Any] | None) -> Version:
    return Version("Procedure", "a", 1, "2024-01-01T00:00:00Z", "", "create", resource)


def use_after(method: str, type_name: str, answer: Any, *arguments: Any, most: int = 20) -> Use:
    use = Use(most, audited=True)
    use.did(Command(method, type_name, arguments, 0, 1, answer))
    return use


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("read", {"a": ONE}),
        ("search", page(ONE)),
        ("related", [page(), page(ONE)]),
        ("version", version(ONE)),
        ("history", [version(ONE)]),
    ],
)
def test_what_a_command_gives_is_noted_with_the_patient_whom_it_is_about(method: str, answer: Any) -> None:
    use = use_after(method, "Procedure", answer)
    assert list(use.ids["Procedure"]) == ["a"]
    assert use.given == {"Procedure": 1}
    assert list(use.patients) == ["Patient/p1"]


@pytest.mark.parametrize(
    ("method", "answer"),
    [("count", 7), ("version", None), ("tally", []), ("heads", {}), ("read", {}), ("search", page())],
)
def test_a_command_that_gives_no_resource_names_its_type(method: str, answer: Any) -> None:
    use = use_after(method, "Procedure", answer)
    assert use.given == {"Procedure": 0}
    assert not any(use.ids.values())


def test_ids_beyond_the_cap_are_counted_and_their_patients_noted() -> None:
    use = use_after(
        "search", "Device", page(*(device(id=f"d{n}", patient={"reference": f"Patient/{n}"}) for n in range(5))), most=2
    )
    assert list(use.ids["Device"]) == ["d0", "d1"]
    assert use.given == {"Device": 5}
    assert len(use.patients) == 5


@pytest.mark.parametrize(
    "subject", [None, "Patient/p1", {"reference": "Group/g"}, {"reference": 7}, {"display": "Zoé"}]
)
def test_whom_no_reference_names_is_nobody(subject: Any) -> None:
    assert use_after("read", "Procedure", {"a": procedure(id="a", subject=subject)}).patients == {}


def test_what_is_stored_is_noted_and_what_is_not_is_not() -> None:
    writes = [Write("Patient", each, None) for each in ("new", "old", "gone", "same")]
    stored = [Stored(P1, 1), Stored(P1, 2), Stored(None, 3), Stored(P1, 1, changed=False)]
    use = use_after("write", "", stored, writes)
    assert use.kept == [Kept("create", "Patient/new"), Kept("update", "Patient/old"), Kept("delete", "Patient/gone")]
    assert list(use.patients) == ["Patient/new", "Patient/old", "Patient/gone"]


def test_of_a_command_that_failed_the_type_is_noted() -> None:
    assert use_after("read", "Patient", None).given == {"Patient": 0}
    assert use_after("write", "", None, []).kept == []
