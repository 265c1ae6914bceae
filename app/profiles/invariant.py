"""What an invariant is, and the conditions most of them are made of.

A condition never raises and holds for whatever it cannot judge: malformed parts are reported by other rules.
Source: https://hl7.org/fhir/R4/conformance-rules.html#constraints
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from app.profiles.finding import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from app.errors import Severity
    from app.fhir.resource import Json

Value: TypeAlias = "Mapping[str, Json]"


@dataclass(frozen=True, slots=True)
class Invariant:
    """A condition on the elements of a type: its R4 key, when it holds, and what to do when it does not."""

    key: str
    holds: Callable[[Value], object]
    en: str
    fr: str
    severity: Severity = "error"
    below: str = ""
    kind: Kind = field(init=False)

    def __post_init__(self) -> None:
        kind = Kind(self.key, "invariant", "{path}: " + self.en, "{path} : " + self.fr, self.severity)
        object.__setattr__(self, "kind", kind)

    def findings(self, value: Value) -> Iterable[Finding]:
        """The invariant's finding where it does not hold."""
        return () if self.holds(value) else (Finding(self.kind, self.below, rule=self.key),)


def has(value: Value, name: str) -> bool:
    """FHIRPath `exists()`: an element is there, by a value or, for a primitive, by its extensions.

    A name that ends in [x] is a choice of types."""
    if name.endswith("[x]"):
        stem = name[:-3]
        return any(stem in key and _is_of_choice(key.removeprefix("_"), stem) for key in value)
    return value.get(name) not in (None, [], {}) or bool(value.get(f"_{name}"))


def _is_of_choice(key: str, stem: str) -> bool:
    return key.startswith(stem) and key[len(stem) :][:1].isupper()


def objects(value: Value, *names: str) -> Iterator[Value]:
    """The JSON objects at a path of element names, through arrays; what is malformed is passed over."""
    if not names:
        yield value
        return
    found = value.get(names[0])
    for item in found if isinstance(found, list) else (found,):
        if isinstance(item, dict):
            yield from objects(item, *names[1:])


def needs(given: str, *needed: str) -> Callable[[Value], bool]:
    """With `given`, one of `needed` must be there."""
    return lambda value: not has(value, given) or any(has(value, name) for name in needed)


def some(*names: str) -> Callable[[Value], bool]:
    """At least one of the elements must be there."""
    return lambda value: any(has(value, name) for name in names)


def not_both(one: str, other: str) -> Callable[[Value], bool]:
    """At most one of two elements may be there."""
    return lambda value: not (has(value, one) and has(value, other))


def either(one: str, other: str) -> Callable[[Value], bool]:
    """Exactly one of two elements must be there."""
    return lambda value: has(value, one) != has(value, other)
