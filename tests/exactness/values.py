"""Random values of arguments: what is likely to find something, what finds nothing, and what is refused."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.fhir.served import SERVED
from app.schema.reverse import referring
from app.search.algebra import And, Position
from app.search.cursor import BEFORE, encode, end, fingerprint
from app.search.parameters import parameters
from tests.exactness.documents import TEXTS
from tests.exactness.references import BASE, IDS, OWN, SHARED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.fhir.resource import Json
    from tests.exactness.chance import Chance

_NAMED: Final[Mapping[str, Sequence[Json]]] = {
    "id": IDS,
    "_count": (1, 2, 3),
    "first": (1, 2, 3),
    "last": (1, 2, 3),
    "_offset": (0, 1, 2),
    "_sort": ("_id", "-_id", "_lastUpdated", "-_lastUpdated,_id"),
    "_filter": ("_id eq a", "not (_id eq b)", "_id eq a or _id eq c", "_id eq nowhere"),
    "type": ("Patient", "Device", "Practitioner", "Organization", "Procedure", "Medication"),
    "fhirpath": (
        *("id.exists()", "true", "false", "$this is string", "code.exists()", "extension.exists()", "use = 'official'"),
        *("value.length() > 1", "where(id = 'x').exists()", "x.y.z", "'text'", "extension('urn:x').exists()"),
    ),
    "url": ("urn:x", "urn:y", BASE),
    "system": ("urn:x", OWN, SHARED),
    "from": ("2024-01-01", "2024"),
    "to": ("2024-12-31", "2025"),
    "lot": (["LOT-1"], ["LOT-1", None], ["nowhere"]),
    "_id": (["a"], ["a,b"], ["a", "c"], ["gone"], "b"),
    "ifMatch": ('W/"1"', 'W/"9"'),
    "version": ("1", "9", "x"),
    "asOf": ("2024-02-29", "2024-03-01T00:00:00Z", "2020", "x"),
}
_REFUSED: Final[Mapping[str, Sequence[Json]]] = {
    "id": ("gone", "", "#"),
    "_count": (0, -1, 1001),
    "first": (0, -1, 1001),
    "last": (0, -1),
    "_offset": (-1, 100_001),
    "_sort": ("nonsense", "", "_id,_id"),
    "_filter": ("nonsense((", ""),
    "type": ("x", ""),
    "fhirpath": ("nonsense(", "repeat(children())", "", "id.matches('x')"),
    "from": ("nonsense",),
    "lot": ([None], []),
}
"""What finds nothing or is refused."""

_BY_TYPE: Final[Mapping[str, Sequence[Json]]] = {
    "Int": (0, 1, 7, -1, 2**31 - 1),
    "Boolean": (True, False),
    "String": TEXTS,
    "ID": IDS,
    "[String]": (
        ["x"],
        ["Patient/a"],
        ["x,a", "a"],
        "x",
        ["eq2024"],
        ["2024-02-29"],
        [f"{OWN}|x"],
        ["true"],
        [None],
        [],
    ),
    "FHIR": ({"resourceType": "Patient"},),
}
_MISFITS: Final[Sequence[Json]] = ("x", 7, True, Decimal("1.5"), 2**31, [], ["x"], [[1]], {}, {"a": 1}, None)
"""Values some of which fit no argument."""

_RESOURCES: Final[Sequence[Json]] = (
    {},
    {"name": [{"family": "Élan", "given": ["x", None], "_given": [None, {"id": "e"}]}], "birthDate": "2024"},
    {"status": "completed", "subject": {"reference": "Patient/a"}, "code": {"text": "x"}},
    {"identifier": [{"system": OWN, "value": "new"}], "text": {"status": "generated", "div": "<div>x</div>"}},
    {"managingOrganization": {"reference": "Organization/a"}, "owner": {"reference": "#in"}},
    {"extension": [{"url": "urn:x", "valueDecimal": Decimal("1.50")}]},
    {"name": 7, "unheard": True},
    {"contained": [{"resourceType": "Patient", "id": "in"}], "generalPractitioner": [{"reference": "Organization/b"}]},
)
_NAME: Final = re.compile(r"(.+?)(List|Connection|Create|Update|Validate|Patch|Delete)?")


def value(chance: Chance, parent: str, field: str, name: str, type_name: str) -> Json:
    """A value for the argument of that name and GraphQL type, of a field of a type."""
    if chance.happens(1) and chance.happens(50):
        return chance.one(_MISFITS)
    target = target_of(field)
    kind = type_name.rstrip("!")
    if name == "_reference":
        return _reference(chance, parent, target)
    if kind == "FHIR":
        return _resource(chance, target if target in SERVED else "Patient")
    if name in _REFUSED and chance.happens(5):
        return chance.one(_REFUSED[name])
    return chance.one(_choices(target, name, kind))


def _choices(target: str, name: str, kind: str) -> Sequence[Json]:
    if name in ("_cursor", "after", "before") and target in SERVED:
        return _cursors(target)
    if name == "_sort" and target in SERVED:
        sortable = [each.name for each in parameters(target).values() if each.sortable]
        return [*_NAMED[name], *_NAMED[name], *sortable]
    if name in _NAMED and (kind != "[String]" or name in ("_id", "lot")):
        return _NAMED[name]
    return _BY_TYPE.get(kind, TEXTS)


def target_of(field: str) -> str:
    """The type of the resources that a root field or a reverse list is about: Patient for PatientList."""
    found = _NAME.fullmatch(field)
    return found[1] if found else field


def _resource(chance: Chance, type_name: str) -> Json:
    """A small resource to send, which may be valid; sometimes as JSON text, sometimes none at all."""
    sent: dict[str, Any] = {"resourceType": type_name, **(chance.one(_RESOURCES) if chance.happens(60) else {})}
    if chance.happens(8):
        return chance.one((f'{{"resourceType": "{type_name}"}}', "{", "[]", {"resourceType": "Group"}, {}, 7))
    return sent


def _reference(chance: Chance, parent: str, target: str) -> str:
    allowed = referring(target, parent) if target in SERVED else ()
    return chance.one(allowed) if allowed and chance.happens(93) else chance.one(("nonsense", "patient", "_id"))


def _cursors(target: str) -> Sequence[str]:
    """Cursors of the whole list in no special order, and of another list."""
    mark = fingerprint(target, And(()), ())
    return (
        encode(Position((), "a"), mark),
        encode(None, mark),
        encode(Position((), "c"), mark, BEFORE),
        encode(end(()), mark, BEFORE),
        encode(Position((), "a"), fingerprint("Group", And(()), ())),
        "nonsense",
    )
