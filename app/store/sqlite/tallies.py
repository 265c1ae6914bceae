"""Counts what matches by its texts, or by those of what it refers to.

A text is found by its resource, or its resource by the text. Few matches are taken one by one. Many are not: the texts
are walked in the order of their index, so that the counts come out one after the other and nothing is sorted, and each
resource on the way is looked up among the matches, which all facets of a question share.
"""

# ruff: noqa: S608 - the SQL is composed of names of our own; every value from outside is bound

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from app.store.repository import Tally
from app.store.sqlite import chains
from app.store.sqlite.choosing import Driver, best, left_out, size
from app.store.sqlite.holding import held
from app.store.sqlite.sql import ALWAYS, Sql, every

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import apsw

    from app.search.algebra import Facet, Filter
    from app.store.sqlite.chains import Step
    from app.store.sqlite.filters import Filters
    from app.store.sqlite.holding import Held

Matches: TypeAlias = Literal["all", "few", "many", "others"]
"""What is counted: all resources of the type; those whose keys are in `temp.matched`; or those whose keys are not."""

FEW: Final = 5
"""Matches are few where there are so many times as many resources of the type."""

_AMONG: Final = {
    "all": ALWAYS.text,
    "many": "+{key} IN (SELECT key FROM temp.matched)",  # the plus: each row is looked up there, not each match here
    "others": "+{key} NOT IN (SELECT key FROM temp.matched)",
}
MATCHED: Final = "CREATE TEMP TABLE IF NOT EXISTS matched (key INTEGER PRIMARY KEY); DELETE FROM temp.matched"


def tallies(
    connection: apsw.Connection,
    filters: Filters,
    filter: Filter,  # noqa: A002 - the algebra's word
    facets: Sequence[Facet],
    at_most: int,
) -> list[Tally]:
    """What matches, counted by each facet; `at_most` texts are listed."""
    matches = _match(connection, filters, filter)
    return [_tally(connection, counting(filters, facet, matches), at_most) for facet in facets]


def counting(filters: Filters, facet: Facet, matches: Matches) -> Sql | None:
    """The query for each `text` of a facet and `n`, how many matches have it; None: nothing can have one."""
    steps = list(_steps(filters, facet, matches))
    parts = []
    for holding in held(filters, facet, by_index=matches != "few"):
        pairs = [_pairs(holding, step, matches) for step in steps]
        if pairs:
            parts.append(holding.spelled(_counted(pairs, once=not _several(filters, facet))))
    if not parts:
        return None
    return Sql(" UNION ALL ".join(part.text for part in parts), tuple(value for part in parts for value in part.values))


def _match(connection: apsw.Connection, filters: Filters, filter: Filter) -> Matches:  # noqa: A002 - as above
    """Keep the keys of what the filter matches in `temp.matched`, or of what it leaves out, and tell which."""
    if not filters.conditions(filter):
        return "all"
    connection.execute(MATCHED)
    if absent := left_out(filters, filter):
        _keep(connection, absent)
        return "others"
    found = _keep(connection, best(connection, filters, filter) or Driver(filters.all_keys(), filters.test(filter)))
    enough = found * FEW
    return "few" if size(connection, filters.all_keys(), enough) == enough else "many"


def _keep(connection: apsw.Connection, driver: Driver) -> int:
    """Keep the keys that a driver finds, and tell how many they are."""
    in_order = f"SELECT DISTINCT key FROM ({driver.keys.text}) ORDER BY key"
    connection.execute(
        f"INSERT INTO temp.matched SELECT key FROM ({in_order}) AS row WHERE {driver.tests.text}",
        driver.keys.values + driver.tests.values,
    )
    return connection.changes()


def _steps(filters: Filters, facet: Facet, matches: Matches) -> Iterator[Step | None]:
    """The ways between what matches and what has the texts; None: it is the same resource."""
    via = facet.via
    if via is None:
        yield None
        return
    link = filters.reference(via.parameter)
    for prefix in chains.in_use(filters, link, via.type, via.prefixes):
        step, key = (chains.onward, "m.key") if matches == "few" else (chains.back, "v.key")
        yield step(link, via.type, prefix, key)


def _pairs(holding: Held, step: Step | None, matches: Matches) -> Sql:
    """The query for each match, as `key`, with each group that it belongs to."""
    joined, where = (f" CROSS JOIN {step.tables}", step.where) if step else ("", ALWAYS)
    if matches == "few":
        holder = step.key if step else "m.key"
        where = every(where, Sql(f"v.key = {holder}"), holding.condition)
        tables, match = f"temp.matched AS m{joined} CROSS JOIN {holding.tables}", "m.key"
    else:
        match = step.key if step else "v.key"
        where = every(holding.condition, where, Sql(_AMONG[matches].format(key=match)))
        tables = f"{holding.tables}{joined}"
    return Sql(f"SELECT {holding.group} AS part, {match} AS key FROM {tables} WHERE {where.text}", where.values)


def _counted(pairs: Sequence[Sql], *, once: bool) -> Sql:
    """The query for each `part` and `n`, how many resources belong to it; `once`: no pair comes twice."""
    text = " UNION ALL ".join(pair.text for pair in pairs)
    distinct = text if once else f"SELECT DISTINCT part, key FROM ({text})"
    return Sql(
        f"SELECT part, count(*) AS n FROM ({distinct}) GROUP BY part", tuple(v for pair in pairs for v in pair.values)
    )


def _several(filters: Filters, facet: Facet) -> bool:
    """Whether a resource may lead to several others, which may have the same text."""
    return facet.via is not None and filters.reference(facet.via.parameter) in filters.scheme.several


def _tally(connection: apsw.Connection, counts: Sql | None, at_most: int) -> Tally:
    if counts is None:
        return Tally({}, 0)
    statement = f"SELECT text, n, count(*) OVER () FROM ({counts.text}) ORDER BY n DESC, text LIMIT ?"
    rows: list[tuple[str, int, int]] = list(connection.execute(statement, (*counts.values, max(at_most, 1))))
    return Tally({text: n for text, n, _ in rows[:at_most]}, rows[0][2] if rows else 0)
