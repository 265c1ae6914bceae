"""The tests that tell to which slice an occurrence of an element belongs.

Source: https://hl7.org/fhir/R4/profiling.html#discriminator
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from app.fhir.elements import UnknownType, type_definition
from app.profiles.references import target_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.fhir.resource import Json
    from app.profiles.constraint import Conforms, Expected, Item, Matches

THIS: Final = "$this"
RESOLVE: Final = "resolve()"
_STEP: Final = re.compile(
    r"extension\((?:'[^']*'|\"[^\"]*\")\)|resolve\(\)|ofType\([A-Za-z0-9]+\)|[$A-Za-z][A-Za-z0-9_]*"
)


def steps(path: str) -> tuple[str, ...]:
    """The steps of a discriminator's path: `extension('http://a.b').value` is ("extension('http://a.b')", "value")."""
    return tuple(step for step in _STEP.findall(path) if step != THIS)


def by_value(path: Sequence[str], expected: Expected) -> Matches:
    """A value at the path equals or includes what the slice expects there."""
    met, key = expected.met, tuple(path)

    def matches(item: Item, _: Conforms) -> bool:
        names = _names(item.type, key)
        if names is None:
            return any(met(reached.value) for reached in follow(item, path))
        return any(map(met, _values(item.value, names)))

    return matches


def by_existence(path: Sequence[str], *, exists: bool) -> Matches:
    """Something, or nothing, is at the path."""
    return lambda item, _: any(True for _reached in follow(item, path)) == exists


def by_type(path: Sequence[str], types: frozenset[str]) -> Matches:
    """What is at the path has one of the types: a choice by its name, a resource by its resourceType, a reference
    followed by resolve() by the type it points at."""
    return lambda item, _: any(reached.type in types for reached in follow(item, path))


def by_profile(path: Sequence[str], urls: frozenset[str]) -> Matches:
    """The resource at the path conforms to one of the profiles."""

    def matches(item: Item, conforms: Conforms) -> bool:
        return any(
            conforms(reached.value, url, reached.scope)
            for reached in follow(item, path)
            if isinstance(reached.value, dict)
            for url in sorted(urls)
        )

    return matches


def every(tests: Sequence[Matches]) -> Matches:
    """All the discriminators of a slice at once."""
    if len(tests) == 1:
        return tests[0]
    return lambda item, conforms: all(test(item, conforms) for test in tests)


def follow(item: Item, path: Sequence[str]) -> Iterator[Item]:
    """What is reached from an item by the steps of a path."""
    if not path:
        yield item
        return
    step, *rest = path
    for reached in _reached(item, step):
        yield from follow(reached, rest)


def _reached(item: Item, step: str) -> Iterator[Item]:
    value = item.value if isinstance(item.value, dict) else {}
    if step == RESOLVE:
        if kind := target_type(value, item.scope):
            yield item._replace(value={}, type=kind)
    elif step == f"ofType({item.type})":
        yield item
    elif step.startswith("extension("):
        for extension in _parts(value.get("extension")):
            if isinstance(extension, dict) and extension.get("url") == step[11:-2]:
                yield item._replace(value=extension, type="Extension")
    else:
        for name, kind in _forms(item.type, step):
            for part in _parts(value.get(name)):
                yield item._replace(value=part, type=_own_type(part, kind))


@lru_cache(maxsize=4096)
def _names(type_name: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
    """The JSON names along a path of nothing but elements that have one form each; None of another path."""
    names: list[str] = []
    for step in path:
        forms = _forms(type_name, step)
        if len(forms) != 1 or forms[0][1] == "Resource":
            return None
        [(name, type_name)] = forms
        names.append(name)
    return tuple(names)


def _values(value: Json, names: tuple[str, ...]) -> list[Json]:
    """What `follow` reaches by such names."""
    found = [value]
    for name in names:
        found = [part for each in found if isinstance(each, dict) for part in _parts(each.get(name))]
    return found


@lru_cache(maxsize=4096)
def _forms(type_name: str, step: str) -> tuple[tuple[str, str], ...]:
    """The JSON names of an element, several for a choice, with their types."""
    try:
        elements = type_definition(type_name).elements
    except UnknownType:
        return ()
    return tuple(
        (element.name, element.type) for element in elements.values() if step in (element.name, element.choice)
    )


def _own_type(value: Json, declared: str) -> str:
    kind = value.get("resourceType") if declared == "Resource" and isinstance(value, dict) else None
    return kind if isinstance(kind, str) else declared


def _parts(value: Json) -> Iterable[Json]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
