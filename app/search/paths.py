"""Simple paths into a FHIR document, and the values found there.

`name.given`; `telecom[system=phone]` takes the items whose element has one of the values (`a=x|y`);
`entry[0].resource` one item of a list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from app.fhir.resource import Json

_STEP = re.compile(r"(?P<name>\w+)(?:\[(?:(?P<index>\d+)|(?P<key>[\w.]+)=(?P<value>[^\]]+))\])?(?:\.|$)")


@dataclass(frozen=True, slots=True)
class Step:
    """An element by name; of its items the one at `index`, or those where `key` leads to one of `values`."""

    name: str
    index: int | None = None
    key: Path = ()
    values: frozenset[str] = frozenset()


Path: TypeAlias = tuple[Step, ...]


def parse_path(text: str) -> Path:
    """The steps of a path as the parameter table writes it."""
    return tuple(
        Step(
            found["name"],
            int(found["index"]) if found["index"] else None,
            parse_path(found["key"] or ""),
            frozenset((found["value"] or "").split("|")) if found["key"] else frozenset(),
        )
        for found in _STEP.finditer(text)
    )


def values_at(document: Json, path: Path) -> list[Json]:
    """Everything a path leads to, lists opened; what has another shape is passed over. Never raises."""
    found = [document]
    for step in path:
        children = [node[step.name] for node in found if isinstance(node, dict) and step.name in node]
        found = [item for child in children for item in _items(child, step)]
        if not found:
            break
    return found


def _items(child: Json, step: Step) -> list[Json]:
    items = child if isinstance(child, list) else [child]
    if step.index is not None:
        items = items[step.index : step.index + 1]
    if step.key:
        items = [item for item in items if _has(item, step)]
    return [item for item in items if item is not None]


def _has(item: Json, step: Step) -> bool:
    return any(isinstance(value, str) and value in step.values for value in values_at(item, step.key))
