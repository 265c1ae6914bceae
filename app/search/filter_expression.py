"""`_filter`: a search as one expression. https://hl7.org/fhir/R4/search_filter.html

    date ge 2024-01-01 and date lt 2025-01-01 and not (status eq entered-in-error or code pr false)
    patient[birthdate lt 1950].name sw Martin and patient.organization.name co "saint louis"

| parameter        | operators                                                                               |
|------------------|-----------------------------------------------------------------------------------------|
| date             | eq ne gt lt ge le sa eb ap, as in `app.search.comparisons`, and po: the times overlap   |
| number, quantity | the same without po                                                                     |
| string           | eq (the whole, case and accents apart), ne, sw (starts with), co (contains), ew (ends)  |
| reference        | eq, re (the same), ne                                                                   |
| token, uri       | eq, ne                                                                                  |
| every one        | pr true, pr false: whether there is a value                                             |

`ne` (but for an interval) asks for resources that have values, none of them equal. In a value `|` and its escapes mean
what they mean in an argument, and a comma is a comma.

A chain (`patient.name`) asks for a resource that the reference points at; what stands in square brackets is asked of
that same resource. Where a reference may point at several types, each that has the parameters is meant, or the one
after a colon (`subject:Patient.name`). `patient:identifier` is the identifier inside the reference itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.errors import InvalidSearch, TooCostly
from app.search.algebra import ID, LAST_UPDATED, And, Contains, Eq, Filter, Missing, Not, Or
from app.search.chains import linked, linked_types
from app.search.comparisons import OVERLAPS, PREFIXES
from app.search.escapes import unescaped
from app.search.filter_syntax import Comparison, Expression, Joined, Negation, Step, Word, parse
from app.search.normal import PREFIX_LIMIT, folded, limited
from app.search.operands import comparing, matching
from app.search.parameters import Parameter, Source, parameters
from app.search.problems import at_column, empty, expression_error, malformed
from app.search.texts import IDENTIFIER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.search.parameters import Kind

MAX_CHAIN: Final = 3
MAX_LINKS: Final = 50
MAX_CONDITIONS: Final = 200

OPERATORS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "token": ("eq", "ne"),
    "uri": ("eq", "ne"),
    "reference": ("eq", "re", "ne"),
    "string": ("eq", "ne", "sw", "co", "ew"),
    "number": PREFIXES,
    "quantity": PREFIXES,
    "date": (*PREFIXES, OVERLAPS),
}


def filter_of_expression(type_name: str, expression: str | Expression, base: str = "") -> Filter:
    """The filter that a `_filter`, as text or as a tree, asks for; `base` is this server's FHIR address.

    Raises InvalidSearch, and TooCostly beyond MAX_LINKS and MAX_CONDITIONS."""
    tree = parse(expression) if isinstance(expression, str) else expression
    return _Compiler(base).compiled(type_name, tree, 0)


@dataclass(slots=True)
class _Compiler:
    """Turns a tree into a filter, and counts what a reference to several types multiplies: steps to other resources,
    each of which costs the store a join, and comparisons."""

    base: str
    links: int = 0
    conditions: int = 0

    def compiled(self, type_name: str, tree: Expression, chain: int) -> Filter:
        match tree:
            case Comparison(path):
                return self._along(path, tree, type_name, chain)
            case Negation(inner):
                return Not(self.compiled(type_name, inner, chain))
            case Joined(word, parts):
                filters = tuple(self.compiled(type_name, part, chain) for part in parts)
                return And(filters) if word == "and" else Or(filters)

    def _along(self, path: tuple[Step, ...], tree: Comparison, type_name: str, chain: int) -> Filter:
        """What the comparison at the end of a path asks of the resources of a type where the path starts."""
        step, rest = path[0], path[1:]
        known = parameters(type_name)
        if step.name not in known:
            raise expression_error(step.column, "parameter", known)
        if not rest:
            return self._compared(known[step.name], step, tree)
        if chain == MAX_CHAIN:
            raise expression_error(step.column, "chain")
        return self._any_of(known[step.name], step, rest, tree, chain)

    def _any_of(self, parameter: Parameter, step: Step, rest: tuple[Step, ...], tree: Comparison, chain: int) -> Filter:
        """The step to each type that it may lead to and that can be asked for the rest; an error where none can."""
        found: list[Filter] = []
        problem: InvalidSearch | None = None
        for target in _targets(parameter, step, rest[0]):
            self.links += 1
            self._check_cost()
            try:
                asked = self._along(rest, tree, target, chain + 1)
                if step.inner is not None:
                    asked = And((self.compiled(target, step.inner, chain + 1), asked))
            except InvalidSearch as error:
                problem = problem or error
            else:
                found.append(linked(parameter.name, target, asked, self.base))
        if problem is not None and not found:
            raise problem
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _check_cost(self) -> None:
        if self.links > MAX_LINKS or self.conditions > MAX_CONDITIONS:
            raise TooCostly(
                f"_filter follows references to more than {MAX_LINKS} types in all, or asks these for more than "
                f"{MAX_CONDITIONS} values. Name the type after a colon, as in subject:Patient.name, or ask for less.",
                f"_filter suit des références vers plus de {MAX_LINKS} types en tout, ou leur demande plus de "
                f"{MAX_CONDITIONS} valeurs. Nommez le type après deux-points, comme dans subject:Patient.name, ou "
                "demandez moins.",
                expression="_filter",
                rule="search-filter-links",
            )

    def _compared(self, parameter: Parameter, step: Step, tree: Comparison) -> Filter:
        self.conditions += 1
        self._check_cost()
        if step.inner is not None:
            raise expression_error(tree.operator.column, "path")
        if step.qualifier:
            parameter = _qualified(parameter, step)
        allowed = OPERATORS[parameter.kind]
        if tree.operator.text == "in":
            raise expression_error(tree.operator.column, "set", (*allowed, "pr"))
        if tree.operator.text not in (*allowed, "pr"):
            raise expression_error(tree.operator.column, "operator", (*allowed, "pr"))
        if tree.operator.text == "pr":
            return _present(parameter, tree.value)
        try:
            return holds(parameter, tree.operator.text, tree.value.text, self.base)
        except InvalidSearch as problem:
            raise at_column(problem, tree.value.column) from None


def _targets(parameter: Parameter, step: Step, following: Step) -> tuple[str, ...]:
    """The types that a step leads to and that have the following parameter."""
    possible = linked_types(parameter)
    if not possible:
        raise expression_error(step.column, "reference")
    if step.qualifier and step.qualifier not in possible:
        raise expression_error(step.column, "target", possible)
    targets = (step.qualifier,) if step.qualifier else possible
    found = tuple(target for target in targets if following.name in parameters(target))
    if not found:
        raise expression_error(
            following.column, "parameter", {name: None for each in targets for name in parameters(each)}
        )
    return found


def _qualified(parameter: Parameter, step: Step) -> Parameter:
    """`patient:identifier` as a parameter of its own."""
    if step.qualifier != IDENTIFIER.removeprefix(":") or not linked_types(parameter):
        raise expression_error(step.column, "qualifier")
    return identifier_of(parameter)


def identifier_of(reference: Parameter) -> Parameter:
    """The identifiers inside the references of a parameter, as a parameter of its own."""
    return Parameter(reference.name + IDENTIFIER, "token", (Source((), "Identifier"),))


def _present(parameter: Parameter, value: Word) -> Filter:
    if value.text not in ("true", "false"):
        raise expression_error(value.column, "presence")
    return present(parameter, wanted=value.text == "true")


def present(parameter: Parameter, *, wanted: bool) -> Filter:
    """Resources that have some value under the parameter or, where that is not wanted, none."""
    if parameter.name in (ID, LAST_UPDATED):
        return And() if wanted else Or()
    return Missing(parameter.name, missing=not wanted)


def holds(parameter: Parameter, operator: str, value: str, base: str) -> Filter:
    """Resources with a value that the operator accepts. Raises InvalidSearch for a value that is malformed."""
    if not value:
        raise empty(parameter.name)
    if parameter.ordered:
        return comparing(parameter, operator, value)
    if operator == "ne":
        return And((present(parameter, wanted=True), Not(holds(parameter, "eq", value, base))))
    if parameter.kind != "string" or operator == "sw":
        return matching(parameter, value, base)
    text = folded(unescaped(value))
    if not text:
        raise malformed(parameter.name, "string")
    if operator == "eq":
        return Eq(parameter.name, limited(text))
    if len(text) > PREFIX_LIMIT:
        raise malformed(parameter.name, "part")
    return Contains(parameter.name, text, at_end=operator == "ew")
