"""The transaction Bundle, at the base address and, as the guide has it, at [base]/Bundle.
https://hl7.org/fhir/R4/http.html#transaction"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.intake.transaction.response import transaction_response
from app.intake.transaction.transact import transact
from app.web.rest.exchange import Reply
from app.web.rest.preferences import MINIMAL, REPRESENTATION, returned

if TYPE_CHECKING:
    from app.fhir.resource import Json, Resource
    from app.intake.transaction.transact import Transaction
    from app.web.rest.exchange import Exchange


async def transaction(exchange: Exchange) -> Reply:
    """`POST [base]`: 200 with the transaction-response."""
    return await transacted(exchange, await exchange.sent())


async def transacted(exchange: Exchange, sent: Json) -> Reply:
    """All entries of a transaction Bundle are stored, or none; its conditions stand in its entries."""
    exchange.condition()
    done = await transact(exchange.wiring.rules, exchange.repository, sent, exchange.new_id)
    answer = transaction_response(done, exchange.language, exchange.base)
    if returned(exchange.headers, MINIMAL) == REPRESENTATION:
        answer = _with_resources(answer, done)
    return Reply(200, answer, stored=any(each.stored.changed for each in done.done))


def _with_resources(answer: Resource, transaction: Transaction) -> Resource:
    entries = zip(answer.get("entry", ()), transaction.done, strict=True)
    shown = [
        {**entry, **({"resource": done.stored.resource} if done.stored.resource else {})} for entry, done in entries
    ]
    return {**answer, **({"entry": shown} if shown else {})}
