"""The messages of graphql-transport-ws. https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.errors import MalformedJson
from app.fhir import json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.fhir.resource import Json

SUBPROTOCOL: Final = "graphql-transport-ws"

LONGEST_ID: Final = 256
"""Characters of the id that a client gives a subscription."""

LONGEST_REASON: Final = 123
"""Bytes of a closing reason: https://www.rfc-editor.org/rfc/rfc6455#section-5.5"""


class Code(IntEnum):
    """Why a socket is closed: the protocol's own codes, and one of the web's (https://www.iana.org/assignments/websocket)."""

    TRY_AGAIN_LATER = 1013
    INTERNAL_ERROR = 4500
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_ALREADY_EXISTS = 4409
    TOO_MANY_INITIALISATIONS = 4429


class Closing(Exception):
    """The socket is to be closed, with a code and a reason in ASCII."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason[:LONGEST_REASON]

    def anew(self) -> Closing:
        """The same, not raised yet: one that was knows all that went on then, and whoever keeps it keeps that."""
        return Closing(self.code, self.reason)


class Message(NamedTuple):
    """What a client sends; `id` is "" where the message is about no subscription."""

    type: str
    id: str
    payload: Mapping[str, Any] | None


_WITH_ID: Final = frozenset({"subscribe", "complete"})
_TYPES: Final = frozenset({"connection_init", "ping", "pong", *_WITH_ID})


def message_of(text: str | None) -> Message:
    """The message in a frame; None is a frame that is no text. Raises Closing, without a value that was sent."""
    if text is None:
        raise Closing(Code.BAD_REQUEST, "Messages are text in JSON")
    try:
        value = json.decode_strict(text)
    except MalformedJson:
        raise Closing(Code.BAD_REQUEST, "The message is not JSON") from None
    type_ = value.get("type") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(type_, str) or type_ not in _TYPES:
        raise Closing(Code.BAD_REQUEST, f"A message has a type, one of {', '.join(sorted(_TYPES))}")
    id_, payload = value.get("id", ""), value.get("payload")
    if type_ in _WITH_ID and not (isinstance(id_, str) and 0 < len(id_) <= LONGEST_ID):
        raise Closing(Code.BAD_REQUEST, f"{type_} takes an id, a text of 1 to {LONGEST_ID} characters")
    if not (payload is None or isinstance(payload, dict)) or (type_ == "subscribe" and payload is None):
        raise Closing(Code.BAD_REQUEST, f"The payload of {type_} is an object")
    return Message(type_, id_ if type_ in _WITH_ID else "", payload)


ACKNOWLEDGED: Final = '{"type":"connection_ack"}'


def pong(payload: Mapping[str, Json] | None) -> str:
    """The answer to a ping, with its payload."""
    return _text({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})


def before_next(id: str) -> str:  # noqa: A002 - the protocol's word
    """What stands ahead of an answer that a subscription is told; AFTER_NEXT behind it."""
    return f'{{"id":{_text(id)},"type":"next","payload":'


AFTER_NEXT: Final = "}"


def failed(id: str, errors: Sequence[Mapping[str, Json]]) -> str:  # noqa: A002 - the protocol's word
    """The end of a subscription, by what went wrong."""
    return _text({"id": id, "type": "error", "payload": list(errors)})


def _text(value: Json) -> str:
    return json.encode(value).decode()
