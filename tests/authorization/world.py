"""What the store holds: of every served type resources about patient a and about patient b, that refer to each other.

| id | about     | all its other references lead to |
|----|-----------|----------------------------------|
| a  | patient a | resources with the id a          |
| b  | patient b | resources with the id b          |
| ab | patient a | resources with the id b          |
| ba | patient b | resources with the id a          |

What is about patient b carries SECRET. Types that tell of no patient (SHARED) and patients have the ids a and b only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.fhir.elements import UnknownType, type_definition
from app.fhir.served import SERVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.elements import Element
    from tests.builders import Document

SECRET: Final = "urn:secret:of-patient-b"
SYSTEM: Final = "urn:own"
BASE: Final = "https://dmi.example/fhir"

SHARED: Final = ("Practitioner", "PractitionerRole", "Organization", "DeviceDefinition", "Location")
ABOUT: Final[Mapping[str, str]] = {
    "Procedure": "subject",
    "Encounter": "subject",
    "Condition": "subject",
    "Observation": "subject",
    "DiagnosticReport": "subject",
    "DocumentReference": "subject",
    "ServiceRequest": "subject",
    "CarePlan": "subject",
    "RelatedPerson": "patient",
    "MedicationAdministration": "subject",
    "SupplyRequest": "deliverTo",
    "SupplyDelivery": "patient",
    "DeviceRequest": "subject",
    "Invoice": "subject",
    "Device": "patient",
}
"""Type → the element that says whom a resource is about: HL7's page on the patient compartment, and Device.patient."""
OUTSIDE: Final = ("Group", "AuditEvent", "Provenance", "Bundle")

Path = tuple[str, ...]

_DEEPEST: Final = 4
_PASSED_OVER: Final = ("Extension", "Meta", "Narrative", "Resource", "ElementDefinition")


def documents() -> list[Document]:
    """Everything in the store."""
    return [_document(name, id_) for name in SERVED for id_ in ids(name)]


def ids(name: str) -> tuple[str, ...]:
    """The ids that resources of a type have."""
    return ("a", "b") if name in (*SHARED, "Patient") else ("a", "b", "ab", "ba")


def references(name: str) -> list[tuple[Path, str]]:
    """Every path of a type to a reference, but for the one that says whom it is about, with the type it leads to."""
    found = [(path, _target(element)) for path, element in _paths(name, (), ()) if path != (ABOUT.get(name),)]
    return [(path, target) for path, target in found if target]


def selection(paths: Mapping[Path, str]) -> str:
    """The selection of what stands at some paths, each followed by its own selection."""
    tree: dict[str, Any] = {}
    for path, inner in paths.items():
        node = tree
        for step in path[:-1]:
            node = node.setdefault(step, {})
        node[path[-1]] = inner
    return _selected(tree)


def at(document: Any, path: Path) -> Any:
    """What stands at a path of an answer, in the first item of each list."""
    for step in path:
        document = document[0] if isinstance(document, list) else document
        document = document[step]
    return document[0] if isinstance(document, list) else document


def _selected(tree: Mapping[str, Any]) -> str:
    parts = (f"{name} {{ {_selected(inner) if isinstance(inner, dict) else inner} }}" for name, inner in tree.items())
    return " ".join(parts)


def _document(name: str, id_: str) -> Document:
    about, others = id_[0], id_[-1]
    document: Document = {"resourceType": name, "id": id_}
    if about == "b" and name not in SHARED:
        document["implicitRules"] = SECRET
    for path, target in references(name):
        _put(document, name, path, {"reference": f"{target}/{others}"})
    if name in ABOUT:
        document[ABOUT[name]] = {"reference": f"Patient/{about}"}
    identifier = type_definition(name).elements.get("identifier")
    if identifier:
        _put(document, name, ("identifier", "system"), SYSTEM)
        _put(document, name, ("identifier", "value"), f"{name}-{id_}")
    if name == "Procedure":
        document["reasonReference"] = _forms("Condition", others)
    return {**document, **_MORE.get(name, {})}


def _forms(name: str, id_: str) -> list[Document]:
    """All ways in which a reference names a resource of the store."""
    literal = (f"{name}/{id_}", f"{BASE}/{name}/{id_}", f"{name}/{id_}/_history/1", f"{BASE}/{name}/{id_}/_history/1")
    logical = {"type": name, "identifier": {"system": SYSTEM, "value": f"{name}-{id_}"}}
    return [*({"reference": each} for each in literal), logical]


_MORE: Final[Mapping[str, Document]] = {
    "Procedure": {"status": "completed", "performedDateTime": "2024-02-29"},
    "Device": {"lotNumber": "LOT-1"},
    "AuditEvent": {"outcome": "8"},
}
"""What recalls and statistics go by."""


def _put(document: Any, type_name: str, path: Path, value: Any) -> None:
    """Put a value at a path of a document, in one item of each list."""
    for step in path[:-1]:
        element = type_definition(type_name).elements[step]
        document = document.setdefault(step, [{}] if element.many else {})
        document = document[0] if element.many else document
        type_name = element.type
    many = type_definition(type_name).elements[path[-1]].many
    document[path[-1]] = [value] if many else value


def _paths(type_name: str, path: Path, above: tuple[str, ...]) -> Iterator[tuple[Path, Element]]:
    try:
        elements = type_definition(type_name).elements.values()
    except UnknownType:
        return
    for element in elements:
        here = (*path, element.name)
        if element.type == "Reference":
            yield here, element
        elif not element.primitive and element.type not in (*_PASSED_OVER, *above) and len(here) < _DEEPEST:
            yield from _paths(element.type, here, (*above, element.type))


def _target(element: Element) -> str | None:
    """The type that a reference leads to here: the first one that is about patients, else the first that is served."""
    served = [target for target in element.targets if target in SERVED]
    if "Resource" in element.targets or not element.targets:
        return "Observation"
    return next((target for target in served if target in ABOUT), served[0] if served else None)
