"""How many persons a recall concerns: every patient that a procedure or a device names, merged records counted once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from app.fhir.reference import ID, Logical, Target, Uri, parse
from app.recall.filters import implanted, using
from app.recall.merging import persons_of
from app.recall.reading import local_id
from app.recall.resolving import identified
from app.search.algebra import And, Facet, Missing
from app.search.normal import token

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.fhir.resource import Json
    from app.recall.criteria import Criteria
    from app.recall.reading import Reader
    from app.search.algebra import Filter

_MOST: Final = 5_000_000  # texts of one tally: more than any hospital has patients
_IDENTIFIER: Final = "patient:identifier"
_UNNAMED: Final = (Missing("subject"), Missing("subject:identifier"))


async def count_persons(reader: Reader, criteria: Criteria, others: Iterable[Json], base: str) -> int:
    """The persons that the stored devices of a recall and the procedures which refer to them name, and `others`:
    further references to patients. One who is named only by an identifier that no patient has counts too, and so does
    each one whom only the procedure itself tells: in a contained resource, or by a text."""
    texts, identifiers = set(), set()
    told = await reader.count("Procedure", And((using(criteria, base), *_UNNAMED)))
    for found in await asyncio.gather(
        _named(reader, "Procedure", using(criteria, base)),
        *(_named(reader, "Device", part) for part in implanted(criteria, base)),
    ):
        texts |= found[0]
        identifiers |= found[1]
    for reference in others:
        parsed = parse(reference)
        if isinstance(parsed, Logical):
            identifiers.add(token(parsed.system, parsed.value))
        elif isinstance(parsed, Target | Uri):
            texts.add(reference["reference"])
        else:
            told += 1
    named = {local_id("Patient", text, base) or text for text in texts}
    known = await identified(reader, "Patient", sorted(identifiers))
    named |= {known[text]["id"] if text in known else text for text in identifiers}
    ids = {each for each in named if ID.fullmatch(each)}
    persons = await persons_of(reader, ids, base)
    return len({persons.of(each) for each in named}) + told


def is_named(reference: Json) -> bool:
    """Whether a reference leads out of its resource: to a patient of some server, or to one by an identifier."""
    return isinstance(parse(reference), Target | Uri | Logical)


async def _named(reader: Reader, type_name: str, filter: Filter) -> tuple[set[str], set[str]]:  # noqa: A002 - the algebra's word
    """The texts of the references under `patient`, and the identifiers of those that are identifiers only."""
    identified_only = And((filter, Missing("patient"), Missing(_IDENTIFIER, missing=False)))
    literal, logical = await asyncio.gather(
        reader.tally(type_name, filter, [Facet("patient")], _MOST),
        reader.tally(type_name, identified_only, [Facet(_IDENTIFIER, complete=True)], _MOST),
    )
    return set(literal[0].counts), set(logical[0].counts)
