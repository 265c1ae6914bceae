"""One request to FHIR's REST interface, and what it is answered with. https://hl7.org/fhir/R4/http.html"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from app.errors import RequestError
from app.fhir.json import decode_strict
from app.intake.identity import random_id
from app.web.body import read_body
from app.web.fhir_media import MEDIA_TYPES, check_sent_in
from app.web.headers import text_of
from app.web.negotiation import preferred_language
from app.web.rest.query import pairs_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope

    from app.access.principal import PrincipalRepository
    from app.fhir.resource import Json, Resource
    from app.intake.identity import NewId
    from app.intake.verdict import Rules
    from app.web.answer import Field
    from app.web.headers import Headers
    from app.web.repeats import Repeats
    from app.web.rest.query import Pair

IF_MATCH: Final = b"if-match"
IF_NONE_EXIST: Final = b"if-none-exist"
CONDITIONS: Final = {
    IF_MATCH: "If-Match",
    IF_NONE_EXIST: "If-None-Exist",
    b"if-none-match": "If-None-Match",
    b"if-unmodified-since": "If-Unmodified-Since",
}
READ_AT_ONCE: Final = 65_536  # bytes; a larger body is read in a thread, so that it does not keep others waiting


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the addresses of a server share.

    `repository_of(scope)` is the store as the one who asks may see it, `base_of` the FHIR address by which it asks;
    `max_body` and `max_answer` are in bytes, `procedure_systems` as in the settings."""

    rules: Rules
    repository_of: Callable[[Scope], PrincipalRepository]
    base_of: Callable[[Scope, Headers], str]
    repeats: Repeats
    max_body: int
    max_answer: int
    max_rows: int
    procedure_systems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an interaction: a resource, or nothing, and header fields of its own. `stored` is whether something
    was, so that the answer is worth telling again."""

    status: int
    resource: Resource | None = None
    fields: tuple[Field, ...] = ()
    stored: bool = False


class Exchange:
    """A request to an address of FHIR; its properties raise RequestError for what cannot be understood."""

    def __init__(self, wiring: Wiring, scope: Scope, headers: Headers, receive: Receive) -> None:
        self.wiring = wiring
        self.headers = headers
        self.new_id: NewId = random_id  # how what the request creates gets its ids
        self.scope = scope
        self._receive = receive
        self._body: bytes | None = None

    @cached_property
    def repository(self) -> PrincipalRepository:
        """The store as the client may see it."""
        return self.wiring.repository_of(self.scope)

    @cached_property
    def base(self) -> str:
        """The FHIR address of this server."""
        return self.wiring.base_of(self.scope, self.headers)

    @cached_property
    def language(self) -> str:
        """The language to answer in: "en" or "fr"."""
        return preferred_language(self.header(b"accept-language"))

    @cached_property
    def query(self) -> tuple[Pair, ...]:
        """The parameters in the address."""
        return pairs_of(self.scope["query_string"])

    @property
    def type(self) -> str:
        """The resource type in the path."""
        return str(self.scope["path_params"]["type"])

    @property
    def id(self) -> str:
        """The id in the path."""
        return str(self.scope["path_params"]["id"])

    def header(self, name: bytes) -> str:
        """The value of a header field, "" where it is absent."""
        return text_of(self.headers, name)

    def condition(self, name: bytes | None = None) -> str | None:
        """The value of the one conditional header that a write may have. Raises RequestError for another one, or the
        same again: it says when not to write, so that it must not be passed over."""
        for field, written in CONDITIONS.items():
            if field in self.headers and field != name:
                raise _unconditional(written, CONDITIONS[name] if name else "")
        if name is None or name not in self.headers:
            return None
        if sum(field == name for field, _ in self.scope["headers"]) > 1:
            raise _repeated(CONDITIONS[name])
        try:
            return self.headers[name].decode()
        except UnicodeDecodeError:
            raise _undecodable(CONDITIONS[name]) from None

    async def body(self) -> bytes:
        """The whole body. Raises TooLarge, and ClientDisconnect."""
        if self._body is None:
            self._body = await read_body(self.headers, self._receive, self.wiring.max_body)
        return self._body

    async def sent(self) -> Json:
        """The JSON value of the body. Raises UnsupportedMedia, MalformedJson.

        A body that is a JSON text of its own stays as it came: intake would take the text for the resource."""
        check_sent_in(self.header(b"content-type"), *MEDIA_TYPES)
        body = await self.body()
        large = len(body) > READ_AT_ONCE
        value = await asyncio.to_thread(decode_strict, body) if large else decode_strict(body)
        return body if isinstance(value, str) else value


def _repeated(written: str) -> RequestError:
    return RequestError(
        f"{written} comes more than once. Send one, which says all.",
        f"{written} figure plusieurs fois. Envoyez-en un seul, qui dise tout.",
        expression=written,
        rule="condition",
    )


def _undecodable(written: str) -> RequestError:
    return RequestError(
        f"{written} is not UTF-8. Encode it as in an address: %C3%A9.",
        f"{written} n’est pas en UTF-8. Encodez-le comme dans une adresse : %C3%A9.",
        expression=written,
        rule="condition",
    )


def _unconditional(written: str, taken: str) -> RequestError:
    instead, plutot = (f"It takes {taken}", f"Elle admet {taken}") if taken else ("Leave it out", "Retirez-le")
    return RequestError(
        f"This request does not take {written}. {instead}.",
        f"Cette requête n’admet pas {written}. {plutot}.",
        expression=written,
        rule="condition",
    )
