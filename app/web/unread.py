"""Answers to what never becomes a request: no HTTP, no web socket, or a head that is larger than it may be. They are
made of bytes, outside of all layers, and have the id and the fields that every answer has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.errors import RequestError, TooLarge
from app.fhir import json
from app.fhir.outcome import operation_outcome
from app.usage.record import begun
from app.web.fhir_media import FHIR_JSON
from app.web.recording import fields_of
from app.web.security import FIELDS

if TYPE_CHECKING:
    from http import HTTPStatus

    from app.errors import DmiError

MALFORMED: Final = RequestError(
    "This is no request of HTTP/1.1, so nothing of it was looked at. Send it by a library for HTTP.",
    "Ceci n’est pas une requête HTTP/1.1 ; rien n’en a été lu. Envoyez-la par une bibliothèque HTTP.",
    rule="http",
)

NO_HANDSHAKE: Final = RequestError(
    "This asks for a web socket and is none of its handshakes: a GET of HTTP/1.1 without a body, of at most 128 header "
    "fields of 8,192 bytes. Send it by a library for web sockets; send what is no subscription without Upgrade.",
    "Ceci demande un web socket sans en être la poignée de main : un GET en HTTP/1.1 sans corps, d’au plus 128 champs "
    "d’en-tête de 8 192 octets. Envoyez-la par une bibliothèque de web sockets ; envoyez sans Upgrade ce qui n’est pas "
    "un abonnement.",
    rule="http",
)


def head_too_large(most: int) -> TooLarge:
    """The refusal of a request whose address and header fields have more than so many bytes."""
    return TooLarge(
        f"The head of the request, its address and header fields, is larger than {most} bytes (DMI_MAX_HEAD). Send "
        "what is long in the body of a POST, and fewer header fields.",
        f"L’en-tête de la requête, son adresse et ses champs, dépasse {most} octets (DMI_MAX_HEAD). Envoyez ce qui est "
        "long dans le corps d’un POST, et moins de champs d’en-tête.",
        rule="DMI_MAX_HEAD",
    )


def unread(status: HTTPStatus, error: DmiError) -> bytes:
    """The whole answer, after which the connection ends; in English, since no header was read."""
    record = begun(b"", b"")
    outcome = operation_outcome(error.issues)
    body = json.encode({"resourceType": outcome["resourceType"], "id": record.id, **outcome})
    fields = (
        (b"content-type", FHIR_JSON.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        *FIELDS,
        *fields_of(record),
    )
    line = b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode())
    return b"".join((line, *(b"%s: %s\r\n" % field for field in fields), b"\r\n", body))
