"""A filter of the search algebra as SQL, in two forms; pure.

`test` is a condition on the current `row` of a query, answered by a seek in a table. `keys` is a query of its own that
finds the resources by an index, for the filters that have one; it may name a resource more than once.

    test(Eq("status", "draft")):  EXISTS (SELECT 1 FROM value AS v
                                          WHERE v.key = row.key AND v.parameter = 7 AND v.term = (SELECT number …))
    keys(Eq("status", "draft")):  SELECT v.key FROM value AS v INDEXED BY value_term
                                  WHERE v.parameter = 7 AND v.term = (SELECT number …)
"""

# ruff: noqa: S608 - the SQL is composed of names of our own; every value from outside is bound

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.search.algebra import And, Contains, Eq, In, Linked, Missing, Not, Or, Prefix, Range, Referenced
from app.store.conditions import conjuncts
from app.store.sqlite import chains, intervals
from app.store.sqlite.alternatives import alternatives
from app.store.sqlite.places import places
from app.store.sqlite.sql import ALWAYS, NEVER, Sql, negated, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.search.algebra import Filter, Indexed
    from app.store.sqlite.places import Place
    from app.store.sqlite.scheme import Scheme

MOST_BRANCHES: Final = 100
"""Of an Or that is read by index; SQLite takes 500 terms in a compound SELECT: https://www.sqlite.org/limits.html"""


@dataclass(frozen=True, slots=True)
class Filters:
    """Compiles the filters of one resource type. An unknown parameter or type raises KeyError.

    `size`: how many keys a query gives, or about; without it the kinds of filters tell which one finds the fewest."""

    type: str
    scheme: Scheme
    size: Callable[[Sql], int] | None = None

    @property
    def numbers(self) -> Mapping[str, int]:
        """The parameters and `_lastUpdated`, as the tables name them."""
        return self.scheme.numbers[self.type]

    @property
    def indexed(self) -> Mapping[str, Indexed]:
        """How each parameter is kept."""
        return self.scheme.parameters[self.type]

    def reference(self, parameter: str) -> int:
        """The number of a parameter that keeps references. Raises KeyError for another one."""
        if self.indexed[parameter].kind != "reference":
            raise KeyError(parameter)
        return self.numbers[parameter]

    def of(self, type_name: str) -> Filters:
        """The filters of another type."""
        return Filters(type_name, self.scheme, self.size)

    def conditions(self, filter: Filter) -> tuple[Filter, ...]:  # noqa: A002 - the algebra's word
        """The filters that must all match, as few as possible."""
        several = {name for name, number in self.numbers.items() if number in self.scheme.several}
        return tuple(intervals.merged(conjuncts(filter), several))

    def test(self, filter: Filter, row: str = "row.key", depth: int = 0) -> Sql:  # noqa: A002 - the algebra's word
        """The condition that the filter matches the resource whose key is `row`, `depth` links away from the first."""
        match filter:
            case And():
                parts = self.conditions(filter)
                return tree("AND", [self.test(part, row, depth) for part in parts], empty=ALWAYS)
            case Or():
                return tree("OR", [self.test(part, row, depth) for part in alternatives(filter)], empty=NEVER)
            case Not(part):
                return negated(self.test(part, row, depth))
            case Missing(parameter, missing=True):
                return negated(self.test(Missing(parameter, missing=False), row, depth))
            case Linked() | Referenced():
                return chains.test(self, filter, row, depth)
        return tree("OR", [_has(place, row) for place in places(self.scheme, self.type, filter)], empty=NEVER)

    def keys(self, filter: Filter) -> Sql | None:  # noqa: A002 - the algebra's word
        """The query for the keys of the resources that the filter matches; None: no index finds them."""
        match filter:
            case And():
                return self._keys_of_all(self.conditions(filter))
            case Or():
                parts = alternatives(filter)
                return _any([self.keys(part) for part in parts]) if len(parts) <= MOST_BRANCHES else None
            case Not() | Missing(missing=True):
                return None
            case Linked() | Referenced():
                return _any(chains.keys(self, filter))
            case Range(parameter) if parameter in self.indexed and self.indexed[parameter].kind == "interval":
                return intervals.keys(self.numbers[parameter], filter)
        return _any(
            [
                Sql(f"SELECT v.key FROM {place.by_index} WHERE {place.condition.text}", place.condition.values)
                for place in places(self.scheme, self.type, filter)
            ]
        )

    def all_keys(self) -> Sql:
        """The query for the keys of all resources, in the order in which values are kept by key."""
        return Sql("SELECT key FROM resource INDEXED BY resource_type WHERE type = ? AND live = 1", (self.type,))

    def keys_sorted_at(self, parameter: str, text: str) -> Sql:
        """The query for the keys of the resources that have this text under a sort key."""
        number = self.numbers[parameter]
        return Sql(f"SELECT key FROM sort INDEXED BY sort_text WHERE parameter = {number} AND text = ?", (text,))

    def _keys_of_all(self, parts: Sequence[Filter]) -> Sql | None:
        found = [(part, keys) for part in parts if (keys := self.keys(part))]
        if not found:
            return None
        size = self.size
        best, keys = min(found, key=lambda each: size(each[1]) if size and len(found) > 1 else _breadth(each[0]))
        if len(parts) == 1:
            return keys
        tests = self.test(And(tuple(other for other in parts if other is not best)))
        return Sql(f"SELECT row.key FROM ({keys.text}) AS row WHERE {tests.text}", keys.values + tests.values)


def _has(place: Place, row: str) -> Sql:
    return Sql(
        f"EXISTS (SELECT 1 FROM {place.by_key} WHERE v.key = {row} AND {place.tested.text})", place.tested.values
    )


def _any(found: Sequence[Sql | None]) -> Sql | None:
    """The keys that any of the queries gives; None where one of them is none, or where there are none."""
    branches = [keys for keys in found if keys]
    if not branches or len(branches) < len(found):
        return None
    if len(branches) == 1:
        return branches[0]
    return Sql(
        " UNION ALL ".join(f"SELECT key FROM ({keys.text})" for keys in branches),
        tuple(value for keys in branches for value in keys.values),
    )


def _breadth(filter: Filter) -> int:  # noqa: A002 - the algebra's word
    """How many resources a filter of this kind is likely to match, as a rank."""
    ranks = (Eq, In, Prefix, Range, Linked, Or, And, Referenced, Contains)
    return next((rank for rank, kind in enumerate(ranks) if isinstance(filter, kind)), len(ranks))
