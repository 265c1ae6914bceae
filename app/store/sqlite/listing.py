"""Runs the statements that give the rows of a search, from any position on, in either direction.

Neither way of reading (see `pages`) is good for every search. "Of this patient, by date" is driven by the patient, who
has ten rows among a million; "completed, latest first" is walked by date, since most rows match. So the matches of each
condition are counted, up to a bound; and a walk that meets too few matches is given up for the other way.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from app.search.algebra import ID, Position
from app.store import keyset
from app.store.keyset import Beyond, Equal, Segment
from app.store.sqlite.choosing import Driver, Exhausted, all_matches, best, budget, cheapest, size
from app.store.sqlite.pacing import paced
from app.store.sqlite.pages import Pages
from app.store.sqlite.sql import ALWAYS, Sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw

    from app.search.algebra import Search
    from app.store.sqlite.filters import Filters

SELECTIVE: Final = 3_000
"""So many resources are found and sorted in the time in which a walk fills a page of 50, on average."""

TIES: Final = 1_000
"""More rows than that with the same text under a sort key are not sorted by the next key, but walked along it."""

WALK: Final = 60_000
"""Steps of SQLite's virtual machine (some 10 ms) after which a walk is given up."""

SKIP: Final = 40
"""More steps for each row that the page's offset skips."""

Found: TypeAlias = tuple[int, Position]
"""A resource's key and where it stands in the sort."""


class Listing:
    """The rows of a search in its sort order, or backwards. `driver` finds its matches, where that is known already."""

    def __init__(
        self, connection: apsw.Connection, filters: Filters, search: Search, driver: Driver | None = None
    ) -> None:
        self._connection = connection
        self._filters = filters
        self._search = search
        self._pages = Pages(filters, keyset.complete(search.sort))
        columns = {key.parameter: column for column, key in enumerate(self._pages.keys, start=1)}
        self._columns = [columns.get(key.parameter) for key in search.sort]
        self._tests = filters.test(search.filter)
        self._driver = driver or cheapest(connection, filters, search.filter, SELECTIVE)

    def rows(self, start: Position | None, *, backwards: bool, skip: int = 0, take: int) -> list[Found]:
        """So many rows beyond a position (None: of all rows), in the order in which they are walked."""
        found: list[Found] = []
        for segment in self._segments(start, backwards=backwards):
            skipped, rows = self._read(segment, backwards=backwards, skip=skip, take=take - len(found))
            skip -= skipped
            found += rows
            if len(found) == take:
                break
        return found

    def has_rows(self, start: Position | None, *, backwards: bool) -> bool:
        """Whether there is a row beyond a position (None: whether there is one at all)."""
        return bool(self.rows(start, backwards=backwards, take=1))

    def _segments(self, start: Position | None, *, backwards: bool) -> Iterator[Segment]:
        if self._driver and start is None and not backwards:
            yield Segment((), self._pages.keys)  # they are sorted anyway, those without a value last
            return
        for segment in keyset.segments(self._search.sort, start, backwards=backwards):
            yield from self._without_ties(segment, backwards=backwards)

    def _without_ties(self, segment: Segment, *, backwards: bool) -> Iterator[Segment]:
        """The segment in parts, as long as many rows at its start are equal under its first key."""
        first = segment.order[0]
        while self._driver is None and first.parameter != ID:
            text = self._next_text(segment)
            if text is None or size(self._connection, self._ties(first.parameter, text), TIES) < TIES:
                break
            others = tuple(each for each in segment.conditions if each.parameter != first.parameter)
            yield from keyset.whole((*others, Equal(first.parameter, text)), segment.order[1:], backwards=backwards)
            segment = Segment((*others, Beyond(first.parameter, text, first.descending)), segment.order)
        yield segment

    def _read(self, segment: Segment, *, backwards: bool, skip: int, take: int) -> tuple[int, list[Found]]:
        """How many rows of the segment were skipped, and the rows after them."""
        limit = skip + take
        driver = self._driver or self._driver_of(segment)
        if not driver:
            walked = self._pages.walked(segment, self._tests, backwards=backwards, limit=limit)
            every_row_matches = self._tests == ALWAYS
            try:
                with budget(self._connection, None if every_row_matches else WALK + SKIP * skip):
                    return self._run(walked, skip)
            except Exhausted:
                driver = self._driver = self._last_resort()
        driven = self._pages.driven(segment, driver.keys, driver.tests, backwards=backwards, limit=limit)
        return self._run(driven, skip)

    def _last_resort(self) -> Driver:
        """All matches, found by the best index or one by one."""
        driver = best(self._connection, self._filters, self._search.filter)
        return all_matches(self._connection, driver or Driver(self._filters.all_keys(), self._tests))

    def _driver_of(self, segment: Segment) -> Driver | None:
        """The rows that are equal to a position under one of its keys, if they are few."""
        for condition in segment.conditions:
            if isinstance(condition, Equal) and condition.value is not None:
                keys = self._ties(condition.parameter, condition.value)
                if size(self._connection, keys, SELECTIVE) < SELECTIVE:
                    return Driver(keys, self._tests)
        return None

    def _ties(self, parameter: str, text: str) -> Sql:
        return self._filters.keys_sorted_at(parameter, text)

    def _next_text(self, segment: Segment) -> str | None:
        statement = self._pages.next_text(segment)
        text: str | None = self._connection.execute(statement.text, statement.values).get
        return text

    def _run(self, statement: Sql, skip: int) -> tuple[int, list[Found]]:
        cursor = self._connection.execute(statement.text, statement.values)
        skipped = sum(1 for _ in islice(cursor, skip))
        columns = self._columns
        return skipped, [
            (row[0], Position(tuple([None if column is None else row[column] for column in columns]), row[-1]))
            for row in paced(self._connection, cursor)
        ]
