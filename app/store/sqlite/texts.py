"""Conditions on a text: equal, one of several, with a prefix, with a text inside; pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from app.search.algebra import Contains, Eq, In, Missing, Prefix, Range
from app.store.sqlite.sql import ALWAYS, Sql, every

if TYPE_CHECKING:
    from collections.abc import Iterable

Leaf: TypeAlias = Eq | In | Prefix | Contains | Range | Missing


def condition(leaf: Leaf, column: str) -> Sql:
    """The condition of a leaf on a column of texts. Raises KeyError for a leaf that has none: Range."""
    match leaf:
        case Eq(_, value):
            return Sql(f"{column} = ?", (value,))
        case In(_, values):
            return one_of(column, "SELECT value FROM json_each(?)", values)
        case Prefix(_, prefix):
            return starting(column, prefix)
        case Contains(_, text, at_end):
            return _containing(column, text, at_end=at_end)
    return none(leaf)


def one_of(column: str, choice: str, values: Iterable[object]) -> Sql:
    """The condition that a query, which takes the values as one text of JSON, gives what the column has."""
    return Sql(f"{column} IN ({choice})", (json.dumps(list(values)),))


def none(leaf: Leaf) -> Sql:
    """The condition of a leaf on a parameter that has no texts, or that asks for none: Missing."""
    if isinstance(leaf, Missing):
        return ALWAYS
    raise KeyError(leaf.parameter)


def starting(column: str, prefix: str) -> Sql:
    """The condition that a text starts with the prefix, as a range of an index."""
    end = after_prefix(prefix)
    return every(Sql(f"{column} >= ?", (prefix,)), *([] if end is None else [Sql(f"{column} < ?", (end,))]))


def after_prefix(prefix: str) -> str | None:
    """The least text that is greater than every text with the prefix; None: there is none."""
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)  # the surrogates are no characters


def _containing(column: str, text: str, *, at_end: bool) -> Sql:
    if not text:
        return ALWAYS
    if at_end:  # as bytes: SQLite's length of a text ends at U+0000
        return Sql(f"substr(CAST({column} AS BLOB), ?) = ?", (-len(text.encode()), text.encode()))
    return Sql(f"instr({column}, ?) > 0", (text,))
