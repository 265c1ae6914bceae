"""Which indexes the collection of a resource type has; pure.

Filters lead and the type's date follows, latest first: "completed, latest first" is one index, read in its order.
MongoDB takes 64 indexes a collection, so the less needed ones come last and are left out where there are too many: what
makes keys unique comes first, then the order by date, filters by text, those by interval, and other orders, which can
be made in memory.
https://www.mongodb.com/docs/manual/tutorial/equality-sort-range-rule/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pymongo import ASCENDING, DESCENDING, IndexModel

from app.store.repository import IndexState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.search.algebra import Indexed

Keys: TypeAlias = dict[str, int]

MOST: Final = 63
"""Indexes of a collection besides that of `_id`: https://www.mongodb.com/docs/manual/reference/limits/"""

OURS: Final = "dmi: "
"""How the names of our indexes begin: those that no release of now needs are stale, those of others are left alone."""

UNIQUE: Final[Keys] = {"keys": ASCENDING}
"""Of the keys that only one document of a collection may have; those without keys are not in it."""

Existing: TypeAlias = "Mapping[str, Mapping[str, Any]]"
"""The indexes of a collection as the driver tells them: name → what it is, with its `key`."""


def indexes(parameters: Mapping[str, Indexed]) -> list[IndexModel]:
    """The indexes of a resource type, the most asked for first. Their names say what they hold: "dmi: at -1, _id 1"."""
    unique = IndexModel(list(UNIQUE.items()), name=name(UNIQUE), unique=True, sparse=True)
    return [unique, *(IndexModel(list(keys.items()), name=name(keys)) for keys in needed(parameters)[: MOST - 1])]


def needed(parameters: Mapping[str, Indexed]) -> list[Keys]:
    """The keys of every index that the lists of a type can use, also of those that are one too many."""
    date = _date(parameters)
    return [*_of_all_types(), *_of_date(date), *_of_filters(parameters, date), *_of_sorts(parameters, date)]


def missing(existing: Existing, wanted: Sequence[IndexModel]) -> list[IndexModel]:
    """The wanted indexes that are not there, under any name: MongoDB takes no second one of the same keys."""
    there = {tuple(index["key"]) for index in existing.values()}
    return [index for index in wanted if tuple(index.document["key"].items()) not in there]


def stale(existing: Existing, wanted: Sequence[IndexModel]) -> list[str]:
    """The names of the indexes that are there, are ours, and are not wanted."""
    names = {index.document["name"] for index in wanted}
    return [name for name in existing if name.startswith(OURS) and name not in names]


def states(place: str, existing: Existing, wanted: Sequence[IndexModel]) -> list[IndexState]:
    """The indexes of a collection, by name."""
    absent = {index.document["name"] for index in missing(existing, wanted)}
    names = (index.document["name"] for index in wanted)
    return sorted(
        (
            *(IndexState(place, name, "missing" if name in absent else "present") for name in names),
            *(IndexState(place, name, "stale") for name in stale(existing, wanted)),
        ),
        key=lambda index: index.name,
    )


def name(keys: Keys) -> str:
    """The name of the index of these keys; it never changes."""
    return OURS + ", ".join(f"{field} {direction}" for field, direction in keys.items())


def _of_all_types() -> Iterator[Keys]:
    yield {"deleted": ASCENDING, "_id": ASCENDING}
    yield {"indexed": ASCENDING}
    yield {"at": DESCENDING, "_id": ASCENDING}
    yield {"at": ASCENDING, "_id": ASCENDING}


def _of_date(date: str | None) -> Iterator[Keys]:
    if date:
        yield {f"sort.{date}": DESCENDING, "_id": ASCENDING}
        yield {f"sort.{date}": ASCENDING, "_id": ASCENDING}


def _of_filters(parameters: Mapping[str, Indexed], date: str | None) -> Iterator[Keys]:
    """One array each: MongoDB has no index of two."""
    latest_first = {f"sort.{date}": DESCENDING, "_id": ASCENDING} if date else {}
    for name, indexed in parameters.items():
        if indexed.kind != "interval":
            yield {f"ix.{name}": ASCENDING, **latest_first}
    intervals = [f"ix.{name}" for name, indexed in parameters.items() if indexed.kind == "interval"]
    for path in intervals:
        yield {f"{path}.lo": ASCENDING, f"{path}.hi": ASCENDING}
    for path in intervals:  # what ends after a moment may have begun at any other
        yield {f"{path}.hi": ASCENDING}


def _of_sorts(parameters: Mapping[str, Indexed], date: str | None) -> Iterator[Keys]:
    """Dates and numbers, latest first, then earliest first; texts in their order, then the other way; `_tag` and its
    like last. One index is not enough for both directions: the ids of equal ones ascend both times."""
    names = sorted(parameters.keys() - {date}, key=lambda name: (name.startswith("_"), name))
    for intervals, directions in ((True, (DESCENDING, ASCENDING)), (False, (ASCENDING, DESCENDING))):
        for direction in directions:
            for name in names:
                if parameters[name].sortable and (parameters[name].kind == "interval") is intervals:
                    yield {f"sort.{name}": direction, "_id": ASCENDING}


def _date(parameters: Mapping[str, Indexed]) -> str | None:
    """The parameter that lists of the type are ordered by: `date`, or else the first that is a date or number."""
    ordered = [name for name, indexed in parameters.items() if indexed.kind == "interval" and indexed.sortable]
    return "date" if "date" in ordered else next(iter(ordered), None)
