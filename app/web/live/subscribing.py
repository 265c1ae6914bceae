"""What a client that is known may subscribe to, over one socket."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from app.errors import DmiError, RequestError, StoreUnavailable, TooManySubscriptions
from app.fhir import json
from app.intake.identity import random_id
from app.schema.errors import log_unexpected
from app.schema.execution.subscribing import Subscribed
from app.schema.live.arguments import CURSOR, wanted
from app.schema.live.fields import SUFFIX
from app.usage.record import Record
from app.web.authentication.middleware import principal_in
from app.web.graphql import NOT_NAMED
from app.web.graphql_request import asked_by_message
from app.web.headers import headers_of, text_of
from app.web.live.audience import SUBSCRIPTION, Asked
from app.web.live.protocol import Closing, Code
from app.web.live.subscriber import Subscriber
from app.web.negotiation import preferred_language
from app.web.recording import record_of, recorded
from app.web.refusal import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import Scope

    from app.web.graphql_request import GraphQLRequest
    from app.web.live.audiences import Audiences
    from app.web.live.outbox import Outbox

HTTP: Final = {"ws": "http", "wss": "https"}

ONLY_SUBSCRIPTIONS: Final = RequestError(
    "A web socket serves subscriptions only. Send queries and mutations by POST to the same address.",
    "Un web socket ne sert que les abonnements. Envoyez requêtes et mutations par POST à la même adresse.",
)


class Subscribing:
    """The subscriptions of one socket, whose scope tells who it is."""

    def __init__(self, audiences: Audiences, scope: Scope, outbox: Outbox) -> None:
        self._wiring = audiences.wiring
        self._audiences = audiences
        # Resources have the addresses that HTTP has.
        self._scope = {**scope, "scheme": HTTP.get(scope["scheme"], scope["scheme"])}
        self._headers = headers_of(scope)
        self._language = preferred_language(text_of(self._headers, b"accept-language"))
        self._outbox = outbox
        self._subscribers: dict[str, Subscriber] = {}

    async def subscribe(self, id: str, payload: Mapping[str, Any]) -> None:  # noqa: A002 - the protocol's word
        """Begin a subscription; what is wrong with it is told. Raises Closing where there is one of that id."""
        if id in self._subscribers:
            raise Closing(Code.SUBSCRIBER_ALREADY_EXISTS, "There is a subscription with that id")
        record = self._record()
        subscriber = Subscriber(id, self._outbox, record, self._wiring, self.complete)
        self._subscribers[id] = subscriber
        try:
            if len(self._subscribers) > self._wiring.limits.subscriptions:
                raise TooManySubscriptions(self._wiring.limits.subscriptions)
            await self._begin(payload, subscriber)
        except DmiError as error:
            await self._refuse(subscriber, [GraphQLError(error.en, original_error=error)])
        except InvalidOperationTypeError:
            await self._refuse(subscriber, [GraphQLError(ONLY_SUBSCRIPTIONS.en, original_error=ONLY_SUBSCRIPTIONS)])
        except CannotGetOperationTypeError:
            await self._refuse(subscriber, [GraphQLError(NOT_NAMED.en, original_error=NOT_NAMED)])

    def complete(self, id: str) -> None:  # noqa: A002 - the protocol's word
        """End a subscription; one that has ended already is no mistake."""
        if subscriber := self._subscribers.pop(id, None):
            self._wiring.figures["subscriptions"] -= subscriber.audience is not None
            subscriber.close()

    def close(self) -> None:
        """End all."""
        for id_ in list(self._subscribers):
            self.complete(id_)

    async def _begin(self, payload: Mapping[str, Any], subscriber: Subscriber) -> None:
        asked = asked_by_message(payload, self._wiring.documents)
        if use := subscriber.record.use:
            use.asks(SUBSCRIPTION, asked.operation_name or "", asked.query)
        found = self._wiring.schema.subscribed(asked.query, asked.variables, asked.operation_name)
        if use:
            _, name = self._wiring.schema.named(asked.query, asked.operation_name, None)
            use.asks(SUBSCRIPTION, name, asked.query)
        if isinstance(found, Subscribed):
            await self._audiences.join(self._asked(asked, found, subscriber.record), subscriber)
            self._wiring.figures["subscriptions"] += 1
        else:
            await self._refuse(subscriber, found.errors or ())

    def _asked(self, asked: GraphQLRequest, found: Subscribed, record: Record) -> Asked:
        """What is subscribed to. Raises InvalidSearch, Forbidden."""
        type_name = found.field.removesuffix(SUFFIX)
        unused = Record(record.id, record.span, record.parent)
        context = self._wiring.context_of(recorded(self._scope, unused), self._headers, self._language, random_id, None)
        filter = wanted(type_name, found.arguments, self._wiring.base)  # noqa: A001 - the algebra's word
        return Asked(
            asked.query,
            asked.variables,
            asked.operation_name,
            type_name,
            context.repository.heard(type_name, filter),
            found.arguments.get(CURSOR),
            self._scope,
            self._headers,
            self._language,
            self._key(asked, found, context.base),
        )

    def _key(self, asked: GraphQLRequest, found: Subscribed, base: str) -> tuple[object, ...]:
        """What tells subscriptions apart that are not told the same; where one began does not."""
        principal = principal_in(self._scope)
        values = {name: value for name, value in (asked.variables or {}).items() if name != found.resuming}
        client = (self._scope.get("client") or ("",))[0] if self._wiring.keep else ""
        rights = principal.grant.mark if principal.grant else ""
        who = (principal.name, principal.identity, rights, client)
        return (asked.query, asked.operation_name, json.encode(values), self._language, base, *who)

    async def _refuse(self, subscriber: Subscriber, errors: Sequence[GraphQLError]) -> None:
        record = subscriber.record
        for error in errors:
            log_unexpected(error)
        if record.use:
            record.use.executed = False
        subscriber.fail([told(error, self._language, record.id) for error in errors])
        if record.use and self._wiring.keep:
            with suppress(StoreUnavailable):  # nothing was told that must not be
                await self._wiring.keep(record)

    def _record(self) -> Record:
        """One for each subscription, under the id of the socket."""
        socket = record_of(self._scope)
        use = self._wiring.use_in(self._scope)
        if use:
            use.interaction = SUBSCRIPTION
        return Record(socket.id, socket.span, socket.parent, use)
