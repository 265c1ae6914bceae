"""What all sockets of a server share."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.web.authentication.middleware import principal_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Scope

    from app.intake.identity import NewId
    from app.schema.build import DmiSchema
    from app.schema.context import Context
    from app.schema.live.feed import Feed
    from app.settings import Settings
    from app.usage.course import Course
    from app.usage.record import Record
    from app.usage.use import Use
    from app.web.authentication.middleware import Identify
    from app.web.documents import Documents
    from app.web.headers import Headers

AT_ONCE: Final = 4
"""Changes that are carried out at once for different audiences, so that requests have their turns."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one client, `sockets` may be open, with `subscriptions` each; `unread` bytes wait for one. `seconds` are those
    of a request, `client_seconds` what a client has to begin, and to read."""

    sockets: int
    subscriptions: int
    unread: int
    seconds: float
    client_seconds: float


def limits_of(settings: Settings) -> Limits:
    """The limits that the settings tell."""
    return Limits(
        settings.max_sockets,
        settings.max_subscriptions,
        settings.max_unread,
        settings.max_seconds,
        settings.max_client_seconds,
    )


@dataclass(frozen=True, slots=True)
class LiveWiring:
    """`context_of` and `documents` are as those of HTTP, `base` is this server's address as searches know it.

    `use_of` makes what is noted of a use, if anybody wants to know; `note` is told of subscriptions that have ended or
    were refused, and of clients that were; `keep` of refusals and of every change that is about to be told, and raises
    StoreUnavailable where it must not be."""

    schema: DmiSchema
    context_of: Callable[[Scope, Headers, str, NewId, Course | None], Context]
    documents: Documents
    base: str
    feed: Feed
    identify: Identify
    limits: Limits
    use_of: Callable[[], Use] | None = None
    note: Callable[[Record], None] | None = None
    keep: Callable[[Record], Awaitable[None]] | None = None
    sockets: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def use_in(self, scope: Scope, status: int = 200) -> Use | None:
        """What is noted of something that is done over a socket, if anybody wants to know."""
        if self.use_of is None:
            return None
        use = self.use_of()
        use.client = (scope.get("client") or ("",))[0]
        use.principal = principal_in(scope).name
        use.status = status
        return use
