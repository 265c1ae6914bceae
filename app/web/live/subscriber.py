"""One subscription of one client."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING

from app.web.live.protocol import AFTER_NEXT, before_next, failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphql import GraphQLFormattedError

    from app.usage.record import Record
    from app.usage.use import Use
    from app.web.live.audience import Audience
    from app.web.live.outbox import Outbox
    from app.web.live.wiring import LiveWiring


class Subscriber:
    """Is told of changes behind the cursor `last`, under the id that its client has given.

    `ended` is called with that id when the server ends it; `record` has what it used."""

    def __init__(
        self,
        id: str,  # noqa: A002 - the protocol's word
        outbox: Outbox,
        record: Record,
        wiring: LiveWiring,
        ended: Callable[[str], None],
    ) -> None:
        self.id = id
        self.last = ""
        self.outbox = outbox
        self.record = record
        self.audience: Audience | None = None
        self._wiring = wiring
        self._ended = ended
        self._before = before_next(id)

    def next(self, cursor: str, text: str, use: Use | None) -> None:
        """Have a change told, unless it is one that was."""
        if cursor <= self.last:
            return
        self.last = cursor
        if not self.outbox.put(self._before, text, AFTER_NEXT):
            return
        self._wiring.figures["sent"] += 1
        if self.record.use and use:
            self.record.use.adds(use)

    def fail(self, errors: Sequence[GraphQLFormattedError]) -> None:
        """End it with what went wrong."""
        self.outbox.put(failed(self.id, errors))
        if use := self.record.use:
            for error in errors:
                use.met(error["extensions"]["code"], error["extensions"]["resource"]["issue"])
        self._ended(self.id)

    def close(self) -> None:
        """Leave, and tell those who want to know."""
        if self.audience:
            self.audience.leave(self)
        if (use := self.record.use) and self._wiring.note:
            use.took = perf_counter_ns() - use.begun
            self._wiring.note(self.record)
