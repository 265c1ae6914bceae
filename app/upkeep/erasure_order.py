"""The order in which a plan is carried out: what refers to a resource goes before it. Then whatever stays in the end,
because it has changed, still has all that it refers to."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BATCH: Final = 500


def batches(links: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, list[str]]]:
    """Types and ids of places, given with what each refers to. Of a ring, in which each refers to the next, one has to
    be the first."""
    levels: dict[tuple[int, str], list[str]] = {}
    for place, level in _levels(links).items():
        type_, _, id_ = place.partition("/")
        levels.setdefault((level, type_), []).append(id_)
    for (_, type_), ids in sorted(levels.items()):
        waiting = iter(ids)
        while batch := list(islice(waiting, BATCH)):
            yield type_, batch


def _levels(links: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """How many follow each other up to a place."""
    order = _referring_first(links)
    levels = dict.fromkeys(order, 0)
    position = {place: number for number, place in enumerate(order)}
    for place in order:
        for target in links[place]:
            if target in links and position[target] > position[place]:
                levels[target] = max(levels[target], levels[place] + 1)
    return levels


def _referring_first(links: Mapping[str, Iterable[str]]) -> list[str]:
    """The places, the last first that a search into the depth is done with: a topological order."""
    done: list[str] = []
    seen: set[str] = set()
    for root in links:
        waiting = [(root, iter(links[root]))] if root not in seen else []
        seen.add(root)
        while waiting:
            place, targets = waiting[-1]
            target = next((each for each in targets if each in links and each not in seen), None)
            if target is None:
                done.append(place)
                waiting.pop()
            else:
                seen.add(target)
                waiting.append((target, iter(links[target])))
    return done[::-1]
