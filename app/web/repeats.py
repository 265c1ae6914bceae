"""The header Idempotency-Key on mutations and on FHIR's writes: what is sent again is not done again, its
first answer is told again.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from app.fhir import json
from app.intake.idempotency import Answer, digest, idempotency_key, replayed
from app.intake.identity import RepeatableIds
from app.web.headers import text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.access.principal import Principal
    from app.fhir.resource import Json
    from app.intake.idempotency import Replay
    from app.intake.identity import NewId
    from app.intake.ledger import Ledger
    from app.web.headers import Headers

HEADER: Final = b"idempotency-key"
REPLAYED: Final = ((b"idempotency-replayed", b"true"),)
"""What an answer that is told again carries."""


class Repeats:
    """Repeated writes; a key belongs to the one who asks: that of another client is another key."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def told(
        self,
        principal: Principal,
        headers: Headers,
        request: tuple[bytes, ...],
        execute: Callable[[NewId], Awaitable[dict[str, Json]]],
    ) -> tuple[dict[str, Json], bool]:
        """A GraphQL response, and whether it was made for this request, not for an earlier one of the same key.

        `request` and errors are as in `replay`."""

        async def work(new_id: NewId) -> Answer:
            response = await execute(new_id)
            # Where there is no data, something may have been stored whose answer is too large to be told.
            stored = "data" in response and (
                response["data"] is None or any(field is not None for field in response["data"].values())
            )
            return Answer(json.encode(response).decode(), lasting=stored)

        replay = await self.replay(principal, headers, request, work)
        return json.decode(replay.text), replay.first

    async def replay(
        self,
        principal: Principal,
        headers: Headers,
        request: tuple[bytes, ...],
        work: Callable[[NewId], Awaitable[Answer]],
    ) -> Replay:
        """The answer of `work`, which is done once under the key in the header, and is told how new resources get their
        ids: the same ones whenever the request is repeated, others in another request.

        `request` is all that tells one request from another; a token of other rights makes it another one, since the
        first answer may hold what they do not reach. Raises RequestError, KeyReused, InProgress,
        StoreUnavailable, and what `work` raises."""
        key = f"{principal.identity}\n{idempotency_key(text_of(headers, HEADER))}"
        rights = (principal.grant.mark.encode(),) if principal.grant else ()
        ids = RepeatableIds(f"{key}\n{digest(*request)}")
        return await replayed(self._ledger, key, digest(*rights, *request), partial(work, ids))
