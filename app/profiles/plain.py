"""The quick look at a primitive value: whether it is right in every respect, as nearly all are.

What is plain gives the rules nothing to find, so they are not asked; a value that is not plain may be right all the
same, and they look at it. Findings are made by the rules alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.fhir.resource import Json
    from app.profiles.bindings import Form
    from app.profiles.primitives import Primitive

Test: TypeAlias = "Callable[[Json], object]"

MAY_BE_LOCAL: Final = frozenset({"uri", "url", "canonical"})
"""The types whose values may refer to a contained resource, which the walk has to note."""


def plain_test(primitive: Primitive, codes: frozenset[str], form: Form | None, *, many: bool) -> Test:
    """Tells what an element takes without a finding: a value, or if it repeats an array of such values."""
    test = _bound(primitive, codes, form)
    return _of_each(test) if many else test


def _bound(primitive: Primitive, codes: frozenset[str], form: Form | None) -> Test:
    takes = _taken(primitive)
    if codes:
        return lambda value: type(value) is str and value in codes and takes(value)
    if form:
        return lambda value: takes(value) and form.contains(value)
    return takes


def _taken(primitive: Primitive) -> Test:
    well_formed, most = primitive.well_formed, primitive.most
    if primitive.json != {str}:
        return primitive.takes
    if primitive.name in MAY_BE_LOCAL:
        return lambda value: type(value) is str and len(value) <= most and value[:1] != "#" and well_formed(value)
    return lambda value: type(value) is str and len(value) <= most and well_formed(value)


def _of_each(test: Test) -> Test:
    def each(values: Json) -> bool:
        return isinstance(values, list) and bool(values) and all(map(test, values))

    return each
