"""Search parameters as a URL has them, with modifiers and chains. https://hl7.org/fhir/R4/search.html

| written                            | asks for                                                              |
|------------------------------------|-----------------------------------------------------------------------|
| code=a,b                           | one of the values, as the argument of a list does                     |
| family:contains=x                  | a text with that somewhere inside it, whatever case and accents       |
| status:not=completed               | no such code, or no code at all                                       |
| code:missing=true                  | no value; with false: some value                                      |
| patient:identifier=system|x        | the identifier inside the reference itself                            |
| subject:Patient=p1                 | a reference to that type                                              |
| subject:Patient.name=x             | what the resource has that is referred to; at most three references   |
| _has:Procedure:focal-device:code=x | what a resource has that refers to the one which is searched          |

Without a type a chain asks each type that the reference may point at and that has the next parameter. `:exact` is
refused: search values are kept without case and accents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from app.errors import InvalidSearch, TooCostly
from app.fhir.served import SERVED
from app.search.algebra import Filter, Not, Or, Referenced
from app.search.arguments import either
from app.search.chains import linked, linked_types, prefixes
from app.search.escapes import split
from app.search.filter_expression import MAX_CHAIN, MAX_LINKS, holds, identifier_of, present
from app.search.parameters import fhir_name, parameters
from app.search.problems import not_allowed, unknown, unsupported
from app.search.value_counts import check_number_of_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.search.parameters import Parameter

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_:.\-]{0,199}")
_HAS: Final = "_has"


@dataclass(slots=True)
class QueryString:
    """Reads the parameters of one search; `base` is this server's FHIR address.

    It counts the steps to other resources, each of which costs the store a join."""

    base: str = ""
    links: int = 0

    def filter_of(self, type_name: str, written: str, value: str) -> Filter:
        """What one parameter asks of the resources of a type. Raises InvalidSearch, which names the parameter, and
        TooCostly beyond MAX_LINKS."""
        if not _NAME.fullmatch(written):
            raise unsupported("?", "name")
        if written.startswith(f"{_HAS}:"):
            return self._referenced(type_name, written, value)
        steps = written.split(".")
        if len(steps) > MAX_CHAIN + 1:
            raise unsupported(written, "chain")
        return self._along(type_name, steps, value)

    def _along(self, type_name: str, steps: Sequence[str], value: str) -> Filter:
        name, _, word = steps[0].partition(":")
        parameter = _known(type_name, name)
        if len(steps) > 1:
            return self._linked(parameter, word, steps[1:], value)
        check_number_of_values(type_name, parameter.name, [value])
        return _modified(parameter, word, value, self.base) if word else either(parameter, [value], self.base)

    def _linked(self, parameter: Parameter, type_name: str, rest: Sequence[str], value: str) -> Filter:
        """The step to each type that it may lead to and that can be asked for the rest; an error where none can."""
        targets = [target for target in linked_types(parameter) if type_name in ("", target)]
        if not targets:
            raise unsupported(fhir_name(parameter.name), "chain")
        following = _kept_as(rest[0].partition(":")[0])
        found: list[Filter] = []
        problem: InvalidSearch | None = None
        for target in [each for each in targets if following in parameters(each)] or targets[:1]:
            self._count_link()
            try:
                found.append(linked(parameter.name, target, self._along(target, rest, value), self.base))
            except InvalidSearch as error:
                problem = problem or error
        if problem is not None and not found:
            raise problem
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _referenced(self, type_name: str, written: str, value: str) -> Filter:
        parts = written.split(":", 3)
        if len(parts) != 4 or parts[1] not in SERVED or "." in written or not parts[3]:
            raise unsupported(_HAS, "has")
        _, source, reference, asked = parts
        parameter = _known(source, reference)
        if type_name not in linked_types(parameter):
            raise unsupported(_HAS, "has")
        self._count_link()
        return Referenced(source, parameter.name, self._along(source, [asked], value), prefixes(type_name, self.base))

    def _count_link(self) -> None:
        self.links += 1
        if self.links > MAX_LINKS:
            raise TooCostly(
                f"The search follows references to more than {MAX_LINKS} types in all. Name the type after a colon, as "
                "in subject:Patient.name, or ask for less.",
                f"La recherche suit des références vers plus de {MAX_LINKS} types en tout. Nommez le type après "
                "deux-points, comme dans subject:Patient.name, ou demandez moins.",
                rule="search-links",
            )


def _kept_as(name: str) -> str:
    """The name of a parameter as it is kept; FHIR writes it with hyphens."""
    return name.replace("-", "_")


def _known(type_name: str, name: str) -> Parameter:
    known = parameters(type_name)
    if _kept_as(name) not in known:
        raise unknown(type_name, name, map(fhir_name, known))
    return known[_kept_as(name)]


def _modified(parameter: Parameter, word: str, value: str, base: str) -> Filter:
    if word == "exact" and parameter.kind == "string":
        raise unsupported(f"{fhir_name(parameter.name)}:exact", "exact")
    modifiers = {name: read for name, (fits, read) in _MODIFIERS.items() if fits(parameter)}
    types = (parameter.targets or SERVED) if parameter.kind == "reference" else ()
    if word in modifiers:
        return modifiers[word](parameter, value, base)
    if word in types:
        return either(replace(parameter, targets=(word,)), [value], base)
    raise unsupported(fhir_name(parameter.name), "modifier", (*modifiers, *types))


def _missing(parameter: Parameter, value: str, _: str) -> Filter:
    if value not in ("true", "false"):
        raise not_allowed(f"{fhir_name(parameter.name)}:missing", ("true", "false"))
    return present(parameter, wanted=value == "false")


def _not(parameter: Parameter, value: str, base: str) -> Filter:
    return Not(either(parameter, [value], base))


def _contains(parameter: Parameter, value: str, base: str) -> Filter:
    found = tuple(holds(parameter, "co", part, base) for part in split(value, ","))
    return found[0] if len(found) == 1 else Or(found)


def _identifier(parameter: Parameter, value: str, base: str) -> Filter:
    return either(identifier_of(parameter), [value], base)


_MODIFIERS: Final[Mapping[str, tuple[Callable[[Parameter], bool], Callable[[Parameter, str, str], Filter]]]] = {
    "missing": (lambda _: True, _missing),
    "not": (lambda parameter: parameter.kind == "token", _not),
    "contains": (lambda parameter: parameter.kind == "string", _contains),
    "identifier": (lambda parameter: bool(linked_types(parameter)), _identifier),
}
"""Modifier → the parameters that take it, and what it asks for."""
