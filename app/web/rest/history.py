"""The history of a resource, the newest version first. https://hl7.org/fhir/R4/http.html#history

Versions are numbered from 1 without gaps, so that a cursor is the number of a version: the page holds those before it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.fhir.dates import EARLIEST, InvalidDate, date_bounds
from app.intake.current import head_of, known
from app.schema.history.versions import number_of
from app.schema.search_arguments import DEFAULT_COUNT
from app.search.problems import foreign_cursor, malformed, unsupported
from app.store.version import instant
from app.web.rest.bundles import link, page, version_entry
from app.web.rest.exchange import Reply
from app.web.rest.preferences import is_lenient
from app.web.rest.query import only, whole
from app.web.rest.search_query import FORM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.web.rest.exchange import Exchange
    from app.web.rest.query import Pair

MOST_VERSIONS: Final = 100
"""Versions on a page; each is a whole resource."""

_PARAMETERS: Final = ("_count", "_since", "_cursor")
_RESOLUTION: Final = timedelta(microseconds=1)


async def history(exchange: Exchange) -> Reply:
    """`GET [type]/[id]/_history`: a history Bundle, also of a deleted resource. Raises NotFound, InvalidSearch."""
    exchange.repository.demand(exchange.type, "r")
    pairs = _understood(exchange.query, lenient=is_lenient(exchange.headers))
    given = {name: only(pairs, name) for name in _PARAMETERS}
    count = min(whole("_count", given["_count"] or str(DEFAULT_COUNT)), MOST_VERSIONS, exchange.wiring.max_rows)
    type_name, id_, store = exchange.type, exchange.id, exchange.repository
    last = known(f"{type_name}/{id_}", await head_of(store, type_name, id_)).version
    floor = await _floor(exchange, given["_since"])
    before = _before(given["_cursor"])
    found = await store.history(type_name, id_, count + 1, before) if count else ()
    shown = [version for version in found[:count] if version.version > floor]
    more = len(found) > count and found[count].version > floor

    address = f"{exchange.base}/{type_name}/{id_}/_history"
    kept = [pair for pair in pairs if pair[0] != "_cursor"]
    start = last if before is None else min(before - 1, last)  # the newest version that the page may hold
    links = {
        "self": link(address, pairs),
        "first": link(address, kept),
        "previous": link(address, [*kept, ("_cursor", str(min(start + count, last) + 1))]) if start < last else None,
        "next": link(address, [*kept, ("_cursor", str(shown[-1].version))]) if more else None,
    }
    entries = [version_entry(exchange.base, version) for version in shown]
    return Reply(200, page("history", max(last - floor, 0), links, entries))


def _understood(pairs: Sequence[Pair], *, lenient: bool) -> list[Pair]:
    """The parameters of a history. Raises InvalidSearch for another one, unless it is to be ignored."""
    for name, _ in pairs:
        if name not in (*_PARAMETERS, *FORM) and not lenient:
            raise unsupported(name[:64], "history", _PARAMETERS)
    return [pair for pair in pairs if pair[0] in (*_PARAMETERS, *FORM)]


async def _floor(exchange: Exchange, since: str | None) -> int:
    """The last version that is too old to be told, 0 where there is none."""
    if since is None:
        return 0
    try:
        start, _ = date_bounds(since)
    except InvalidDate:
        raise malformed("_since", "instant") from None
    moment = instant(max(start, EARLIEST + _RESOLUTION) - _RESOLUTION)
    version = await exchange.repository.version(exchange.type, exchange.id, as_of=moment)
    return version.version if version else 0


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    number = number_of(cursor)
    if number is None:
        raise foreign_cursor()
    return number
