"""References of every kind: what leads to a resource, what leads nowhere, and what is no reference at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.fhir.served import SERVED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.fhir.resource import Json
    from tests.exactness.chance import Chance

BASE: Final = "http://localhost/fhir"
"""The address of this server's resources."""

IDS: Final = ("a", "b", "c")
"""The ids of the resources of each type that the store holds."""

CONTAINED: Final = ("in0", "in1")
URLS: Final = ("urn:uuid:0", "urn:uuid:1", f"{BASE}/Patient/a", "http://elsewhere/fhir/Patient/a")
"""The fullUrls of a Bundle's entries."""

OWN: Final = "urn:own"
SHARED: Final = "urn:shared"
"""Systems of identifiers: in OWN every resource has its id as value, in SHARED all of a type have the value "x"."""

_FORMS: Final = (
    *["{type}/{id}"] * 12,
    BASE + "/{type}/{id}",
    "{type}/{id}/_history/1",
    "{type}/{id}/_history/9",
    "http://elsewhere/{type}/{id}",
    "{type}/gone",
    "Medication/{id}",
    "#in0",
    "#in1",
    "#",
    "#gone",
    "urn:uuid:0",
    "urn:uuid:1",
    "urn:uuid:gone",
    "Patient?identifier=x",
    "",
)
_NO_REFERENCES: Final[tuple[Json, ...]] = (
    {},
    {"reference": 7},
    {"reference": None},
    {"reference": ["Patient/a"]},
    {"identifier": {"value": 7}},
    {"identifier": []},
    {"type": "Patient"},
    {"display": "?"},
)


_SHARED_FORMS: Final = (
    *["{type}/a"] * 6,
    *["#in0"] * 4,
    *("{type}/b", "{type}/gone", "{type}/gone", "#in1", "#gone", "urn:uuid:0", "urn:uuid:1", "Group/a"),
)


def shared_reference(chance: Chance, targets: Sequence[str], *, in_bundle: bool) -> dict[str, Any]:
    """The same, where many references are equal, in a Bundle also to its entries."""
    if in_bundle and chance.happens(60):
        return {"reference": URLS[0]}
    if chance.happens(15):
        return reference(chance, targets)
    type_name = next((name for name in targets if name in SERVED), "Patient")
    if chance.happens(8):
        return {"type": type_name, "identifier": {"system": SHARED, "value": "x"}}
    return {"reference": chance.one(_SHARED_FORMS).format(type=type_name)}


def reference(chance: Chance, targets: Sequence[str]) -> dict[str, Any]:
    """The value of an element of type Reference that may point at those types."""
    served = [name for name in targets if name in SERVED] or list(SERVED)
    type_name = chance.one(served) if chance.happens(90) else chance.one(SERVED)
    if chance.happens(6):
        return dict(chance.one(_NO_REFERENCES))
    found = _logical(chance, type_name) if chance.happens(18) else _literal(chance, type_name)
    return {**found, "display": "D"} if chance.happens(20) else found


def _literal(chance: Chance, type_name: str) -> dict[str, Any]:
    literal = {"reference": chance.one(_FORMS).format(type=type_name, id=chance.one(("a", *IDS)))}
    return {**literal, **_logical(chance, type_name)} if chance.happens(5) else literal


def _logical(chance: Chance, type_name: str) -> dict[str, Any]:
    identifier = chance.one(
        (
            {"system": OWN, "value": f"{type_name}-{chance.one(IDS)}"},
            {"system": OWN, "value": "gone"},
            {"system": SHARED, "value": "x"},
            {"value": f"{type_name}-a"},
        )
    )
    return {"type": type_name, "identifier": identifier} if chance.happens(70) else {"identifier": identifier}
