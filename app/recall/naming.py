"""Devices that procedures name by an identifier alone, as in `{"identifier": {"system": …, "value": …}}`.

No index joins two identifiers as it joins a reference and an id. So the identifiers of the devices that are meant come
first, then those of them that procedures name: with them the filters of `app.recall.filters` are complete.
Source: https://hl7.org/fhir/R4/references.html#logical
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.errors import TooCostly
from app.recall.filters import BY_IDENTIFIER, COUNTED, devices, named_by, procedures
from app.search.algebra import And, Facet, Missing, Or, Search

if TYPE_CHECKING:
    from app.recall.criteria import Criteria
    from app.recall.reading import Reader
    from app.search.algebra import Filter

MOST: Final = 50_000
"""So many identifiers are followed at most."""


async def named(reader: Reader, criteria: Criteria, base: str) -> Criteria:
    """The criteria with their identifiers; mostly no procedure names a device by one, and then there are none.

    Raises TooCostly where the devices that are meant have more than MOST."""
    if not await _anywhere(reader):
        return criteria
    (known,) = await reader.tally("Device", devices(criteria, base), [Facet("identifier", complete=True)], MOST)
    if known.distinct > MOST:
        raise _too_many()
    identifiers = tuple(sorted(known.counts))
    every, within = await asyncio.gather(
        *(_used(reader, identifiers, filter_) for filter_ in (COUNTED, procedures(criteria, base)))
    )
    return replace(criteria, identifiers=every, identifiers_within=within)


async def _anywhere(reader: Reader) -> bool:
    some = Or(tuple(Missing(parameter, missing=False) for parameter in BY_IDENTIFIER))
    return bool((await reader.search("Procedure", Search(some, count=1))).rows)


async def _used(reader: Reader, identifiers: tuple[str, ...], filter: Filter) -> tuple[str, ...]:  # noqa: A002 - the algebra's word
    """Those of the identifiers by which procedures that the filter matches name a device."""
    wanted = And((filter, Or(named_by(identifiers))))
    tallies = await reader.tally("Procedure", wanted, [Facet(each, complete=True) for each in BY_IDENTIFIER], MOST)
    return tuple(sorted(set(identifiers).intersection(*[{text for tally in tallies for text in tally.counts}])))


def _too_many() -> TooCostly:
    return TooCostly(
        f"These devices have more than {MOST} identifiers, and some procedures name devices by an identifier alone. "
        "Add a criterion that leaves fewer devices.",
        f"Ces dispositifs portent plus de {MOST} identifiants, et des interventions désignent des dispositifs par leur "
        "seul identifiant. Ajoutez un critère qui laisse moins de dispositifs.",
        rule="recall-identifiers",
    )
