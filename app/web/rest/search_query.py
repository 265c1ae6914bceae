"""What the parameters of a search ask for. https://hl7.org/fhir/R4/search.html

Parameters are AND, also those of one name; commas are OR. One that is unknown or that this server does not support is
refused, unless the client would have it ignored: a filter that is passed over answers with everybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from app.errors import InvalidSearch
from app.fhir.subset import UnknownElement, chosen
from app.search.algebra import And
from app.search.arguments import sort_of
from app.search.filter_expression import filter_of_expression
from app.search.filter_syntax import names, parse
from app.search.problems import IGNORABLE, not_allowed, together, unsupported
from app.search.query_string import QueryString
from app.web.fhir_media import answered_in
from app.web.rest.query import only, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.errors import Issue
    from app.fhir.resource import Json
    from app.search.algebra import Filter, SortKey
    from app.web.rest.query import Pair

FORM: Final = ("_format", "_pretty")
PAGING: Final = ("_count", "_offset", "_cursor")

_ONCE: Final = (*FORM, *PAGING, "_sort", "_summary", "_elements", "_total")
_JOINS: Final = ("_include", "_revinclude", "_contained", "_containedType")
_SUMMARIES: Final = ("count", "false")
_TOTALS: Final = ("accurate", "estimate", "none")


@dataclass(slots=True)
class SearchQuery:
    """`paging` are the arguments of a Listing; `elements` are those that are shown, None is all. Without `rows` only
    the total is told.

    `used` are the parameters that were understood, `ignored` says which others there are."""

    type: str
    filters: list[Filter] = field(default_factory=list)
    sort: tuple[SortKey, ...] = ()
    paging: dict[str, Json] = field(default_factory=dict)
    elements: frozenset[str] | None = None
    rows: bool = True
    total: bool = True
    used: list[Pair] = field(default_factory=list)
    ignored: list[Issue] = field(default_factory=list)

    @property
    def filter(self) -> Filter:
        """All of the filters."""
        return self.filters[0] if len(self.filters) == 1 else And(tuple(self.filters))


@dataclass(frozen=True, slots=True)
class Reading:
    """How queries are read on a server: `base` is its FHIR address as searches know it; a larger page than one of
    `max_rows` is one of so many; `procedure_systems` are those of the default view."""

    base: str
    max_rows: int
    procedure_systems: tuple[str, ...] = ()

    def read(self, type_name: str, pairs: Sequence[Pair], *, lenient: bool = False) -> SearchQuery:
        """What the parameters ask of the resources of a type. Raises InvalidSearch with every problem, TooCostly."""
        query, strings = SearchQuery(type_name), QueryString(self.base)
        problems: list[InvalidSearch] = []
        for name, value in pairs:
            try:
                query.used.append((name, self._taken(query, strings, name, value)))
            except InvalidSearch as problem:
                if lenient and problem.issues[0].rule in IGNORABLE:
                    query.ignored += [replace(issue, severity="warning") for issue in problem.issues]
                else:
                    problems.append(problem)
        for name in _ONCE:
            try:
                only(pairs, name)
            except InvalidSearch as problem:
                problems.append(problem)
        if problems:
            raise together(problems)
        if type_name == "Procedure" and self.procedure_systems and "code" not in _named(query.used):
            # The default view; the link `self` of the answer shows it.
            name, value = "code", ",".join(f"{system}|" for system in self.procedure_systems)
            query.used.append((name, self._taken(query, strings, name, value)))
        return query

    def _taken(self, query: SearchQuery, strings: QueryString, name: str, value: str) -> str:
        """Add what a parameter asks for to a query; answers the value as it is understood."""
        if name in FORM:
            answered_in(value if name == "_format" else None, "")  # a form may have it too
            return value
        if name in _JOINS:
            raise unsupported(name, "join")
        if name == "_count":
            value = str(min(whole(name, value), self.max_rows))
        if name == "_filter":
            query.filters.append(filter_of_expression(query.type, value, self.base))
        elif name in _CONTROLS:
            _CONTROLS[name](query, value)
        else:
            query.filters.append(strings.filter_of(query.type, name, value))
        return value


def elements_of(type_name: str, value: str) -> frozenset[str]:
    """What `_elements` asks to be shown. Raises InvalidSearch."""
    try:
        return chosen(type_name, value.split(","))
    except UnknownElement as error:
        raise not_allowed("_elements", error.known) from None


def _named(pairs: Sequence[Pair]) -> set[str]:
    """The parameters of the searched type itself that something is said of."""
    found = {re.split("[:.]", name, maxsplit=1)[0] for name, _ in pairs}
    for name, value in pairs:
        if name == "_filter":
            found.update(names(parse(value)))
    return found


def _count(query: SearchQuery, value: str) -> None:
    if value == "0":
        query.rows = False
    else:
        query.paging["_count"] = int(value)


def _offset(query: SearchQuery, value: str) -> None:
    query.paging["_offset"] = whole("_offset", value)


def _cursor(query: SearchQuery, value: str) -> None:
    query.paging["_cursor"] = value


def _sort(query: SearchQuery, value: str) -> None:
    query.sort = sort_of(query.type, value)


def _elements(query: SearchQuery, value: str) -> None:
    query.elements = elements_of(query.type, value)


def _summary(query: SearchQuery, value: str) -> None:
    if value not in _SUMMARIES:
        raise unsupported("_summary", "summary", _SUMMARIES)
    query.rows = value != "count" and query.rows


def _total(query: SearchQuery, value: str) -> None:
    if value not in _TOTALS:
        raise not_allowed("_total", _TOTALS)
    query.total = value != "none"


_CONTROLS: Final[Mapping[str, Callable[[SearchQuery, str], None]]] = {
    "_count": _count,
    "_offset": _offset,
    "_cursor": _cursor,
    "_sort": _sort,
    "_elements": _elements,
    "_summary": _summary,
    "_total": _total,
}
