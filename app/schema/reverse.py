"""Reverse lists: inside every resource, those that refer to it. `{ Patient(id: "x") { ProcedureList(_reference:
"patient") { id } } }`. https://hl7.org/fhir/R4/graphql.html, "reverse references"

First pages of all resources of a level come by one store command. A page that a cursor leads to belongs to one
resource, and is a search of its own. What a Bundle's entry holds need not be what the store holds under the same id, so
its reverse lists are null; nothing outside can refer to a contained resource, so its own are empty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from app.errors import InvalidSearch
from app.fhir.served import SERVED
from app.schema.listing import Listing
from app.schema.search_arguments import wanted
from app.schema.types.fields import ResolvedField, argument, list_of, nullable
from app.search.algebra import And, In
from app.search.arguments import sort_of
from app.search.chains import forms
from app.search.parameters import parameters
from app.store.repository import Page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from strawberry.types import Info
    from strawberry.types.arguments import StrawberryArgument
    from strawberry.types.field import StrawberryField

    from app.fhir.resource import Json, Resource
    from app.schema.context import Context
    from app.schema.types.derive import FhirTypes
    from app.search.algebra import Filter, Search, SortKey

View: TypeAlias = tuple[str, tuple[str, ...]]
"""This server's address as searches know it, and the code systems of the default view."""

_PAGING: Final = {"_count": int, "_offset": int}
_CURSORS: Final = {"_cursor": str, "first": int, "after": str, "last": int, "before": str}


@dataclass(frozen=True, slots=True)
class Reverse:
    """Resources of `type` that refer to one of `parent` through one of the search parameters `allowed`."""

    parent: str
    type: str
    allowed: Sequence[str]

    def lookup(self, reference: str, expression: str | None, sort: str | None, view: View) -> Lookup:
        """What `_reference`, `_filter` and `_sort` mean. Raises InvalidSearch."""
        parameter = reference.replace("-", "_")
        if parameter not in self.allowed:
            raise self._unfit()
        filter_ = wanted(self.type, {"_filter": expression}, *view)
        return Lookup(self.type, parameter, filter_, sort_of(self.type, sort))

    def _unfit(self) -> InvalidSearch:
        listed = ", ".join(self.allowed)
        return InvalidSearch(
            f"_reference must be the search parameter of {self.type} that refers to {self.parent}: {listed}.",
            f"_reference doit être le paramètre de recherche de {self.type} qui désigne {self.parent} : {listed}.",
            expression="_reference",
            rule="search-reference",
        )


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the arguments of a reverse list mean, whatever the resource is that it stands in."""

    type: str
    parameter: str
    filter: Filter
    sort: tuple[SortKey, ...]

    def below(self, target: tuple[str, ...], context: Context) -> Listing:
        """The rows that refer to the target."""
        filter_ = And((In(self.parameter, target), self.filter))
        loaders = context.loaders

        def page(search: Search) -> Awaitable[Page]:
            if search.after is not None or search.before is not None:
                return loaders.page(self.type, search)
            return loaders.related(self.type, self.parameter, target, replace(search, filter=self.filter))

        def count() -> Awaitable[int]:
            return loaders.count_related(self.type, self.parameter, target, self.filter)

        return Listing(self.type, filter_, self.sort, page, count)

    def below_nothing(self) -> Listing:
        """The rows that refer to a contained resource: none."""
        return Listing(self.type, And((In(self.parameter, ()), self.filter)), self.sort, _no_page, _no_count)


def add_reverse_lists(types: FhirTypes, connections: Mapping[str, type]) -> None:
    """Give every served type its reverse lists; `connections` has `TConnection` of every served type T."""
    for parent in SERVED:
        types.add(parent, _fields(parent, types, connections))


def referring(type_name: str, target: str) -> Sequence[str]:
    """The search parameters through which resources of a type may refer to those of another."""
    return tuple(
        parameter.name
        for parameter in parameters(type_name).values()
        if "Reference" in parameter.data_types and parameter.may_target(target)
    )


def _arguments(paging: Mapping[str, type]) -> Sequence[StrawberryArgument]:
    """Without descriptions, which would stand 4,000 times in the schema; the root fields have them."""
    given = {"_filter": str, "_sort": str, **paging}
    optional = (argument(name, nullable(type_), "") for name, type_ in given.items())
    return [argument("_reference", str, ""), *optional]


def _fields(parent: str, types: FhirTypes, connections: Mapping[str, type]) -> Iterator[StrawberryField]:
    paged, anywhere = _arguments(_PAGING), _arguments({**_PAGING, **_CURSORS})
    for name in SERVED:
        if allowed := referring(name, parent):
            reverse = Reverse(parent, name, allowed)
            what = f"{name} resources that refer to this one by `_reference`: {', '.join(allowed)}."
            rows, connection = _resolver(reverse, Listing.resources), _resolver(reverse, Listing.connection)
            yield ResolvedField.of(f"{name}List", list_of(types.classes[name]), what, rows, paged).reading("id")
            yield ResolvedField.of(
                f"{name}Connection", nullable(connections[name]), what, connection, anywhere
            ).reading("id")


def _resolver(reverse: Reverse, shown: Callable[[Listing, Search, Context], Awaitable[Json]]) -> Any:
    def resolve(
        source: Resource,
        info: Info[Context, None],
        /,
        _reference: str,
        _filter: str | None = None,
        _sort: str | None = None,
        **paging: Any,
    ) -> Awaitable[Json] | None:
        context = info.context
        view = (context.search_base, context.procedure_systems)
        lookup = context.once(reverse.lookup, _reference, _filter, _sort, view)
        place, id_ = context.containers.place(source), source.get("id")
        if place == "entry" or not isinstance(id_, str):
            return None
        target = forms(f"{reverse.parent}/{id_}", context.search_base)
        listing = lookup.below(target, context) if place == "stored" else lookup.below_nothing()
        return shown(listing, listing.search(paging, context.max_rows), context)

    return resolve


async def _no_page(_search: Search) -> Page:
    return Page((), has_previous=False, has_next=False)


async def _no_count() -> int:
    return 0
