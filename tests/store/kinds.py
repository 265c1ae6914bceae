"""The kinds of stores under test."""

from __future__ import annotations

from typing import Any, Final

import pytest

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

KEEPING: Final = ("sqlite file", "sqlite memory", "mongomock", "secantusdb", "mongodb")
"""For how resources are kept, whatever the way in which they are searched."""

APART: Final = "secantusdb keeping keys apart"
"""As a store on shards does."""

KEYING: Final[tuple[Any, ...]] = (
    *(kind for kind in KEEPING if kind != "mongomock"),
    APART,
    pytest.param("mongomock", marks=pytest.mark.skip(reason="mongomock does not keep the members of arrays unique")),
)
"""For keys that only one resource may have."""

DECIDING: Final[tuple[Any, ...]] = (
    *(kind for kind in KEEPING if kind != "mongomock"),
    APART,
    pytest.param("mongomock", marks=pytest.mark.skip(reason="mongomock does not tell whether it has transactions")),
)
"""For what is decided within a transaction where there are some."""

FEEDING: Final[tuple[Any, ...]] = (
    *(kind for kind in KEEPING if kind != "mongomock"),
    pytest.param("mongomock", marks=pytest.mark.skip(reason="mongomock has no change streams")),
)
"""For the feed of changes."""

JOINING: Final[tuple[Any, ...]] = (
    *(kind for kind in STORES if kind != "mongomock"),
    pytest.param("mongomock", marks=pytest.mark.skip(reason="mongomock has no $lookup with a pipeline, no $documents")),
    "secantusdb looking up",
)
"""For what stores join: one that is no judge of it is skipped with its reason, and one joins few as it joins many."""

LINKING: Final = (*STORES, "secantusdb looking up")
"""For what a store can find without a join where that leads to few resources, as mongomock does."""

READ_BY: Final = {
    "sqlite walking": {
        "app.store.sqlite.listing.SELECTIVE": 0,
        "app.store.sqlite.listing.TIES": 2,
        "app.store.sqlite.related.TOGETHER": 0,
    },
    "sqlite giving up": {
        "app.store.sqlite.listing.SELECTIVE": 0,
        "app.store.sqlite.listing.TIES": 2,
        "app.store.sqlite.listing.WALK": 10,
        "app.store.sqlite.listing.SKIP": 0,
    },
    "secantusdb looking up": {"app.store.mongo.links.FEW": 0},
}
"""Constants that make a store read few resources as it reads very many."""
