"""An address of FHIR's REST interface: the interaction of each method, and what is common to all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from starlette.requests import ClientDisconnect, Request

from app.errors import AnswerTooLarge
from app.fhir import json
from app.intake.idempotency import Answer as Told
from app.web.address import check_address
from app.web.answer import Answer
from app.web.authentication.middleware import principal_in
from app.web.compression import LEAST, Compression
from app.web.failures import outcome_response
from app.web.fhir_media import answered_in
from app.web.headers import headers_of
from app.web.recording import mark, record_of, use_of
from app.web.repeats import HEADER, REPLAYED
from app.web.rest.exchange import IF_MATCH, IF_NONE_EXIST, Exchange
from app.web.rest.query import only
from app.web.rest.refusals import STATUS, fields_of, status_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from app.intake.identity import NewId
    from app.web.rest.exchange import Reply, Wiring


class Interaction(Protocol):
    """A function that answers an exchange."""

    __name__: str

    async def __call__(self, exchange: Exchange) -> Reply:
        """The answer. Raises a DmiError."""


_TOLD: Final = tuple(STATUS)
WORDS: Final = {"search": "search-type", "search_by_form": "search-type", "history": "history-instance"}
"""FHIR's words for interactions, where they are not the names of our functions:
https://hl7.org/fhir/R4/valueset-type-restful-interaction.html"""
_READS: Final = ("GET", "HEAD")


class RestView:
    """An ASGI application; its route lets only the methods of its interactions through, and HEAD with GET."""

    def __init__(self, wiring: Wiring, interactions: Mapping[str, Interaction]) -> None:
        self._wiring = wiring
        self._interactions = interactions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        headers = headers_of(scope)
        exchange = Exchange(self._wiring, scope, headers, receive)
        try:
            answer = await self._answer(exchange)
            mark(record_of(scope), "encode")
        except ClientDisconnect:  # nobody is left to answer
            return None
        except _TOLD as error:
            status = status_of(error, headers)
            refusal = outcome_response(Request(scope), error.issues, status, fields_of(error))
            return await (refusal if len(refusal.body) < LEAST else Compression(refusal))(scope, receive, send)
        return await (answer if len(answer.body) < LEAST else Compression(answer))(scope, receive, send)

    async def _answer(self, exchange: Exchange) -> Answer:
        path, use = exchange.scope["path_params"], use_of(exchange.scope)
        if path:
            check_address(path)
        media_type = answered_in(only(exchange.query, "_format"), exchange.header(b"accept"))
        is_pretty = only(exchange.query, "_pretty") == "true"
        method = exchange.scope["method"]
        interaction = self._interactions["GET" if method in _READS else method]
        if use:
            use.interaction = WORDS.get(interaction.__name__, interaction.__name__)
            use.target = "/".join(path[part] for part in ("type", "id") if part in path)
        if method in _READS or HEADER not in exchange.headers:
            reply = await interaction(exchange)
            mark(record_of(exchange.scope), "answer")
            answer = _written(reply, media_type, is_pretty=is_pretty)
            if len(answer.body) > self._wiring.max_answer and not reply.stored:
                raise AnswerTooLarge(self._wiring.max_answer)
            return answer
        return await self._once(exchange, interaction, media_type, is_pretty=is_pretty)

    async def _once(self, exchange: Exchange, interaction: Interaction, media_type: str, *, is_pretty: bool) -> Answer:
        """The answer to a write under an Idempotency-Key: the first one is told again."""

        async def work(new_id: NewId) -> Told:
            exchange.new_id = new_id
            reply = await interaction(exchange)
            answer = _written(reply, media_type, is_pretty=is_pretty)
            fields = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in answer.fields]
            told = {"status": answer.status, "fields": fields, "body": answer.body.decode()}
            return Told(json.encode(told).decode(), lasting=reply.stored)

        scope, headers = exchange.scope, exchange.headers
        request = (
            scope["method"].encode(),
            scope["path"].encode(),
            scope["query_string"],
            *(headers.get(name, b"") for name in (b"content-type", IF_MATCH, IF_NONE_EXIST)),
            await exchange.body(),
        )
        replay = await self._wiring.repeats.replay(principal_in(scope), headers, request, work)
        told = json.decode(replay.text)
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told["fields"]]
        return Answer(told["status"], told["body"].encode(), [*fields, *(() if replay.first else REPLAYED)])


def _written(reply: Reply, media_type: str, *, is_pretty: bool) -> Answer:
    if reply.resource is None:
        return Answer(reply.status, b"", reply.fields)
    body = json.encode(reply.resource)
    typed = (b"content-type", media_type.encode())
    return Answer(reply.status, json.indented(body) if is_pretty else body, [typed, *reply.fields])
