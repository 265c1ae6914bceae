"""What a list of patients looks like, worked out in the plainest way: the measure for every store."""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING

from app.search.algebra import ID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.search.algebra import SortKey


def in_order(rows: Mapping[str, Mapping[str, str]], sort: Sequence[SortKey]) -> list[str]:
    """The ids of rows, given as id → sort values, in the order of a sort."""

    def compare(one: str, other: str) -> int:
        for key in sort:
            first, second = ({ID: name, **rows[name]}.get(key.parameter) for name in (one, other))
            if first == second:
                continue
            if first is None or second is None:
                return 1 if first is None else -1
            return (1 if first > second else -1) * (-1 if key.descending else 1)
        return 1 if one > other else -1

    return sorted(rows, key=cmp_to_key(compare))
