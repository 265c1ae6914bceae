"""A quick look at a value must never let through what a rule would refuse: it is compared with the rules."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest

from app.fhir.served import SERVED
from app.profiles.primitives import PRIMITIVES
from app.profiles.references import is_plain_reference, reference_findings
from app.profiles.scope import Scope
from app.profiles.shapes import shape
from app.profiles.values import ABSENT, parallel_findings, single_findings, value_findings

if TYPE_CHECKING:
    from app.profiles.shapes import Property

TEXTS: Final = (
    "",
    " ",
    "a",
    "a b",
    "\u00a0",
    "#a",
    "a|1",
    "a|1|2",
    "2024-02-30",
    "2024-02-29",
    "QQ==",
    "\ud800",
    "\x00",
)
MORE: Final = (
    "http://a.b/c",
    "urn:oid:1.2.3",
    "urn:oid:x",
    "2024-02-29T10:00:00Z",
    "en-US",
    "active",
    "completed",
    "EUR",
)
VALUES: Final[tuple[Any, ...]] = (
    *TEXTS,
    *MORE,
    True,
    0,
    1,
    -1,
    2**31,
    Decimal("1.5"),
    Decimal("1E+9999"),
    {},
    {"a": 1},
)

_HARMFUL: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff"
EXPRESSIONS: Final = {
    "string": rf"(?=[ \t\r\n]*[^ \t\r\n])[^{_HARMFUL}]+",
    "code": rf"[^\s{_HARMFUL}]+(?: [^\s{_HARMFUL}]+)*",
    "url": rf"[^\s{_HARMFUL}]+",
    "uri": rf"[^\s{_HARMFUL}]+",
    "canonical": rf"[^\s|{_HARMFUL}]+(?:\|[^\s|{_HARMFUL}]+)?",
}
SIGNS: Final = [
    chr(number) for number in (*range(0x2100), *range(0x3000, 0x3010), *range(0xD7F0, 0xE010), 0xFEFF, 0xFFFE)
]


def findings(value: Any, prop: Property) -> list[object]:
    """What the rules find in a value without a sibling."""
    if not prop.element.many:
        return [*single_findings(value, ABSENT), *([] if isinstance(value, list) else value_findings(value, prop))]
    items = value if isinstance(value, list) else []
    return [*parallel_findings(value, ABSENT), *(each for item in items for each in value_findings(item, prop))]


@pytest.mark.parametrize(
    "type_name", [*SERVED, "Element", "Identifier", "Coding", "Attachment", "Money", "SampledData"]
)
def test_what_is_plain_gives_the_rules_nothing_to_find(type_name: str) -> None:
    for prop in shape(type_name).properties.values():
        for value in (*VALUES, None, [], [None], *([value] for value in VALUES), ["a", "#a"]):
            if prop.plain and prop.plain(value):
                assert findings(value, prop) == [], (prop.element.name, value)


@pytest.mark.parametrize("type_name", EXPRESSIONS)
def test_a_text_is_well_formed_by_its_expression_whatever_signs_it_has(type_name: str) -> None:
    well_formed, matches = PRIMITIVES[type_name].well_formed, re.compile(EXPRESSIONS[type_name]).fullmatch
    texts = [text for sign in SIGNS for text in (sign, f"a{sign}b", f"{sign} ")]
    assert [text for text in texts if bool(well_formed(text)) != bool(matches(text))] == []


def test_a_value_that_may_refer_to_a_contained_resource_is_not_plain() -> None:
    plain = shape("Procedure").properties["instantiatesUri"].plain
    assert plain is not None
    assert plain(["http://a.b"])
    assert not plain(["http://a.b", "#a"])


REFERENCES: Final[tuple[dict[str, Any], ...]] = tuple(
    {**beside, "reference": text}
    for text in (
        *VALUES,
        "Patient/1",
        "Device/1",
        "Nothing/1",
        "http://a.b/Patient/1",
        "http://a.b/Nothing/1",
        "#p",
        "#",
    )
    for beside in ({}, {"type": "Patient"}, {"type": "Nothing"}, {"display": "x"}, {"identifier": {"value": "1"}})
)


@pytest.mark.parametrize("targets", [(), ("Patient",), ("Resource",), ("Device", "Group")])
@pytest.mark.parametrize("in_bundle", [False, True])
def test_a_plain_reference_gives_the_rules_nothing_to_find(targets: tuple[str, ...], *, in_bundle: bool) -> None:
    scope = Scope({}, "Procedure", "Procedure", entries={"Patient/1": "Device"}, in_bundle=in_bundle)
    plain = [each for each in REFERENCES if is_plain_reference(each, targets, scope)]
    assert bool(plain) != in_bundle
    assert [each for each in plain if list(reference_findings(each, targets, scope))] == []
