"""Whether a principal's rights reach a document: of current ones the store says so, by the filter that its searches
have; of deleted ones, of earlier versions, and of what is about to be written, the document itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from app.access.compartment import EVERYTHING
from app.access.refusals import out_of_reach
from app.search.algebra import ID, And, In, Search
from app.search.matching import matches
from app.search.values import search_values

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from app.access.principal import PrincipalRepository
    from app.fhir.resource import Resource
    from app.search.algebra import Filter
    from app.store.repository import Version

_AT_ONCE: Final = 500  # ids in one command


class Last(NamedTuple):
    """The last version of a resource, whether that is a tombstone, and the resource as it was in its last life."""

    version: int
    deleted: bool
    resource: Resource


async def reached(
    whole: PrincipalRepository,
    type_name: str,
    ids: Collection[str],
    reach: Filter,
    elements: Collection[str] | None = None,
) -> dict[str, Resource]:
    """The current resources under those ids that are reached, by id; one command for some hundred of them."""
    listed = sorted(set(ids))
    found: dict[str, Resource] = {}
    for start in range(0, len(listed), _AT_ONCE):
        some = tuple(listed[start : start + _AT_ONCE])
        kept = None if elements is None else frozenset(elements)
        page = await whole.search(type_name, Search(And((In(ID, some), reach)), count=len(some), elements=kept))
        found.update({row.position.id: row.resource for row in page.rows})
    return found


async def check(whole: PrincipalRepository, type_name: str, ids: Collection[str], reach: Filter) -> None:
    """Raises Forbidden where one of the resources, current or deleted, is not reached or was never there: the two are
    not told apart."""
    current = await reached(whole, type_name, ids, reach, ())
    for id_ in set(ids).difference(current):
        found = await last(whole, type_name, id_)
        if found is None or not found.deleted or not holds(reach, found.resource, id_):
            raise out_of_reach()


async def last(whole: PrincipalRepository, type_name: str, id: str) -> Last | None:  # noqa: A002 - FHIR's word
    """The last version of a resource; None where there never was one."""
    versions = await whole.history(type_name, id, 2)
    living = next((each.resource for each in versions if each.resource is not None), None)
    return Last(versions[0].version, versions[0].resource is None, living or {}) if versions else None


def holds(reach: Filter, resource: Resource, id: str) -> bool:  # noqa: A002 - FHIR's word
    """Whether a document is reached, as it tells by itself."""
    return reach == EVERYTHING or matches(reach, search_values(resource), id)


def shown(versions: Sequence[Version], told: Filter) -> list[Version]:
    """The versions that may be shown of a resource that is reached: it may have been somebody else's once."""
    return [each for each in versions if each.resource is None or holds(told, each.resource, each.id)]
