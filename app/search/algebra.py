"""A search as a value: filters over named search parameters, a sort, a page. Each store compiles it.

All values are normalised before they get here (`app.search.normal`), the same for every store: tokens "system|code",
"code" and "system|"; references "Patient/x"; strings folded; dates and numbers as half-open intervals whose bounds
compare as text in the right order.

Two parameters are the stores' own. `_id` takes Eq and In with the plain id. `_lastUpdated` is a point, the time as a
document has it, "2024-02-29T10:00:00.000Z"; it takes Range with `lo_from` and `lo_before` alone, both in that same form
of 24 characters: plain text comparison is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.fhir.resource import Resource


@dataclass(frozen=True, slots=True)
class Eq:
    """Resources that have the value under the parameter."""

    parameter: str
    value: str


@dataclass(frozen=True, slots=True)
class In:
    """Resources that have at least one of the values under the parameter; no values, no resources."""

    parameter: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """Resources that have a value which starts with the text."""

    parameter: str
    text: str


@dataclass(frozen=True, slots=True)
class Contains:
    """Resources that have a value with the text somewhere inside it or, `at_end`, as its end."""

    parameter: str
    text: str
    at_end: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """Resources that have one interval [lo, hi) under the parameter which meets every given bound; lo < hi always."""

    parameter: str
    lo_from: str | None = None  # lo >= lo_from
    lo_before: str | None = None  # lo < lo_before
    hi_after: str | None = None  # hi > hi_after
    hi_upto: str | None = None  # hi <= hi_upto


@dataclass(frozen=True, slots=True)
class Missing:
    """Resources that have no value (or, with missing=False, some value) under the parameter."""

    parameter: str
    missing: bool = True


@dataclass(frozen=True, slots=True)
class Linked:
    """Resources that refer, under the parameter, to a current resource of `type` which the filter matches.

    `prefixes`: what stands ahead of the id in such a reference, "Patient/" and, where this server's address is known,
    the same with the address."""

    parameter: str
    type: str
    filter: Filter
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Referenced:
    """The other direction: resources that a current resource of `type` which the filter matches refers to under the
    parameter, which is one of `type`. `prefixes` are those of the resources that are looked for."""

    type: str
    parameter: str
    filter: Filter
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Resources that the filter does not match."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class And:
    """Resources that every filter matches; And(()) matches all."""

    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Or:
    """Resources that some filter matches; Or(()) matches none."""

    filters: tuple[Filter, ...] = ()


Filter: TypeAlias = Eq | In | Prefix | Contains | Range | Missing | Linked | Referenced | Not | And | Or

ID = "_id"
LAST_UPDATED = "_lastUpdated"


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of a sort; resources without a value come last in both directions."""

    parameter: str
    descending: bool = False


class Position(Struct, frozen=True):
    """Where a row stands in a sort: its value under each sort key (None: it has none), then its id."""

    keys: tuple[str | None, ...]
    id: str


@dataclass(frozen=True, slots=True)
class Search:
    """One page of a filtered, sorted list. The id, ascending, is always the last sort key.

    `after` takes the page that follows a position, `before` the page that ends just ahead of it (rows stay in sort
    order); at most one of them is given. `offset` skips rows of the page's start. `elements` are as
    in `Repository.read`."""

    filter: Filter = And()
    sort: tuple[SortKey, ...] = ()
    count: int = 20
    offset: int = 0
    after: Position | None = None
    before: Position | None = None
    elements: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A step from resources to those of `type` that they refer to under the parameter; `prefixes` as in Linked."""

    parameter: str
    type: str
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facet:
    """What matches are counted by: each text they have under the parameter.

    `via`: the texts of the resources that the matches refer to, instead of their own. `length`: the first characters of
    the text that the parameter sorts by (of a date 4 is its year, 7 its month, in UTC). `complete`: of tokens only
    "system|code", without the forms "code" and "system|" that stand beside it."""

    parameter: str
    via: Link | None = None
    length: int | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True)
class SearchValues:
    """What a resource is found by.

    `values`: parameter → distinct texts (tokens, references, uris, folded strings);
    `intervals`: parameter → distinct [lo, hi) pairs (dates, numbers, quantities);
    `sort`: parameter → the text it is ordered by, the smallest where there are several. "_id" and "_lastUpdated" are
    in none of them: the stores know both. A name may end in ":identifier" (a reference's) or ":unit" (a quantity's)."""

    values: dict[str, tuple[str, ...]]
    intervals: dict[str, tuple[tuple[str, str], ...]]
    sort: dict[str, str]


@dataclass(frozen=True, slots=True)
class Indexed:
    """How one search parameter is kept: as texts in `values` or as pairs in `intervals`; in `sort` if sortable.

    A "reference" has texts in `values` too; those of the form "Type/id" lead to resources of the same store."""

    kind: Literal["value", "reference", "interval"]
    sortable: bool


@dataclass(frozen=True, slots=True)
class Index:
    """Everything a store has to know of search: what it may be asked for, and how to read it from a resource.

    `version` changes whenever `values` would answer otherwise for the same resource, so that a store can tell that its
    search values are out of date. `parameters`: resource type → parameter → how it is kept."""

    version: str
    parameters: Mapping[str, Mapping[str, Indexed]]
    values: Callable[[Resource], SearchValues]
