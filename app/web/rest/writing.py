"""Create, update, patch and delete, by the same functions as GraphQL's mutations.
https://hl7.org/fhir/R4/http.html#create"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.intake import create as creating
from app.intake import delete as deleting
from app.intake import patch as patching
from app.intake import update as updating
from app.web.fhir_media import check_sent_in
from app.web.rest.exchange import IF_MATCH, IF_NONE_EXIST, Reply
from app.web.rest.replies import done_reply, kept_reply
from app.web.rest.transaction import transacted

if TYPE_CHECKING:
    from app.web.rest.exchange import Exchange

JSON_PATCH: Final = "application/json-patch+json"


async def create(exchange: Exchange) -> Reply:
    """`POST [type]`: 201, or 200 with the resource that meets If-None-Exist. At [base]/Bundle a transaction is carried
    out, as the guide sends them, and any other Bundle is stored."""
    sent = await exchange.sent()
    if exchange.type == "Bundle" and isinstance(sent, dict) and sent.get("type") == "transaction":
        return await transacted(exchange, sent)
    condition = exchange.condition(IF_NONE_EXIST)
    rules, store = exchange.wiring.rules, exchange.repository
    kept = await creating.create(rules, store, exchange.type, sent, condition, exchange.new_id)
    return kept_reply(exchange, kept)


async def update(exchange: Exchange) -> Reply:
    """`PUT [type]/[id]`: 200, or 201 where there was none, or it was deleted."""
    condition, sent = exchange.condition(IF_MATCH), await exchange.sent()
    rules, store = exchange.wiring.rules, exchange.repository
    return kept_reply(exchange, await updating.update(rules, store, exchange.type, exchange.id, sent, condition))


async def patch(exchange: Exchange) -> Reply:
    """`PATCH [type]/[id]` with a JSON Patch: 200."""
    condition = exchange.condition(IF_MATCH)
    check_sent_in(exchange.header(b"content-type"), JSON_PATCH)
    rules, store, sent = exchange.wiring.rules, exchange.repository, await exchange.body()
    return kept_reply(exchange, await patching.patch(rules, store, exchange.type, exchange.id, sent, condition))


async def delete(exchange: Exchange) -> Reply:
    """`DELETE [type]/[id]`: 200 with what was done, or 204; the same where it was deleted before."""
    condition = exchange.condition(IF_MATCH)
    done = await deleting.delete(exchange.repository, exchange.type, exchange.id, condition)
    return done_reply(exchange, [done], stored=done is deleting.DELETED)
