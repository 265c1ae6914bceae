"""The kinds of stores under test."""

from __future__ import annotations

from typing import Final

STORES: Final = (
    "sqlite file",
    "sqlite memory",
    "sqlite walking",
    "sqlite giving up",
    "mongomock",
    "secantusdb",
    "mongodb",
)

LASTING: Final = ("sqlite file", "mongomock", "secantusdb", "mongodb")
"""Those that can be opened again."""

READ_BY: Final = {
    "sqlite walking": {"SELECTIVE": 0, "TIES": 2},
    "sqlite giving up": {"SELECTIVE": 0, "TIES": 2, "WALK": 10, "SKIP": 0},
}
"""Constants of `app.store.sqlite.listing` that make a store read few resources as it reads very many."""
