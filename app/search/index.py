"""What a store has to know of search, made from the parameter table."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal, TypeAlias

from app.fhir.served import SERVED
from app.search.algebra import ID, LAST_UPDATED, Index, Indexed
from app.search.intervals import UNIT
from app.search.parameters import Parameter, parameters, table_text
from app.search.texts import IDENTIFIER
from app.search.values import search_values

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind: TypeAlias = Literal["value", "reference", "interval"]

FORMAT = 5
"""Goes up with every change of the code that gives other search values for the same resource and table."""


def search_index() -> Index:
    """The index of all served types."""
    text = "\n".join((str(FORMAT), *SERVED, table_text()))
    return Index(
        version=sha256(text.encode()).hexdigest()[:16],
        parameters={
            type_name: dict(kept for parameter in parameters(type_name).values() for kept in _kept(parameter))
            for type_name in SERVED
        },
        values=search_values,
    )


def _kept(parameter: Parameter) -> Iterator[tuple[str, Indexed]]:
    if parameter.name in (ID, LAST_UPDATED):
        return
    refers = "Reference" in parameter.data_types
    kind: Kind = "interval" if parameter.ordered else "reference" if refers else "value"
    yield parameter.name, Indexed(kind, parameter.sortable)
    if refers:
        yield parameter.name + IDENTIFIER, Indexed("value", sortable=False)
    if parameter.kind == "quantity":
        yield parameter.name + UNIT, Indexed("interval", sortable=False)
