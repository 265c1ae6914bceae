"""Idempotency-Key: a request that is sent again is not done again, its first answer is told again.

    key = idempotency_key(header)                                # raises RequestError
    replay = await replayed(repository, key, digest(body), work) # raises KeyReused, InProgress, what `work` raises
    replay.text, replay.first

As payment services do (https://docs.stripe.com/api/idempotent_requests) an answer is remembered for 24 hours once
something was stored. A refusal (invalid, conflict, store away) is not: nothing was stored, so the client corrects the
request, or waits, and sends it under the same key. Source: draft-ietf-httpapi-idempotency-key-header, section 2.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from app.errors import KeyReused, RequestError, StoreUnavailable
from app.intake.ledger import LEASE, Patience, holding, let_go

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.intake.ledger import Ledger

REMEMBERED: Final = 86_400.0
"""Seconds for which an answer is told again."""

MOST: Final = 15_000_000
"""Bytes of an answer that is remembered; MongoDB keeps documents of up to 16 MiB. A larger one is made again: what was
created is found by its ids."""

_KEY: Final = re.compile(r'(?P<quote>"?)(?P<key>[!#-\[\]-~]{1,255})(?P=quote)')


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with, as one text; `lasting` where something was stored, so that it is remembered."""

    text: str
    lasting: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """An answer, and whether it is the first one under its key, not one that is told again."""

    text: str
    first: bool


def idempotency_key(header: str) -> str:
    """The key in an Idempotency-Key header: 1 to 255 visible ASCII characters, maybe in quotes. Raises RequestError."""
    found = _KEY.fullmatch(header.strip())
    if not found:
        raise RequestError(
            "Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.",
            "Idempotency-Key doit comporter de 1 à 255 caractères ASCII visibles, par exemple un UUID.",
            expression="Idempotency-Key",
        )
    return found["key"]


def digest(*parts: bytes) -> str:
    """What tells one request from another: method, path, body …; each part counts by itself."""
    return sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()


async def replayed(ledger: Ledger, key: str, request: str, work: Callable[[], Awaitable[Answer]]) -> Replay:
    """The answer of `work`, which is done once under a key of one client; `request` is the digest of the request.

    A key is to be told with whose it is. While the first request runs, the same one waits some seconds for its answer.
    Raises KeyReused for another request under the key, InProgress, and what `work` raises. Where this is cancelled it
    is not known what became of the work: the key stays held for some seconds."""
    name = f"answer:{digest(key.encode())}"
    holder = f"{request}/{uuid.uuid4()}"
    patience = Patience()
    while not (reservation := await ledger.reserve(name, holder, LEASE)).held:
        if reservation.holder.partition("/")[0] != request:
            raise _reused()
        if reservation.answer is not None:
            return Replay(reservation.answer, first=False)
        await patience.pause()
    return Replay(await _first(ledger, name, holder, work), first=True)


async def _first(ledger: Ledger, name: str, holder: str, work: Callable[[], Awaitable[Answer]]) -> str:
    try:
        async with holding(ledger, [name], holder):
            answer = await work()
    except Exception:
        await let_go(ledger, name, holder)
        raise
    if not answer.lasting or len(answer.text.encode()) > MOST:
        await let_go(ledger, name, holder)
        return answer.text
    # What was stored is to be acknowledged, even if the store cannot note that any more.
    with contextlib.suppress(StoreUnavailable):
        # First the answer: a server that is killed between the two must not leave the key held for a day without one.
        await ledger.settle(name, holder, answer.text)
        await ledger.reserve(name, holder, REMEMBERED)
    return answer.text


def _reused() -> KeyReused:
    return KeyReused(
        "This Idempotency-Key came with another request before. Use a new key for each request, and the same key only "
        "to repeat it.",
        "Cette Idempotency-Key accompagnait déjà une autre requête. Employez une clé nouvelle pour chaque requête, et "
        "la même seulement pour la répéter.",
        expression="Idempotency-Key",
    )
