"""What was used last, as much as there is room for."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

Key = TypeVar("Key")
Value = TypeVar("Value")


class Latest(Generic[Key, Value]):
    """Values by key, each of which takes some room; those not used for longest make room for others.

    `hits` and `misses` count how often a value was there."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._taken = 0
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self.hits, self.misses = 0, 0

    def __iter__(self) -> Iterator[Key]:
        return iter(self._kept)

    def get(self, key: Key) -> Value | None:
        """The value of a key, None where it is not kept."""
        kept = self._kept.get(key)
        if kept is None:
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(key)
        return kept[0]

    def seen(self, key: Key) -> Value | None:
        """As `get`, for one who only looks: it counts as no use."""
        kept = self._kept.get(key)
        return kept[0] if kept else None

    def keep(self, key: Key, value: Value, takes: int) -> None:
        """Keep the value of a new key; one that would take more than a tenth of the room is not worth it."""
        if takes * 10 > self._room:
            return
        self._kept[key] = (value, takes)
        self._taken += takes
        while self._taken > self._room:
            _, (_, freed) = self._kept.popitem(last=False)
            self._taken -= freed
