"""Random stored resources: elements of the FHIR definitions, with values that fit, that are missing and that do not.

A document always has what a store gives it: `resourceType`, `id`, and a `meta` with versionId and lastUpdated. All else
may be anything that JSON can say.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.fhir import json
from app.fhir.elements import UnknownType, type_definition
from app.fhir.served import SERVED
from tests.exactness.references import BASE, CONTAINED, IDS, OWN, URLS, reference, shared_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.fhir.elements import Element
    from app.fhir.resource import Json, Resource
    from tests.exactness.chance import Chance

META: Final = {"versionId": "1", "lastUpdated": "2024-02-29T10:00:00.000Z"}
TEXTS: Final = ("x", "official", "élan", "", "urn:x", "2024-02-29", "true", "7")
"""What texts are made of, and what lists are navigated by."""

_LINKING: Final = ("Procedure", "Patient", "Device", "Bundle", "Observation", "AuditEvent", "Provenance", "Encounter")
_TARGETS: Final = ("Patient", "Practitioner", "Organization", "Device", "Encounter", "Location", "Procedure")
_DEEPEST: Final = 4
_LONG: Final = 40
"""A list this many times as long has more items than an executor may build without giving others a turn."""

_PRIMITIVES: Final[Mapping[str, tuple[Json, ...]]] = {
    "boolean": (True, False),
    "integer": (0, 7, -1, 2**31 - 1, -(2**31)),
    "positiveInt": (1, 7),
    "unsignedInt": (0, 7),
    "decimal": (Decimal("1.50"), Decimal("-0.0"), Decimal("1E+3"), 2),
    "date": ("2024-02-29", "2024-02", "2024"),
    "dateTime": ("2024-02-29", "2024-02-29T13:28:17+01:00"),
    "instant": ("2024-02-29T13:28:17.123Z",),
    "xhtml": ('<div xmlns="http://www.w3.org/1999/xhtml">x</div>',),
}
_NEAR: Final[Mapping[str, tuple[Json, ...]]] = {
    "boolean": (1, 0, "true", "", [True]),
    "integer": (2**31, -(2**31) - 1, Decimal("1.0"), Decimal("1.5"), "7", "", True),
    "id": (7, True, Decimal("1.50"), 2**70),
    "string": (7, True, Decimal("1.50"), 2**70, ["x"], {"x": 1}),
}
"""Values that nearly fit a primitive, which GraphQL coerces or refuses."""

_ODD: Final = (
    *("null", '""', '"x"', "0", "7", "true", "false", "1.50", "1e400", "2147483648", "1" + "0" * 30, "-7", "{}", "[]"),
    *("[null]", "[[]]", '[["x"]]', '{"id": null}', '{"id": {}}', '{"x": 1}', '["x", 7]', '[{"id": "x"}]', "[false]"),
    *('{"reference": "Patient/a"}', '{"resourceType": "Patient"}', '{"resourceType": 7}', '{"value": "x"}', "[{}, 7]"),
)


@dataclass
class Written:
    """Random documents in several versions, and which elements occur in any of them: the type of each, as GraphQL calls
    it, and its names. `linked` documents are full of references, many of them the same."""

    linked: bool
    versions: list[dict[tuple[str, str], Resource]] = field(default_factory=list)
    elements: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The types and ids of the documents, which all versions have."""
        return list(self.versions[0])


def documents(chance: Chance) -> Written:
    """A few documents, each under a type and an id of its own: some that have nothing to do with each other, or all of
    a type and some that they refer to."""
    written = Written(linked=chance.happens(50))
    if written.linked:
        type_name = chance.one((*_LINKING, "Bundle"))
        keys = {(type_name, id_): True for id_ in IDS} | {(chance.one(_TARGETS), "a"): True}
    else:
        types = _LINKING if chance.happens(65) else SERVED
        keys = {(chance.one(types), chance.one(IDS)): True for _ in range(1 + chance.below(3))}
    writing = _Writing(chance, written, misfits=20 if chance.happens(35) else 4)
    for _ in range(1 + chance.below(6)):
        written.versions.append({key: writing.document(*key) for key in keys})
    return written


class _Writing:
    """Writes random documents, `misfits` of a hundred values in them being odd."""

    def __init__(self, chance: Chance, written: Written, *, misfits: int) -> None:
        self._chance = chance
        self._elements = written.elements
        self._linked = written.linked
        self._misfits = misfits
        self._inside = (chance.one(_TARGETS), chance.one(_TARGETS))  # types of resources inside linked ones
        self._in_bundle = False

    def document(self, type_name: str, id_: str) -> Resource:
        head = {"resourceType": type_name, "id": id_, "meta": META}
        # As a store gives it back: a value that JSON cannot say does not get there.
        document: Resource = json.decode(json.encode({**head, **self._resource(type_name, 0), **head}))
        return document

    def _resource(self, type_name: str, depth: int) -> dict[str, Json]:
        chance, body = self._chance, self._object(type_name, depth)
        if depth == 0 and chance.happens(70 if self._linked else 30):
            self._elements[type_name].add("contained")
            body["contained"] = [self._inner(id_, depth + 1) for id_ in CONTAINED[: 1 + chance.below(2)]]
        if type_name == "Bundle" and depth < 2 and chance.happens(90):
            self._elements[type_name].add("entry")
            body["entry"] = [self._entry(depth + 1) for _ in range(1 + chance.below(3))]
        return body

    def _inner(self, id_: str, depth: int) -> Json:
        """A resource inside another one, also of a type that is not served, or of none."""
        if self._chance.happens(self._misfits):
            return self._odd()
        types = self._inside if self._linked else (*_LINKING, *SERVED, "Medication", "OperationOutcome", "Unheard")
        type_name = self._chance.one(types)
        return {**self._resource(type_name, depth), "resourceType": type_name, "id": id_}

    def _entry(self, depth: int) -> dict[str, Json]:
        self._elements["BundleEntry"] |= {"fullUrl", "resource"}
        self._in_bundle = True
        resource = self._inner(self._chance.one(IDS), depth)
        self._in_bundle = False
        return {"resource": resource, **({"fullUrl": self._chance.one(URLS)} if self._chance.happens(90) else {})}

    def _object(self, type_name: str, depth: int) -> dict[str, Json]:
        try:
            elements = type_definition(type_name).elements
        except UnknownType:
            return {"text": "x"}
        body: dict[str, Json] = {}
        for name in self._names(type_name, elements, depth):
            self._elements[type_name].add(name)
            body[name] = self._value(elements[name], depth + 1)
            if elements[name].primitive and name != "id" and self._chance.happens(15):
                self._elements[type_name].add(f"_{name}")
                body[f"_{name}"] = self._sibling(elements[name], depth + 1)
        return body

    def _names(self, type_name: str, elements: Mapping[str, Element], depth: int) -> list[str]:
        """Which elements an object has; often the same as others of its type."""
        chance = self._chance
        known = [name for name in elements if name in self._elements[type_name]]
        links = [name for name, element in elements.items() if element.type in ("Reference", "Resource")]
        any_ = chance.some(known if known and chance.happens(60) else elements, 10 if depth == 0 else 3)
        return any_ + chance.some(links, (4 if self._linked else 1) if depth < 2 else 0)

    def _value(self, element: Element, depth: int) -> Json:
        chance = self._chance
        if chance.happens(self._misfits):
            return self._odd()
        if not element.many:
            return self._single(element, depth)
        items = [self._item(element, depth) for _ in range(chance.below(4))]
        return items * _LONG if chance.happens(2) else items

    def _item(self, element: Element, depth: int) -> Json:
        turn = self._chance.below(100)
        if turn >= 92:
            return None
        return self._odd() if turn >= 92 - self._misfits // 2 else self._single(element, depth)

    def _single(self, element: Element, depth: int) -> Json:
        if element.primitive:
            return self._primitive(element)
        if element.type == "Reference":
            self._elements["Reference"] |= {"reference", "resource"}
            if self._linked:
                return shared_reference(self._chance, element.targets, in_bundle=self._in_bundle)
            return reference(self._chance, element.targets)
        if element.type == "Identifier" and self._chance.happens(60):
            self._elements["Identifier"] |= {"system", "value"}
            return {"system": OWN, "value": self._chance.one(TEXTS), "use": self._chance.one(("official", "x"))}
        if element.type == "Resource":
            return self._inner("in0", depth)
        return self._object(element.type, depth) if depth < _DEEPEST else {}

    def _primitive(self, element: Element) -> Json:
        if self._chance.happens(self._misfits):
            return self._chance.one(_NEAR.get(element.type, _NEAR["string"]))
        if element.name in ("url", "system", "profile"):
            return self._chance.one(("urn:x", "urn:y", BASE))
        return self._chance.one(element.codes or _PRIMITIVES.get(element.type, TEXTS))

    def _sibling(self, element: Element, depth: int) -> Json:
        """The ids and extensions of a primitive."""
        self._elements["ElementBase"] |= {"id", "extension"}
        one: dict[str, Any] = {"id": "e1", "extension": [self._object("Extension", depth + 1)]}
        if self._chance.happens(self._misfits):
            return self._odd()
        return [None, one] if element.many else one

    def _odd(self) -> Json:
        """A value that fits nowhere, or only by chance."""
        return json.decode(self._chance.one(_ODD))
