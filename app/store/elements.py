"""The elements of a resource that a read gives, where the caller does not need all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

ALWAYS: Final = frozenset({"resourceType", "id", "meta", "contained"})
"""What says which resource it is, and what its references may mean."""


def given(elements: Iterable[str] | None) -> frozenset[str] | None:
    """The elements that are read where these are named; None: all."""
    return None if elements is None else ALWAYS.union(elements)
