"""How long a client has read nothing of what waits for it. One that reads slowly reads, and is not silent."""

from __future__ import annotations


class Reading:
    """What is known of one client, looked at now and then."""

    __slots__ = ("_since", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._since = 0.0

    def silent(self, size: int, now: float) -> float:
        """For how many seconds as many bytes wait as now: `size`; 0.0 where none do."""
        if size != self._size:
            self._size, self._since = size, now
        return now - self._since if size else 0.0
