"""Places in an answer, as the links that lead up from them; a path is made of them only where an error needs one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

Place: TypeAlias = "tuple[Above, str | int, Any, bool]"
"""Where a value stands: the place of what holds it, its key there, the dict or list that holds it, and whether it is
required, so that what holds it cannot be without it."""


class Shared(Struct, eq=False):
    """The place of a document that several references lead to: it is built once, and stands at all of their `places`.

    `weight` is in how many places of the answer that is, since what refers to it may be shared itself."""

    places: list[Place]
    weight: int


Above: TypeAlias = "Place | Shared | None"


def paths(place: Above) -> Iterator[tuple[str | int, ...]]:
    """Every path of the answer that a place is."""
    if place is None:
        yield ()
    elif isinstance(place, Shared):
        for each in place.places:
            yield from paths(each)
    else:
        for path in paths(place[0]):
            yield (*path, place[1])


def nullified(place: Above) -> Above:
    """Put null at a place, or where it is required at the nearest place above that is not; answers that place.

    None: the answer itself is null. https://spec.graphql.org/October2021/#sec-Handling-Field-Errors"""
    while place is not None and not isinstance(place, Shared) and place[3]:
        place = place[0]
    for _, key, holder, _ in place.places if isinstance(place, Shared) else [place] if place else []:
        holder[key] = None
    return place
