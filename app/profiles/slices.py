"""The slices of an element, each with the test that its discriminators make together.

Source: https://hl7.org/fhir/R4/profiling.html#slicing
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.profiles.constraint import Expected, Slice
from app.profiles.differential import Drafted, UnsupportedDefinition
from app.profiles.discriminators import RESOLVE, by_existence, by_profile, by_type, by_value, every, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.profiles.constraint import Constraint, Matches

_BY_URL: Final = ({"type": "value", "path": "url"},)
_BY_TYPE: Final = ({"type": "type", "path": "$this"},)


def compiled_slices(node: Drafted, constraint: Callable[[Drafted], Constraint]) -> tuple[Slice, ...]:
    """The slices of an element that can be told apart.

    One that no discriminator tells apart (it is bound to a value set that is not at hand) is left out: nothing can be
    said of it. Raises UnsupportedDefinition for a kind of discriminator R4 does not have."""
    return tuple(
        Slice(name, every([test for test, _ in tests]), constraint(part), certain=any(exact for _, exact in tests))
        for name, part in node.slices.items()
        if (tests := [test for discriminator in _discriminators(node) for test in _tests(part, discriminator)])
    )


def _discriminators(node: Drafted) -> tuple[dict[str, Any], ...]:
    """Those that are written; extensions are told apart by url and choices by type even where nothing is written."""
    written = tuple(node.said.get("slicing", {}).get("discriminator", ()))
    if not written and node.name in ("extension", "modifierExtension"):
        return _BY_URL
    return _BY_TYPE if not written and node.name.endswith("[x]") else written


def _tests(part: Drafted, discriminator: dict[str, Any]) -> Iterator[tuple[Matches, bool]]:
    """The tests one discriminator makes of a slice, and whether the discriminator itself is what is fixed."""
    path = steps(discriminator["path"])
    make = _MAKERS.get(discriminator["type"])
    if make is None:
        raise UnsupportedDefinition(f"{part.id}: no discriminator of type {discriminator['type']} in R4")
    yield from make(part, path)


def _value_tests(part: Drafted, path: tuple[str, ...]) -> Iterator[tuple[Matches, bool]]:
    if path == ("url",) and (urls := part.listed("profile")):
        yield by_value(path, [Expected(urls[0], exact=True)]), True
        return
    node = part.at(path)
    if node is None:
        return
    if fixed := expected_of(node):
        yield by_value(path, [fixed]), True
        return
    for below, descendant in node.descendants():
        if fixed := expected_of(descendant):
            yield by_value((*path, *below), [fixed]), False


def _existence_tests(part: Drafted, path: tuple[str, ...]) -> Iterator[tuple[Matches, bool]]:
    node = part.at(path)
    if node and node.said.get("max") == "0":
        yield by_existence(path, exists=False), True
    elif node and node.said.get("min", 0) > 0:
        yield by_existence(path, exists=True), True


def _type_tests(part: Drafted, path: tuple[str, ...]) -> Iterator[tuple[Matches, bool]]:
    """At resolve() the types are those of the targets of the reference before it."""
    node = part.at(tuple(step for step in path if step != RESOLVE))
    if node is None:
        return
    if RESOLVE in path:
        names = frozenset(url.rpartition("/")[2] for url in node.listed("targetProfile"))
    else:
        names = frozenset(kind["code"] for kind in node.types())
    if names:
        yield by_type(path, names), True


def _profile_tests(part: Drafted, path: tuple[str, ...]) -> Iterator[tuple[Matches, bool]]:
    node = part.at(path)
    if node and (urls := node.listed("profile")):
        yield by_profile(path, frozenset(urls)), True


def expected_of(node: Drafted) -> Expected | None:
    """The fixed[x] or pattern[x] of an element definition."""
    fixed = node.value("fixed", "pattern")
    return Expected(fixed[1], exact=fixed[0] == "fixed") if fixed else None


_MAKERS: Final[dict[str, Callable[[Drafted, tuple[str, ...]], Iterator[tuple[Matches, bool]]]]] = {
    "value": _value_tests,
    "pattern": _value_tests,
    "exists": _existence_tests,
    "type": _type_tests,
    "profile": _profile_tests,
}
