"""The slices of an element, each with the test that its discriminators make together.

Source: https://hl7.org/fhir/R4/profiling.html#slicing
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.fhir.json import encode
from app.profiles.constraint import Expected, Slice
from app.profiles.differential import CORE, Drafted, UnsupportedDefinition
from app.profiles.discriminators import RESOLVE, by_existence, by_profile, by_type, by_value, every, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.profiles.constraint import Constraint, Matches

_BY_URL: Final = ({"type": "value", "path": "url"},)
_BY_TYPE: Final = ({"type": "type", "path": "$this"},)


class Told(NamedTuple):
    """One test of a slice; `exact` where the definition fixes the discriminator itself; `words` say what is tested."""

    matches: Matches
    exact: bool
    words: str


def compiled_slices(node: Drafted, constraint: Callable[[Drafted], Constraint]) -> tuple[Slice, ...]:
    """The slices of an element that can be told apart.

    One that no discriminator tells apart (it is bound to a value set that is not at hand) is left out: nothing can be
    said of it. Raises UnsupportedDefinition for a kind of discriminator R4 does not have."""
    return tuple(
        Slice(
            name=name,
            matches=every([test.matches for test in tests]),
            constraint=constraint(part),
            words=", ".join(test.words for test in tests),
            certain=any(test.exact for test in tests),
        )
        for name, part in node.slices.items()
        if (tests := [test for discriminator in _discriminators(node) for test in _tests(part, discriminator)])
    )


def _discriminators(node: Drafted) -> tuple[dict[str, Any], ...]:
    """Those that are written; extensions are told apart by url and choices by type even where nothing is written."""
    written = tuple(node.said.get("slicing", {}).get("discriminator", ()))
    if not written and node.name in ("extension", "modifierExtension"):
        return _BY_URL
    return _BY_TYPE if not written and node.name.endswith("[x]") else written


def _tests(part: Drafted, discriminator: dict[str, Any]) -> Iterator[Told]:
    """The tests one discriminator makes of a slice."""
    make = _MAKERS.get(discriminator["type"])
    if make is None:
        raise UnsupportedDefinition(f"{part.id}: no discriminator of type {discriminator['type']} in R4")
    yield from make(part, steps(discriminator["path"]))


def _value_tests(part: Drafted, path: tuple[str, ...]) -> Iterator[Told]:
    if path == ("url",) and (urls := part.listed("profile")):
        yield _value_test(path, Expected(urls[0], exact=True), exact=True)
        return
    node = part.at(path)
    if node is None:
        return
    if fixed := expected_of(node):
        yield _value_test(path, fixed, exact=True)
        return
    for below, descendant in node.descendants():
        if fixed := expected_of(descendant):
            yield _value_test((*path, *below), fixed, exact=False)


def _value_test(path: tuple[str, ...], expected: Expected, *, exact: bool) -> Told:
    words = f"{'.'.join(path)} = {encode(expected.value).decode()}".removeprefix(" = ")
    return Told(by_value(path, expected), exact, words)


def _existence_tests(part: Drafted, path: tuple[str, ...]) -> Iterator[Told]:
    node = part.at(path)
    if node and node.said.get("max") == "0":
        yield Told(by_existence(path, exists=False), True, f"{'.'.join(path)} = ∅")
    elif node and node.said.get("min", 0) > 0:
        yield Told(by_existence(path, exists=True), True, ".".join(path))


def _type_tests(part: Drafted, path: tuple[str, ...]) -> Iterator[Told]:
    """At resolve() the types are those of the targets of the reference before it, as far as they are R4 types."""
    node = part.at(path)
    if node is None:
        return
    targets = node.listed("targetProfile")
    if RESOLVE not in path:
        names = frozenset(kind["code"] for kind in node.types())
    else:
        names = frozenset(url.removeprefix(CORE) for url in targets if all(each.startswith(CORE) for each in targets))
    if names:
        yield Told(by_type(path, names), True, " | ".join(sorted(names)))


def _profile_tests(part: Drafted, path: tuple[str, ...]) -> Iterator[Told]:
    node = part.at(path)
    if node and (urls := node.listed("profile")):
        yield Told(by_profile(path, frozenset(urls)), True, f"{'.'.join(path)} : {' | '.join(urls)}")


def expected_of(node: Drafted) -> Expected | None:
    """The fixed[x] or pattern[x] of an element definition."""
    fixed = node.value("fixed", "pattern")
    return Expected(fixed[1], exact=fixed[0] == "fixed") if fixed else None


_MAKERS: Final[dict[str, Callable[[Drafted, tuple[str, ...]], Iterator[Told]]]] = {
    "value": _value_tests,
    "pattern": _value_tests,
    "exists": _existence_tests,
    "type": _type_tests,
    "profile": _profile_tests,
}
