"""All audiences of a process: whoever is to be told the same as others joins them, at once or when it has caught up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.web.live.audience import Audience

if TYPE_CHECKING:
    from collections.abc import Hashable

    from app.web.live.audience import Asked
    from app.web.live.subscriber import Subscriber
    from app.web.live.wiring import LiveWiring


class Audiences:
    """Subscribers of a process, by what they are told."""

    def __init__(self, wiring: LiveWiring) -> None:
        self.wiring = wiring
        self._live: dict[Hashable, Audience] = {}
        self._all: set[Audience] = set()

    @property
    def subscribers(self) -> int:
        """How many subscriptions there are."""
        return sum(len(each.subscribers) for each in self._all)

    async def join(self, asked: Asked, subscriber: Subscriber) -> None:
        """Have a subscriber told of what it asked for, from now on or from its cursor. Raises StoreUnavailable,
        NoChanges."""
        follower = await self.wiring.feed.join(asked.type)
        subscriber.last = follower.reached if asked.since is None else asked.since
        known = self._live.get(asked.key) if asked.since is None else None
        if known:
            self.wiring.feed.leave(follower)
        else:
            known = Audience(self.wiring, asked, follower, self._caught_up, self._ended)
            self._all.add(known)
            if asked.since is None:
                self._live[asked.key] = known
        known.join(subscriber)

    def close(self) -> None:
        """End all of them, without a word: their sockets are closed."""
        for audience in list(self._all):
            for subscriber in list(audience.subscribers):
                audience.leave(subscriber)

    def _caught_up(self, audience: Audience) -> bool:
        """Have an audience that resumed become the one for what it asks, or join that."""
        known = self._live.setdefault(audience.asked.key, audience)
        if known is audience or known.reached > audience.reached:
            return False
        for subscriber in audience.subscribers:
            subscriber.last = max(subscriber.last, audience.reached)  # what is being told is not reached yet
            known.join(subscriber)
        audience.subscribers.clear()
        self._ended(audience)
        return True

    def _ended(self, audience: Audience) -> None:
        self._all.discard(audience)
        if self._live.get(audience.asked.key) is audience:
            del self._live[audience.asked.key]
