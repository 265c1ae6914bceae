"""Search arguments and `_sort` as values of the algebra. https://hl7.org/fhir/R4/search.html

Several parameters are AND; the items of a list, and the parts a comma separates inside one, are OR."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.errors import InvalidSearch
from app.search.algebra import ID, And, Eq, Filter, In, Or, SortKey
from app.search.chains import linked, shorthands
from app.search.comparisons import PREFIXES
from app.search.escapes import split
from app.search.normal import is_unicode
from app.search.operands import comparing, matching
from app.search.parameters import Parameter, parameters
from app.search.problems import empty, malformed, together, unknown, unsortable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST: Final = 8_000
"""Characters of one value, as of a whole `_filter`."""

_COMPARED = re.compile(rf"(?P<prefix>{'|'.join(PREFIXES)})?(?P<value>.*)", re.DOTALL)


def filter_of(type_name: str, arguments: Mapping[str, Sequence[str | None]], base: str = "") -> Filter:
    """The filter that search arguments ask for: {"status": ["completed"], "date": ["ge2024"]}.

    The arguments are parameters of the type and its shorthands (`app.search.chains`).
    `base` is this server's FHIR address: an absolute reference to it counts as the relative one. The order of the
    arguments does not change the filter. Raises one InvalidSearch that names every unknown parameter and every empty
    or malformed value."""
    filters: list[Filter] = []
    problems: list[InvalidSearch] = []
    for name in sorted(arguments):
        try:
            filters.append(_asked(type_name, name, arguments[name], base))
        except InvalidSearch as problem:
            problems.append(problem)
    if problems:
        raise together(problems)
    return filters[0] if len(filters) == 1 else And(tuple(filters))


def sort_of(type_name: str, text: str | None) -> tuple[SortKey, ...]:
    """The keys of a `_sort` such as "-date,_id"; none without one. FHIR's spelling ("death-date") is understood too.

    The id, ascending, ends every sort by itself, so `_id` and what follows it are left out. Raises InvalidSearch."""
    if text is None:
        return ()
    known = parameters(type_name)
    keys: list[SortKey] = []
    for written in text.split(","):
        descending = written.strip().startswith("-")
        name = written.strip().removeprefix("-").replace("-", "_")
        repeated = any(key.parameter == name for key in keys)
        if name not in known or not known[name].sortable or repeated:
            raise unsortable(type_name, (each.name for each in known.values() if each.sortable))
        keys.append(SortKey(name, descending))
    names = [key.parameter for key in keys]
    if ID not in names:
        return tuple(keys)
    end = names.index(ID)
    return tuple(keys[: end + keys[end].descending])


def _asked(type_name: str, name: str, values: Sequence[str | None], base: str) -> Filter:
    """The filter of one argument."""
    known, chains = parameters(type_name), shorthands(type_name)
    if name in chains:
        reference, target, asked = chains[name]
        alternatives = _alternatives(replace(parameters(target)[asked], name=name), values, base)  # named in errors
        return linked(reference, target, _any_of(asked, alternatives), base)
    if name not in known:
        raise unknown(type_name, name, (*known, *chains))
    return either(known[name], values, base)


def either(parameter: Parameter, values: Sequence[str | None], base: str = "") -> Filter:
    """Resources that have one of the values of a list, or of the parts a comma separates in one, under the parameter.

    Raises InvalidSearch."""
    return _any_of(parameter.name, _alternatives(parameter, values, base))


def _alternatives(parameter: Parameter, values: Sequence[str | None], base: str) -> list[Filter]:
    """One filter for each value of the list and each part of a value."""
    parts = [part for value in values for part in split(_encodable(parameter, value), ",")]
    if not all(parts) or not parts:
        raise empty(parameter.name)
    if max(map(len, parts)) > LONGEST:
        raise malformed(parameter.name, "long")
    return [_operand(parameter, part, base) for part in parts]


def _encodable(parameter: Parameter, value: str | None) -> str:
    if not is_unicode(value or ""):
        raise malformed(parameter.name, "text")
    return value or ""


def _operand(parameter: Parameter, part: str, base: str) -> Filter:
    if not parameter.ordered:
        return matching(parameter, part, base)
    found = _COMPARED.fullmatch(part)
    prefix, value = (found["prefix"], found["value"]) if found else (None, part)
    return comparing(parameter, prefix or "eq", value)


def _any_of(name: str, filters: Sequence[Filter]) -> Filter:
    """Alternatives of one parameter as one filter; equalities become one In, its values sorted and distinct."""
    equal: set[str] = set()
    others: dict[Filter, None] = {}
    for filter in filters:  # noqa: A001 - the algebra's word
        if isinstance(filter, Eq | In):
            equal.update((filter.value,) if isinstance(filter, Eq) else filter.values)
        else:
            others[filter] = None
    values = tuple(sorted(equal))
    found: list[Filter] = [Eq(name, values[0]) if len(values) == 1 else In(name, values)] if values else []
    found.extend(others)
    return found[0] if len(found) == 1 else Or(tuple(found))
