"""Steps from a resource to the ones it refers to. https://hl7.org/fhir/R4/search.html#chaining"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.fhir.served import SERVED
from app.search.algebra import Linked
from app.search.parameters import parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.search.algebra import Filter
    from app.search.parameters import Parameter

SHORTHANDS: Final[Mapping[str, tuple[str, str, str]]] = {"patient__identifier": ("patient", "Patient", "identifier")}
"""Argument → the reference, the type it is followed to, and the parameter of that type whose values it takes."""


def shorthands(type_name: str) -> Mapping[str, tuple[str, str, str]]:
    """The shorthand arguments of a type: those whose reference it has."""
    known = parameters(type_name)
    return {
        name: chain
        for name, chain in SHORTHANDS.items()
        if chain[0] in known and chain[1] in linked_types(known[chain[0]])
    }


def linked_types(parameter: Parameter) -> tuple[str, ...]:
    """The served types that a reference may point at; none where the parameter is no reference to a resource."""
    if "Reference" not in parameter.data_types:
        return ()
    return tuple(name for name in SERVED if parameter.may_target(name))


def linked(parameter: str, type_name: str, filter: Filter, base: str) -> Linked:  # noqa: A002 - the algebra's word
    """Resources that refer, under the parameter, to one of the type which the filter matches."""
    return Linked(parameter, type_name, filter, prefixes(type_name, base))


def prefixes(type_name: str, base: str) -> tuple[str, ...]:
    """What stands ahead of the id in a reference to a resource of this server, whose FHIR address is `base`."""
    return tuple(f"{form}/" for form in forms(type_name, base))


def forms(relative: str, base: str) -> tuple[str, ...]:
    """How documents may write a reference to this server: relative, and absolute where its address is known."""
    return (relative, f"{base}/{relative}") if base else (relative,)
