"""Where the leaf of a filter looks: a table by resource, and the same by value; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.search.algebra import ID, LAST_UPDATED, Eq, In, Missing, Range
from app.store.conditions import moments
from app.store.sqlite import intervals, texts
from app.store.sqlite.scheme import place_of
from app.store.sqlite.sql import ALWAYS, Sql, every

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.store.sqlite.scheme import Scheme
    from app.store.sqlite.texts import Leaf


@dataclass(frozen=True, slots=True)
class Place:
    """A FROM clause in which `v` is a row with the key of a resource, read by that key or by an index of values, and
    the condition on it; `tested` is the same, as it is best asked of the few rows of a key."""

    by_key: str
    by_index: str
    condition: Sql
    tested: Sql


_BY_TEXT: Final = (
    "value AS v CROSS JOIN term AS t ON t.number = v.term",
    "term AS t INDEXED BY term_text CROSS JOIN value AS v INDEXED BY value_term ON v.term = t.number",
)
_BY_TARGET: Final = (
    "link AS v CROSS JOIN resource AS r ON r.key = v.target",
    "link AS v INDEXED BY link_target CROSS JOIN resource AS r ON r.key = v.target",
)
_TERM: Final = "SELECT number FROM term INDEXED BY term_text WHERE parameter = {number} AND text = ?"
_TERMS: Final = (
    "SELECT t.number FROM json_each(?) AS wanted CROSS JOIN term AS t INDEXED BY term_text"
    " ON t.parameter = {number} AND t.text = wanted.value"
)
_TARGET: Final = "SELECT key FROM resource INDEXED BY resource_id WHERE type = ? AND id = ?"
_TARGETS: Final = (
    "SELECT r.key FROM json_each(?) AS wanted CROSS JOIN resource AS r INDEXED BY resource_id"
    " ON r.type = wanted.value ->> 0 AND r.id = wanted.value ->> 1"
)


def places(scheme: Scheme, type_name: str, leaf: Leaf) -> Iterator[Place]:
    """Each place in which the leaf may find a resource of the type. An unknown parameter raises KeyError."""
    if leaf.parameter == ID:
        of_type = Sql("v.type = ? AND v.live", (type_name,))
        yield _in("resource", "resource_id", every(of_type, texts.condition(leaf, "v.id")))
        return
    number = scheme.numbers[type_name][leaf.parameter]
    of_parameter = Sql(f"v.parameter = {number}")
    if leaf.parameter == LAST_UPDATED:
        yield _in("sort", "sort_text", every(of_parameter, _moment(leaf)))
        return
    kind = scheme.parameters[type_name][leaf.parameter].kind
    if kind == "interval":
        meets = intervals.bounds(leaf) if isinstance(leaf, Range) else texts.none(leaf)
        yield _in("interval", "interval_shared", every(of_parameter, meets))
    elif kind == "value":
        yield _in_terms(number, leaf)
    else:
        yield from _in_references(scheme, number, leaf)


def _in(table: str, index: str, condition: Sql, tested: Sql | None = None) -> Place:
    return Place(f"{table} AS v", f"{table} AS v INDEXED BY {index}", condition, tested or condition)


def _each_once(one_of: Sql) -> Sql:
    """A unary plus keeps a test from trying each wanted value in turn: a resource has few, the list may be long."""
    return Sql(f"+{one_of.text}", one_of.values)


def _in_terms(number: int, leaf: Leaf) -> Place:
    of_parameter = Sql(f"v.parameter = {number}")
    match leaf:
        case Eq(_, value):
            term = Sql(f"v.term = ({_TERM.format(number=number)})", (value,))
            return _in("value", "value_term", every(of_parameter, term))
        case In(_, values):
            terms = texts.one_of("v.term", _TERMS.format(number=number), values)
            return _in("value", "value_term", every(of_parameter, terms), every(of_parameter, _each_once(terms)))
        case Missing():
            return _in("value", "value_term", of_parameter)
    text = every(of_parameter, Sql(f"t.parameter = {number}"), texts.condition(leaf, "t.text"))
    return Place(*_BY_TEXT, text, text)


def _in_references(scheme: Scheme, number: int, leaf: Leaf) -> Iterator[Place]:
    """References are links or, where they have another form, terms."""
    of_parameter = Sql(f"v.parameter = {number}")
    match leaf:
        case Eq(_, value):
            if place := place_of(value, scheme.parameters):
                yield _in("link", "link_target", every(of_parameter, Sql(f"v.target = ({_TARGET})", place)))
            else:
                yield _in_terms(number, leaf)
        case In(parameter, values):
            found = {value: place_of(value, scheme.parameters) for value in values}
            if linked := [place for place in found.values() if place]:
                targets = texts.one_of("v.target", _TARGETS, linked)
                yield _in("link", "link_target", every(of_parameter, targets), every(of_parameter, _each_once(targets)))
            if others := [value for value, place in found.items() if not place]:
                yield _in_terms(number, In(parameter, tuple(others)))
        case Missing():
            yield _in("link", "link_target", of_parameter)
            if number in scheme.spelled:
                yield _in_terms(number, leaf)
        case _:
            text = every(of_parameter, texts.condition(leaf, "(r.type || '/' || r.id)"))
            yield Place(*_BY_TARGET, text, text)
            if number in scheme.spelled:
                yield _in_terms(number, leaf)


def _moment(leaf: Leaf) -> Sql:
    if isinstance(leaf, Missing):
        return ALWAYS
    stated = zip(("v.text >= ?", "v.text < ?"), moments(leaf), strict=True)
    return every(*(Sql(text, (bound,)) for text, bound in stated if bound is not None))
