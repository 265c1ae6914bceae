"""Cursors of the feed of changes: the name of a store, and a position in its order of changes.

Each store has a name of its own, so that a cursor is not taken for one of another store. Positions of a store sort as
text in the order of its changes, and so do its cursors."""

from __future__ import annotations

from app.errors import InvalidCursor


def cursor(store: str, position: str) -> str:
    """The cursor of a position in a store of that name."""
    return f"{store}.{position}"


def position(cursor: str, store: str) -> str:
    """The position that a cursor of that store stands for. Raises InvalidCursor."""
    name, _, position = cursor.partition(".")
    if name != store:
        raise InvalidCursor
    return position
