"""A profile as the walker uses it: an immutable tree of what it demands of each element.

Compiled from a StructureDefinition by `structure_definition`; evaluated by `conformance`.
Source: https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.fhir.elements import Element
    from app.fhir.resource import Json, Resource
    from app.profiles.scope import Scope

Openness: TypeAlias = Literal["open", "closed", "openAtEnd"]


class Item(NamedTuple):
    """One occurrence of an element: its value, FHIR type and place.

    `extras` holds the id and extensions of a primitive; its value is None where there is nothing else."""

    value: Json
    type: str
    path: str
    scope: Scope
    extras: Json = None


Matches: TypeAlias = "Callable[[Item, Conforms], bool]"
Conforms: TypeAlias = "Callable[[Resource, str, Scope], bool]"
"""Whether a resource conforms to the profile of a URL, for slices that are told apart by profile."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A fixed[x] (`exact`) or a pattern[x]: the value an element must equal or include."""

    value: Json
    exact: bool


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a profile demands of one element, beyond what R4 demands already.

    `elements` are the JSON forms of the element: one, or the members of a choice; `label` is its name in FHIRPath."""

    id: str
    label: str
    elements: tuple[Element, ...]
    min: int = 0
    max: int | None = None
    types: frozenset[str] = frozenset()  # allowed type names; empty: whatever R4 allows
    targets: frozenset[str] = frozenset()  # resource types a reference may point at; empty: as R4
    expected: Expected | None = None
    slicing: Slicing | None = None
    children: tuple[Constraint, ...] = ()


@dataclass(frozen=True, slots=True)
class Slicing:
    """How the occurrences of an element fall into slices; `exclusive` where none may be in two of them.

    Slices by profile are not: a resource may conform to the profiles of several."""

    rules: Openness
    ordered: bool
    exclusive: bool
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice: the test of its discriminators, the same in `words`, and the constraint on what is in it.

    `certain` is false where the profile fixes no value on the discriminator itself, only somewhere below it: such a
    slice cannot be told apart to the letter, so its cardinality gives warnings."""

    name: str
    matches: Matches
    constraint: Constraint
    words: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Profile:
    """A StructureDefinition ready for use: `id` begins the ids of its rules; `type` is the type it constrains.

    `contexts` are the elements an extension may stand on, `modifier` whether it is a modifier extension."""

    id: str
    url: str
    version: str
    type: str
    root: Constraint
    contexts: tuple[str, ...] = ()
    modifier: bool = False
