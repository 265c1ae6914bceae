from __future__ import annotations

import pytest

from app.access.scopes import INTERACTIONS, Interaction, Scope, scopes_of
from app.fhir.served import SERVED

CRUDS: frozenset[Interaction] = frozenset(INTERACTIONS)
READ: frozenset[Interaction] = frozenset({"r", "s"})


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("system/Procedure.cruds", Scope(patient=False, type="Procedure", interactions=CRUDS)),
        ("user/Patient.r", Scope(patient=False, type="Patient", interactions=frozenset({"r"}))),
        ("patient/*.rs", Scope(patient=True, type="*", interactions=READ)),
        ("patient/*.read", Scope(patient=True, type="*", interactions=READ)),
        ("system/Device.write", Scope(patient=False, type="Device", interactions=frozenset({"c", "u", "d"}))),
        ("user/Device.*", Scope(patient=False, type="Device", interactions=CRUDS)),
        (
            "user/Condition.rs?category=x|y&z",
            Scope(patient=False, type="Condition", interactions=READ, query="category=x|y&z"),
        ),
    ],
)
def test_scopes_of_both_versions_are_understood(text: str, scope: Scope) -> None:
    assert list(scopes_of([text])) == [scope]


def test_other_scopes_are_passed_over() -> None:
    assert not list(scopes_of(["openid", "offline_access", "launch/patient", "system/Medication.rs", "user/*.sr", ""]))


def test_a_star_is_every_served_type() -> None:
    [scope] = scopes_of(["user/*.rs"])
    assert scope.types == SERVED
