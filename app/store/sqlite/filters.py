"""A filter of the search algebra as SQL, in two forms; pure.

`test` is a condition on the current `row` of a query, answered by a seek in a table. `keys` is a query of its own that
finds the resources by an index, for the filters that have one; it may name a resource more than once.

    test(Eq("status", "draft")):  EXISTS (SELECT 1 FROM value AS v
                                          WHERE v.key = row.key AND v.parameter = 7 AND v.text = ?)
    keys(Eq("status", "draft")):  SELECT v.key FROM value AS v INDEXED BY value_text
                                  WHERE v.parameter = 7 AND v.text = ?
"""

# ruff: noqa: S608 - the SQL is composed of names of our own; every value from outside is bound

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from app.search.algebra import ID, LAST_UPDATED, And, Eq, In, Missing, Not, Or, Prefix, Range
from app.store.conditions import moments
from app.store.sqlite import intervals
from app.store.sqlite.sql import ALWAYS, NEVER, Sql, every, negated, tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.search.algebra import Filter, Indexed

Leaf: TypeAlias = Eq | In | Prefix | Range | Missing

MOST_BRANCHES: Final = 100
"""Of an Or that is read by index; SQLite takes 500 terms in a compound SELECT: https://www.sqlite.org/limits.html"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leaf looks: a table, the index that finds its resources, and the condition on a row `v` of the table."""

    table: str
    index: str
    condition: Sql


@dataclass(frozen=True, slots=True)
class Filters:
    """Compiles the filters of one resource type.

    `numbers`: its parameters and `_lastUpdated`, as the tables name them; `indexed`: how each parameter is kept. An
    unknown parameter raises KeyError."""

    type: str
    numbers: Mapping[str, int]
    indexed: Mapping[str, Indexed]

    def test(self, filter: Filter) -> Sql:  # noqa: A002 - the algebra's word
        """The condition that the filter matches the resource `row.key`."""
        match filter:
            case And(parts):
                return tree("AND", [self.test(part) for part in parts], empty=ALWAYS)
            case Or(parts):
                return tree("OR", [self.test(part) for part in parts], empty=NEVER)
            case Not(part):
                return negated(self.test(part))
            case Missing(parameter, missing=True):
                return negated(self.test(Missing(parameter, missing=False)))
        place = self._place(filter, by_index=False)
        return Sql(
            f"EXISTS (SELECT 1 FROM {place.table} AS v WHERE v.key = row.key AND {place.condition.text})",
            place.condition.values,
        )

    def keys(self, filter: Filter) -> Sql | None:  # noqa: A002 - the algebra's word
        """The query for the keys of the resources that the filter matches; None: no index finds them."""
        match filter:
            case And(parts):
                return self._keys_of_all(parts)
            case Or(parts):
                return self._keys_of_any(parts)
            case Not() | Missing(missing=True):
                return None
        place = self._place(filter, by_index=True)
        if isinstance(filter, Range) and place.table == "interval":
            return intervals.keys(self.numbers[filter.parameter], filter)
        text = f"SELECT v.key FROM {place.table} AS v INDEXED BY {place.index} WHERE {place.condition.text}"
        return Sql(text, place.condition.values)

    def all_keys(self) -> Sql:
        """The query for the keys of all resources, in the order in which values are kept by key."""
        return Sql("SELECT key FROM resource INDEXED BY resource_type WHERE type = ?", (self.type,))

    def keys_sorted_at(self, parameter: str, text: str) -> Sql:
        """The query for the keys of the resources that have this text under a sort key."""
        number = self.numbers[parameter]
        return Sql(f"SELECT key FROM sort INDEXED BY sort_text WHERE parameter = {number} AND text = ?", (text,))

    def _keys_of_all(self, parts: Sequence[Filter]) -> Sql | None:
        for part in sorted(parts, key=_breadth):
            if keys := self.keys(part):
                tests = self.test(And(tuple(other for other in parts if other is not part)))
                text = f"SELECT row.key FROM ({keys.text}) AS row WHERE {tests.text}"
                return Sql(text, keys.values + tests.values)
        return None

    def _keys_of_any(self, parts: Sequence[Filter]) -> Sql | None:
        if len(parts) > MOST_BRANCHES:
            return None
        found = [self.keys(part) for part in parts]
        branches = [keys for keys in found if keys]
        if not branches or len(branches) < len(found):
            return None
        return Sql(
            " UNION ALL ".join(f"SELECT key FROM ({keys.text})" for keys in branches),
            tuple(value for keys in branches for value in keys.values),
        )

    def _place(self, leaf: Leaf, *, by_index: bool) -> Place:
        if leaf.parameter == ID:
            return Place("resource", "resource_id", every(Sql("v.type = ?", (self.type,)), _text(leaf, "v.id")))
        of_parameter = Sql(f"v.parameter = {self.numbers[leaf.parameter]}")
        if leaf.parameter == LAST_UPDATED:
            return Place("sort", "sort_text", every(of_parameter, _moment(leaf)))
        if self.indexed[leaf.parameter].kind == "interval":
            meets = intervals.bounds(leaf) if isinstance(leaf, Range) else _no_text(leaf)
            return Place("interval", "interval_shared", every(of_parameter, meets))
        # The unary plus keeps a test from trying each wanted value in turn: a resource has few, the list may be long.
        column = "+v.text" if isinstance(leaf, In) and not by_index else "v.text"
        return Place("value", "value_text", every(of_parameter, _text(leaf, column)))


def after_prefix(prefix: str) -> str | None:
    """The least text that is greater than every text with the prefix; None: there is none."""
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)  # the surrogates are no characters


def _text(leaf: Leaf, column: str) -> Sql:
    match leaf:
        case Eq(_, value):
            return Sql(f"{column} = ?", (value,))
        case In(_, values):
            return Sql(f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(values),))
        case Prefix(_, prefix):
            end = after_prefix(prefix)
            return every(Sql(f"{column} >= ?", (prefix,)), *([] if end is None else [Sql(f"{column} < ?", (end,))]))
    return _no_text(leaf)


def _no_text(leaf: Leaf) -> Sql:
    """The condition of a leaf on a parameter that has no texts, or that asks for none: Missing."""
    if isinstance(leaf, Missing):
        return ALWAYS
    raise KeyError(leaf.parameter)


def _moment(leaf: Leaf) -> Sql:
    if isinstance(leaf, Missing):
        return ALWAYS
    stated = zip(("v.text >= ?", "v.text < ?"), moments(leaf), strict=True)
    return every(*(Sql(text, (bound,)) for text, bound in stated if bound is not None))


def _breadth(filter: Filter) -> int:  # noqa: A002 - the algebra's word
    """How many resources a filter of this kind is likely to match, as a rank."""
    ranks = (Eq, In, Prefix, Range, Or, And)
    return next((rank for rank, kind in enumerate(ranks) if isinstance(filter, kind)), len(ranks))
