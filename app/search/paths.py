"""Simple paths into a FHIR document, and the values found there.

`name.given`; `telecom[system=phone]` takes the items whose element has one of the values (`a=x|y`);
`entry[0].resource` one item of a list; `$this` is the document itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from app.fhir.resource import Json

_STEP = re.compile(r"(?P<name>\w+)(?:\[(?:(?P<index>\d+)|(?P<key>[\w.]+)=(?P<value>[^\]]+))\])?(?:\.|$)")


class Step(NamedTuple):
    """An element by name; of its items the one at `at`, or those where `key` leads to one of `values`."""

    name: str
    at: int | None = None
    key: Path = ()
    values: frozenset[str] = frozenset()


Path: TypeAlias = tuple[Step, ...]


def parse_path(text: str) -> Path:
    """The steps of a path as the parameter table writes it."""
    if text == "$this":
        return ()
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
    for name, at, key, wanted in path:
        items: list[Json] = []
        for node in found:
            child = node.get(name) if isinstance(node, dict) else None
            if isinstance(child, list):
                items += child if at is None else child[at : at + 1]
            elif child is not None and not at:
                items.append(child)
        if key:
            items = [item for item in items if _has(item, key, wanted)]
        if not items:
            return items
        found = [item for item in items if item is not None] if None in items else items
    return found


def _has(item: Json, key: Path, wanted: frozenset[str]) -> bool:
    return any(isinstance(value, str) and value in wanted for value in values_at(item, key))
