"""Pieces of SQL as values; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Binding: TypeAlias = str | int | bytes


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the values of its question marks, in order."""

    text: str
    values: tuple[Binding, ...] = ()


ALWAYS: Final = Sql("1")
NEVER: Final = Sql("0")


def every(*conditions: Sql) -> Sql:
    """The condition that all of them hold."""
    return Sql(
        " AND ".join(condition.text for condition in conditions) or ALWAYS.text,
        tuple(value for condition in conditions for value in condition.values),
    )


def tree(operator: str, parts: Sequence[Sql], *, empty: Sql) -> Sql:
    """The parts with the operator between them, nested evenly, since SQLite bounds the depth of an expression.

    https://www.sqlite.org/limits.html#max_expr_depth"""
    if len(parts) < 2:
        return parts[0] if parts else empty
    one = tree(operator, parts[: len(parts) // 2], empty=empty)
    other = tree(operator, parts[len(parts) // 2 :], empty=empty)
    return Sql(f"({one.text} {operator} {other.text})", one.values + other.values)


def negated(condition: Sql) -> Sql:
    """The condition that it does not hold."""
    return Sql(f"NOT {condition.text}", condition.values)
