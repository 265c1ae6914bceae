"""Which indexes the collection of a resource type has; pure.

Filters lead and the type's date follows, latest first: "completed, latest first" is one index, read in its order.
MongoDB takes 64 indexes a collection, so the less needed ones come last and are left out where there are too many.
https://www.mongodb.com/docs/manual/tutorial/equality-sort-range-rule/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from pymongo import ASCENDING, DESCENDING, IndexModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.search.algebra import Indexed

Keys: TypeAlias = dict[str, int]

MOST: Final = 63
"""Indexes of a collection besides that of `_id`: https://www.mongodb.com/docs/manual/reference/limits/"""

OURS: Final = "dmi: "
"""How the names of our indexes begin: those of another release are dropped, those of other people are left alone."""


def indexes(parameters: Mapping[str, Indexed]) -> list[IndexModel]:
    """The indexes of a resource type, the most asked for first. Their names say what they hold: "dmi: at -1, _id 1"."""
    keys = [*_of_all_types(), *_of_filters(parameters), *_of_sorts(parameters)]
    return [IndexModel(list(each.items()), name=_name(each)) for each in keys[:MOST]]


def outdated(names: Iterable[str], wanted: Iterable[IndexModel]) -> list[str]:
    """The names, of those a collection has, of indexes that an earlier release has made and nobody needs any more."""
    needed = {index.document["name"] for index in wanted}
    return [name for name in names if name.startswith(OURS) and name not in needed]


def _of_all_types() -> Iterator[Keys]:
    yield {"deleted": ASCENDING, "_id": ASCENDING}
    yield {"indexed": ASCENDING}
    yield {"at": DESCENDING, "_id": ASCENDING}
    yield {"at": ASCENDING, "_id": ASCENDING}


def _of_filters(parameters: Mapping[str, Indexed]) -> Iterator[Keys]:
    date = _date(parameters)
    latest_first = {f"sort.{date}": DESCENDING, "_id": ASCENDING} if date else {}
    for name, indexed in parameters.items():
        if indexed.kind == "interval":
            yield {f"ix.{name}.lo": ASCENDING, f"ix.{name}.hi": ASCENDING}
        else:
            yield {f"ix.{name}": ASCENDING, **latest_first}


def _of_sorts(parameters: Mapping[str, Indexed]) -> Iterator[Keys]:
    sortable = [name for name, indexed in parameters.items() if indexed.sortable]
    sortable.sort(key=lambda name: parameters[name].kind != "interval")  # dates first
    for direction in (DESCENDING, ASCENDING):
        for name in sortable:
            yield {f"sort.{name}": direction, "_id": ASCENDING}


def _date(parameters: Mapping[str, Indexed]) -> str | None:
    """The parameter that lists of the type are ordered by: `date`, or else the first that is a date or number."""
    ordered = [name for name, indexed in parameters.items() if indexed.kind == "interval" and indexed.sortable]
    return "date" if "date" in ordered else next(iter(ordered), None)


def _name(keys: Keys) -> str:
    return OURS + ", ".join(f"{field} {direction}" for field, direction in keys.items())
