"""The shape of an answer as data: what becomes of each field, by the type of the object that has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import FieldNode


@dataclass(frozen=True, slots=True)
class Directives:
    """The shaping directives of a field; `slice` is its path."""

    flatten: bool = False
    first: bool = False
    singleton: bool = False
    slice: str | None = None


NONE: Final = Directives()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an answer: its response key, its directives, and what is selected in it by the object's type.

    `type` is the FHIR type that values under one name must share: "HumanName", "Reference", or "Resource" for any.
    Objects that are `kept` are answered as they were executed, and so is a field that is `plain`. Those of an abstract
    type never are: they also tell their type."""

    key: str
    type: str
    many: bool
    node: FieldNode
    directives: Directives
    below: Mapping[str, Shape]
    abstract: bool
    kept: bool

    @property
    def plain(self) -> bool:
        """Whether nothing is to be done with the field or in it."""
        return self.kept and self.directives == NONE


Shape: TypeAlias = "tuple[Field, ...]"
"""The fields of one type of object, in their order."""
