"""Which resources have business identifiers: of many identifiers at once, also where some of them are carried by many
resources."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Final, TypeAlias

from app.search.algebra import In, Search
from app.search.normal import token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from app.fhir.resource import Json, Resource
    from app.store.repository import Page, Row

Searching: TypeAlias = "Callable[[Search], Awaitable[Page]]"
Held: TypeAlias = "Mapping[str, Sequence[Resource]]"

ENOUGH: Final = 2
"""Resources with one identifier that tell that it is not unique."""
AT_ONCE: Final = 500
"""Identifiers in one command."""
ROUNDS: Final = 5
"""How often identifiers are looked for together, before those that are left are looked for one by one."""


async def holders(search: Searching, identifiers: Sequence[str]) -> Held:
    """Resources that have each of the identifiers ("system|value"): none, the only one, or some of several."""
    found: dict[str, Sequence[Resource]] = {}
    for start in range(0, len(identifiers), AT_ONCE):
        found |= await _held(search, identifiers[start : start + AT_ONCE])
    return found


async def _held(search: Searching, identifiers: Sequence[str]) -> Held:
    found: dict[str, Sequence[Resource]] = {}
    waiting = list(dict.fromkeys(identifiers))
    for _ in range(ROUNDS):
        page = await search(Search(In("identifier", tuple(waiting)), count=ENOUGH * len(waiting)))
        having = _by_identifier(page.rows)
        if not page.has_next:
            return found | {each: having[each] for each in waiting}
        # Some identifier is carried by many, and may have crowded the others out of the page: they are looked for
        # again without it.
        found |= {each: having[each] for each in waiting if len(having[each]) >= ENOUGH}
        waiting = [each for each in waiting if each not in found]
        if not waiting:
            return found
        await asyncio.sleep(0)  # others want to be answered too
    for each in waiting:
        page = await search(Search(In("identifier", (each,)), count=ENOUGH))
        found[each] = [row.resource for row in page.rows]
        await asyncio.sleep(0)
    return found


def _by_identifier(rows: Sequence[Row]) -> defaultdict[str, list[Resource]]:
    found: defaultdict[str, list[Resource]] = defaultdict(list)
    for row in rows:
        for text in set(_identifiers(row.resource)):
            found[text].append(row.resource)
    return found


def _identifiers(resource: Json) -> Iterator[str]:
    identifiers = resource.get("identifier")
    for each in identifiers if isinstance(identifiers, list) else [identifiers]:
        if isinstance(each, dict):
            system, value = each.get("system", ""), each.get("value", "")
            if isinstance(system, str) and isinstance(value, str):
                yield token(system, value)
