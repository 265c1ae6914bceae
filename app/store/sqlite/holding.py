"""Where the tables keep the texts that resources are counted by; pure."""

# ruff: noqa: S608 - the SQL is composed of names of our own; every value from outside is bound

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.store.sqlite.sql import ALWAYS, Sql, every

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.search.algebra import Facet
    from app.store.sqlite.filters import Filters

_COMPLETE: Final = r"instr(replace(replace({text}, '\\', ''), '\|', ''), '|') > 0 AND substr({text}, -1) <> '|'"
"""A token is complete if there is a `|` in it, apart from escaped ones, and something behind it."""


@dataclass(frozen=True, slots=True)
class Held:
    """Tables in which `v` is a row of a resource with a text, told by `group`.

    `texts`: the query that gives `text` and `n` for the rows `counted` of part and n; None: the part is the text."""

    tables: str
    condition: Sql
    group: str
    texts: str | None = None

    def spelled(self, counted: Sql) -> Sql:
        """The query for texts and counts, from one for parts and counts."""
        if self.texts is None:
            return Sql(f"SELECT part AS text, n FROM ({counted.text})", counted.values)
        return Sql(self.texts.format(counted=f"({counted.text}) AS counted"), counted.values)


def held(filters: Filters, facet: Facet, *, by_index: bool) -> Iterator[Held]:
    """Each place where a facet's texts are, to be read by resource or in the order of the texts.

    Raises KeyError where the parameter has no texts, or none to be cut."""
    of = filters.of(facet.via.type) if facet.via else filters
    number, kept = of.numbers[facet.parameter], of.indexed[facet.parameter]
    of_parameter = Sql(f"v.parameter = {number}")
    if facet.length is not None:
        if not kept.sortable:
            raise KeyError(facet.parameter)
        table = "sort AS v INDEXED BY sort_text" if by_index else "sort AS v"
        yield Held(table, of_parameter, f"substr(v.text, 1, {int(facet.length)})")
        return
    if kept.kind == "interval":
        raise KeyError(facet.parameter)
    if kept.kind == "reference":
        table = "link AS v INDEXED BY link_target" if by_index else "link AS v"
        texts = "SELECT r.type || '/' || r.id AS text, n FROM {counted} CROSS JOIN resource AS r ON r.key = part"
        yield Held(table, of_parameter, "v.target", texts)
    complete = _COMPLETE.format(text="t.text") if facet.complete else ALWAYS.text
    if by_index:
        tables = "term AS t INDEXED BY term_text CROSS JOIN value AS v INDEXED BY value_term"
        of_term = Sql(f"t.parameter = {number} AND v.term = t.number AND {complete}")
        yield Held(tables, every(of_parameter, of_term), "t.text")
    else:
        texts = f"SELECT t.text AS text, n FROM {{counted}} CROSS JOIN term AS t ON t.number = part WHERE {complete}"
        yield Held("value AS v", of_parameter, "v.term", texts)
