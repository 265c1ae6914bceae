"""Nothing of a repository is forgotten when it is guarded."""

from __future__ import annotations

import inspect

from app.access.grant import grant_of
from app.access.guarded import GuardedRepository, seen_by
from app.access.principal import NOBODY, OPEN, Principal, PrincipalRepository
from app.search.index import search_index
from app.store.sqlite import SqliteStore

UNGUARDED = {"reserve", "settle"}
"""The ledger: names that one request holds at a time, and answers that its own repeats are told."""


def test_every_method_is_guarded() -> None:
    methods = {name for name, each in vars(PrincipalRepository).items() if not name.startswith("_") and callable(each)}
    overridden = {name for name in methods if name in vars(GuardedRepository)}
    assert methods - overridden == UNGUARDED
    assert {"whole", "partial"} <= {name for name, _ in inspect.getmembers(GuardedRepository)}


def test_an_open_server_guards_nothing() -> None:
    store = SqliteStore(None, search_index())
    assert type(seen_by(store, OPEN, "")) is PrincipalRepository
    assert type(seen_by(store, NOBODY, "")) is GuardedRepository
    assert type(seen_by(store, Principal(grant=grant_of(["system/*.cruds"])), "")) is GuardedRepository


def test_the_feed_of_changes_which_knows_no_rights_is_offered_to_nobody() -> None:
    assert {"latest", "changes"}.isdisjoint(dir(PrincipalRepository) + dir(GuardedRepository))
