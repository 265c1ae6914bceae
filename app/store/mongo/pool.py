"""The driver's connections, counted as it tells of them. https://pymongo.readthedocs.io/en/stable/api/pymongo/monitoring.html"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from pymongo.monitoring import ConnectionPoolListener

if TYPE_CHECKING:
    from pymongo.monitoring import (
        ConnectionCheckedInEvent,
        ConnectionCheckedOutEvent,
        ConnectionCheckOutFailedEvent,
        ConnectionCheckOutStartedEvent,
        ConnectionClosedEvent,
        ConnectionCreatedEvent,
        ConnectionReadyEvent,
        PoolClearedEvent,
        PoolClosedEvent,
        PoolCreatedEvent,
        PoolReadyEvent,
    )


class Pool(ConnectionPoolListener):
    """How many connections are open, in all pools of a client, and how many of them are used. The driver calls it from
    its threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.open, self.used = 0, 0

    def connection_created(self, event: ConnectionCreatedEvent) -> None:
        """One more."""
        with self._lock:
            self.open += 1

    def connection_closed(self, event: ConnectionClosedEvent) -> None:
        """One less."""
        with self._lock:
            self.open -= 1

    def connection_checked_out(self, event: ConnectionCheckedOutEvent) -> None:
        """One more is used."""
        with self._lock:
            self.used += 1

    def connection_checked_in(self, event: ConnectionCheckedInEvent) -> None:
        """One less is used."""
        with self._lock:
            self.used -= 1

    def connection_ready(self, event: ConnectionReadyEvent) -> None:
        """Nothing to count."""

    def connection_check_out_started(self, event: ConnectionCheckOutStartedEvent) -> None:
        """Nothing to count."""

    def connection_check_out_failed(self, event: ConnectionCheckOutFailedEvent) -> None:
        """Nothing to count."""

    def pool_created(self, event: PoolCreatedEvent) -> None:
        """Nothing to count."""

    def pool_ready(self, event: PoolReadyEvent) -> None:
        """Nothing to count."""

    def pool_cleared(self, event: PoolClearedEvent) -> None:
        """Nothing to count."""

    def pool_closed(self, event: PoolClosedEvent) -> None:
        """Nothing to count."""
