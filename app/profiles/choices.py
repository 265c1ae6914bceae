"""Choices of types: one type at a time, and one at all where R4 requires it.

Source: https://hl7.org/fhir/R4/formats.html#choice
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.profiles.finding import Finding, Kind
from app.profiles.presence import present

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.fhir.elements import Element, TypeDefinition
    from app.fhir.resource import Json
    from app.profiles.finding import Rule

SEVERAL = Kind(
    "choice",
    "structure",
    "{path} has several types at once ({names}). Keep one.",
    "{path} a plusieurs types à la fois ({names}). N’en gardez qu’un.",
)
NONE = Kind(
    "min",
    "required",
    "{path} is missing and R4 requires it, as one of: {names}. Add one.",
    "{path} est absent alors que R4 l’exige, sous l’une de ces formes : {names}. Ajoutez-en une.",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of types such as performed[x]; `keys` are the names of its members in JSON, with and without "_"."""

    name: str
    members: tuple[Element, ...]
    required: bool
    keys: frozenset[str]


def choice_rules(definition: TypeDefinition) -> tuple[Rule, ...]:
    """The rules for the choices of a type."""
    groups: dict[str, list[Element]] = {}
    for element in definition.elements.values():
        if element.choice:
            groups.setdefault(element.choice, []).append(element)
    return tuple(
        _rule(
            Choice(
                name=name,
                members=tuple(members),
                required=name in definition.required_choices,
                keys=frozenset(prefix + member.name for member in members for prefix in ("", "_")),
            )
        )
        for name, members in groups.items()
    )


def _rule(choice: Choice) -> Rule:
    def rule(value: Mapping[str, Json]) -> Iterable[Finding]:
        names = choice.keys.intersection(value)
        if len(names) == 1:
            [name] = names
            plain = name[0] != "_" and value[name]
        else:
            plain = not names and not choice.required
        return () if plain else _findings(value, choice)

    return rule


def _findings(value: Mapping[str, Json], choice: Choice) -> Iterator[Finding]:
    """A choice with two types at once, also through the underscore sibling of a primitive, or with none."""
    names = {name.removeprefix("_") for name in choice.keys.intersection(value)}
    if len(names) > 1:
        yield Finding(SEVERAL, f".{choice.name}", {"names": ", ".join(sorted(names))})
    elif choice.required and not any(present(value, member) for member in choice.members):
        yield Finding(NONE, f".{choice.name}", {"names": ", ".join(member.name for member in choice.members)})
