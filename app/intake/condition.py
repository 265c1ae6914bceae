"""The condition of a conditional request, such as ifNoneExist: a search that one resource, or none, is to match.

Source: https://hl7.org/fhir/R4/http.html#ccreate
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from app.errors import InvalidSearch, PreconditionFailed
from app.search.algebra import And, Search
from app.search.arguments import filter_of
from app.search.problems import together

if TYPE_CHECKING:
    from app.fhir.resource import Resource
    from app.intake.writer import Searcher
    from app.search.algebra import Filter

LONGEST: Final = 2_000
"""Characters of a condition."""

_MOST: Final = 20
"""Parameters of a condition."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Resources of a type that a filter matches."""

    type: str
    filter: Filter

    @property
    def name(self) -> str:
        """The name under which one request at a time creates what meets the condition; equal conditions share it."""
        return f"condition:{self.type}:{sha256(repr(self.filter).encode()).hexdigest()}"

    async def match(self, searcher: Searcher) -> Resource | None:
        """The resource that meets the condition, None where there is none. Raises PreconditionFailed for several."""
        rows = (await searcher.search(self.type, Search(self.filter, count=2))).rows
        if len(rows) > 1:
            raise several()
        return rows[0].resource if rows else None


def condition(type_name: str, text: str, base: str = "") -> Condition:
    """What a search text asks for: "identifier=system|value", or more parameters joined by &, which must all match.

    Values are read as in a URL (%7C is |, + a blank); "Type?" may stand ahead. `base` is this server's FHIR address.
    Raises InvalidSearch, which names every parameter that is unknown or malformed."""
    query = text.removeprefix(type_name).removeprefix("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST, errors="strict")
    except ValueError:
        raise _unreadable() from None
    if not pairs or len(text) > LONGEST:
        raise _unreadable()
    filters: list[Filter] = []
    problems: list[InvalidSearch] = []
    for name, value in sorted(set(pairs)):
        try:
            filters.append(filter_of(type_name, {name.replace("-", "_"): [value]}, base))
        except InvalidSearch as problem:
            problems.append(problem)
    if problems:
        raise together(problems)
    return Condition(type_name, filters[0] if len(filters) == 1 else And(tuple(filters)))


def several(expression: str = "") -> PreconditionFailed:
    """More than one resource meets a condition."""
    return PreconditionFailed(
        "Several resources meet the condition of the request, so it does not tell which one is meant. Nothing was "
        "stored. Make the condition narrower, or name the resource by its id.",
        "Plusieurs ressources remplissent la condition de la requête, qui ne dit donc pas laquelle est visée. Rien n’a "
        "été enregistré. Précisez la condition, ou désignez la ressource par son id.",
        expression=expression,
        rule="condition",
    )


def _unreadable() -> InvalidSearch:
    return InvalidSearch(
        f"The condition is not a search: write parameters with their values, as in identifier=system|value, joined by "
        f"&, at most {_MOST} of them and {LONGEST} characters.",
        f"La condition n’est pas une recherche : écrivez des paramètres et leurs valeurs, comme "
        f"identifier=système|valeur, reliés par &, {_MOST} au plus et {LONGEST} caractères.",
        rule="condition",
    )
