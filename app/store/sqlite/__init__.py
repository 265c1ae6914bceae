"""The embedded store, on SQLite."""

from app.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
