"""A store that notes every command it is given."""

from __future__ import annotations

from typing import Any

COMMANDS = ("read", "search", "count", "related", "count_related", "heads", "version", "history")


class CountedStore:
    """Hands everything on to the store; `commands` are (method, resource type) in their order."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.commands: list[tuple[str, str]] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name not in COMMANDS:
            return method

        def counted(type_: str, *rest: Any) -> Any:
            self.commands.append((name, type_))
            return method(type_, *rest)

        return counted
