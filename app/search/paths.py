"""Simple paths into a FHIR document, and the values found there.

`name.given`; `telecom[system=phone]` takes the items whose element has one of the values (`a=x|y`);
`entry[0].resource` one item of a list; `$this` is the document itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.fhir.resource import Json

_STEP = re.compile(r"(?P<name>\w+)(?:\[(?:(?P<index>\d+)|(?P<key>[\w.]+)=(?P<value>[^\]]+))\])?(?:\.|$)")


class Step(NamedTuple):
    """An element by name; of its items the one at `at`, or those where `key` leads to one of `values`."""

    name: str
    at: int | None = None
    key: Path = ()
    values: frozenset[str] = frozenset()


Path: TypeAlias = tuple[Step, ...]
Reader: TypeAlias = "Callable[[Json], list[Json]]"


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


def reader(path: Path) -> Reader:
    """Reads everything a path leads to in a document, lists opened; what has another shape is passed over. Never
    raises. What it answers is not to be changed: it may be a list of the document."""
    if not path:
        return lambda document: [document]
    first, *others = map(_step_reader, path)
    if not others:
        return first

    def read(document: Json) -> list[Json]:
        found = first(document)
        for step in others:
            found = step(found[0]) if len(found) == 1 else [item for node in found for item in step(node)]
        return found

    return read


def _step_reader(step: Step) -> Reader:
    name, at, key, wanted = step
    read_key = reader(key)

    def read(node: Json) -> list[Json]:
        child = node.get(name) if isinstance(node, dict) else None
        if child is None:
            return []
        if not isinstance(child, list):
            return [child]
        return [item for item in child if item is not None] if None in child else child

    def read_one(node: Json) -> list[Json]:
        child = node.get(name) if isinstance(node, dict) else None
        items = child if isinstance(child, list) else [child]
        return [item for item in items[at : (at or 0) + 1] if item is not None]

    def read_some(node: Json) -> list[Json]:
        return [item for item in read(node) if any(isinstance(each, str) and each in wanted for each in read_key(item))]

    return read_some if key else read if at is None else read_one
