"""A profile as the walker uses it: an immutable tree of what it demands of each element.

Compiled from a StructureDefinition by `structure_definition`; evaluated by `conformance`.
Source: https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from app.profiles.patterns import equals, includes

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.fhir.elements import Element
    from app.fhir.resource import Json, Resource
    from app.profiles.patterns import Test
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
    """A fixed[x] (`exact`) or a pattern[x]: the value an element must equal or include, and whether one does."""

    value: Json
    exact: bool
    met: Test = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "met", equals(self.value) if self.exact else includes(self.value))


class Form(NamedTuple):
    """A JSON form of an element: its property, that of its extensions if it is primitive, and its FHIR type."""

    name: str
    beside: str | None
    type: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a profile demands of one element, beyond what R4 demands already.

    `elements` are the JSON forms of the element: one, or the members of a choice; `label` is its name in FHIRPath.
    Made of the others: its `forms` and the `names` of their properties; whether it is `needed`, so that there is
    something to say where it is not there; whether something is `restricted` in each occurrence by itself."""

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
    forms: tuple[Form, ...] = field(init=False)
    names: frozenset[str] = field(init=False)
    needed: bool = field(init=False)
    restricted: bool = field(init=False)

    def __post_init__(self) -> None:
        forms = tuple(Form(each.name, f"_{each.name}" if each.primitive else None, each.type) for each in self.elements)
        in_slices = self.slicing is not None and any(part.constraint.min for part in self.slicing.slices)
        made = {
            "forms": forms,
            "names": frozenset(name for form in forms for name in form[:2] if name),
            "needed": self.min > 0 or in_slices,
            "restricted": bool(self.types or self.expected or self.targets),
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    @property
    def idle(self) -> bool:
        """Whether it demands nothing: the profile only says how the element is meant, or that it must be supported."""
        return not (self.min or self.restricted or self.slicing or self.children) and self.max is None

    def allows(self, count: int) -> bool:
        """Whether the element may come so many times."""
        return self.min <= count and (self.max is None or count <= self.max)


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
