"""Primitive elements in JSON: a value, the object of its id and extensions beside it ("_name"), or both.

Source: https://hl7.org/fhir/R4/json.html#primitive
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.profiles.bindings import code_findings, form_findings
from app.profiles.finding import Finding
from app.profiles.structure import (
    A_LIST,
    EMPTY_LIST,
    EMPTY_OBJECT,
    MISALIGNED,
    NO_CONTENT,
    NOT_A_LIST,
    NOT_AN_OBJECT,
    NULL,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.fhir.resource import Json
    from app.profiles.shapes import Property


class _Absent:
    """The type of ABSENT, so that a property that is not there differs from one that is null."""


ABSENT: Final = _Absent()


def value_findings(value: Json, prop: Property) -> Iterator[Finding]:
    """What is wrong with one primitive value that is not null: its form, then its place on a closed list of codes."""
    primitive = prop.primitive
    if primitive is None:
        return
    if not primitive.takes(value):
        yield from primitive.findings(value)
    elif prop.codes:
        yield from code_findings(value, prop.codes)
    elif prop.form:
        yield from form_findings(value, prop.form)


def single_findings(value: Json, extras: Json) -> Iterator[Finding]:
    """What keeps a primitive element that does not repeat from its JSON form."""
    for part in (value, extras):
        if part is None:
            yield Finding(NULL)
        elif isinstance(part, list):
            yield Finding(A_LIST)


def parallel_findings(values: Json, extras: Json) -> Iterator[Finding]:
    """What keeps the two arrays of a primitive element that repeats from running in step."""
    for part in (values, extras):
        if part is None:
            yield Finding(NULL)
        elif part == []:
            yield Finding(EMPTY_LIST)
        elif part is not ABSENT and not isinstance(part, list):
            yield Finding(NOT_A_LIST)
    both = isinstance(values, list) and isinstance(extras, list) and values and extras
    if both and len(values) != len(extras):
        yield Finding(MISALIGNED)


def extras_findings(extras: Json, *, alone: bool) -> Iterator[Finding]:
    """What is wrong with the object beside a primitive value, or in its place."""
    if not isinstance(extras, dict):
        yield Finding(NOT_AN_OBJECT, facts={"type": "Element"})
    elif not extras:
        yield Finding(EMPTY_OBJECT)
    elif alone and not extras.get("extension"):
        yield Finding(NO_CONTENT, rule=NO_CONTENT.aspect)
