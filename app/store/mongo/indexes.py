"""Which indexes the collection of a resource type has; pure.

Filters lead and the type's date follows, latest first: "completed, latest first" is one index, read in its order.
MongoDB takes 64 indexes a collection, so the less needed ones come last and are left out where there are too many.
https://www.mongodb.com/docs/manual/tutorial/equality-sort-range-rule/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pymongo import ASCENDING, DESCENDING, IndexModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.search.algebra import Indexed

MOST: Final = 63
"""Indexes of a collection besides that of `_id`: https://www.mongodb.com/docs/manual/reference/limits/"""


def indexes(parameters: Mapping[str, Indexed]) -> list[IndexModel]:
    """The indexes of a resource type, by what is asked of it most; names stay the same from release to release."""
    return [*_of_all_types(), *_of_filters(parameters), *_of_sorts(parameters)][:MOST]


def _of_all_types() -> Iterator[IndexModel]:
    yield _index("id", deleted=ASCENDING, _id=ASCENDING)
    yield _index("indexed", indexed=ASCENDING)
    yield _index("last updated", at=ASCENDING, _id=ASCENDING)
    yield _index("last updated first", at=DESCENDING, _id=ASCENDING)


def _of_filters(parameters: Mapping[str, Indexed]) -> Iterator[IndexModel]:
    date = _date(parameters)
    latest_first = {f"sort.{date}": DESCENDING, "_id": ASCENDING} if date else {}
    for name, indexed in parameters.items():
        if indexed.kind == "interval":
            yield _index(f"find {name}", **{f"ix.{name}.lo": ASCENDING, f"ix.{name}.hi": ASCENDING})
        else:
            yield _index(f"find {name}", **{f"ix.{name}": ASCENDING, **latest_first})


def _of_sorts(parameters: Mapping[str, Indexed]) -> Iterator[IndexModel]:
    sortable = [name for name, indexed in parameters.items() if indexed.sortable]
    sortable.sort(key=lambda name: parameters[name].kind != "interval")  # dates first
    for direction, title in ((DESCENDING, "sort {} down"), (ASCENDING, "sort {} up")):
        for name in sortable:
            yield _index(title.format(name), **{f"sort.{name}": direction, "_id": ASCENDING})


def _date(parameters: Mapping[str, Indexed]) -> str | None:
    """The parameter that lists of the type are ordered by: `date`, or else the first that is a date or number."""
    ordered = [name for name, indexed in parameters.items() if indexed.kind == "interval" and indexed.sortable]
    return "date" if "date" in ordered else next(iter(ordered), None)


def _index(name: str, **keys: int) -> IndexModel:
    return IndexModel(list(keys.items()), name=name)
