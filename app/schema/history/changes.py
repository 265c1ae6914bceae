"""What differs between two versions of a resource."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from app.errors import NotFound, TooCostly
from app.fhir.differences import differences, effort
from app.schema.history.budget import COMPARED, Budget
from app.schema.history.versions import number_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from app.fhir.differences import Difference
    from app.fhir.resource import Resource
    from app.schema.context import Context

MOST_CHANGES: Final = 1_000


def changes_between(
    context: Context,
    type: str,  # noqa: A002 - FHIR's word
    id: str,  # noqa: A002 - FHIR's word
    later: str,
    earlier: str | None,
) -> Awaitable[list[Mapping[str, Any]] | None] | None:
    """What `Change` reads its fields from, for two versionIds; without `earlier` the one before the later. None beyond
    the request's budget. Raises NotFound where there is no such version, TooCostly."""
    if not context.once(Budget).reads(COMPARED):
        return None
    return _changes(context, type, id, number_of(later), _before(later) if earlier is None else number_of(earlier))


def _before(later: str) -> int | None:
    """The version before the first is 0: it is not there."""
    number = number_of(later)
    return None if number is None else number - 1


async def _changes(
    context: Context,
    type: str,  # noqa: A002 - FHIR's word
    id: str,  # noqa: A002 - FHIR's word
    later: int | None,
    earlier: int | None,
) -> list[Mapping[str, Any]] | None:
    budget = context.once(Budget)
    async with budget.comparing:
        before, after = [await _read(context, type, id, number) for number in (earlier, later)]
        # In a thread: others are answered while large documents are compared.
        found = await asyncio.to_thread(_compared, before, after, budget)
    if found is None:
        return None
    if len(found) > MOST_CHANGES:
        raise TooCostly(
            f"The versions differ in more than {MOST_CHANGES} places. Read the two as `raw` and compare them yourself.",
            f"Les versions diffèrent en plus de {MOST_CHANGES} endroits. Lisez les deux avec `raw` et comparez-les "
            "vous-même.",
            rule="history-changes",
        )
    return [each._asdict() for each in found]


def _compared(before: Resource | None, after: Resource | None, budget: Budget) -> list[Difference] | None:
    return differences(before, after) if budget.compares(effort(before) + effort(after)) else None


async def _read(context: Context, type: str, id: str, number: int | None) -> Resource | None:  # noqa: A002 - FHIR's words
    """The resource in a version, None in a tombstone and in version 0."""
    if number == 0:
        return None
    found = None if number is None else await context.repository.version(type, id, number)
    if found is None:
        raise NotFound(
            "The resource has no version of that number. Its history lists those it has.",
            "La ressource n’a pas de version de ce numéro. Son historique indique celles qu’elle a.",
            rule="version",
        )
    return found.resource
