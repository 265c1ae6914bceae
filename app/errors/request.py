"""What cannot be understood, or asks for too much."""

from __future__ import annotations

from app.errors.issue import DmiError


class RequestError(DmiError):
    """The request cannot be understood."""

    code = "invalid"


class MalformedJson(RequestError):
    """Text that is not JSON; the message tells the place."""

    code = "structure"


class TooLarge(RequestError):
    """A body, document or page beyond its limit."""

    code = "too-long"


class UnsupportedMedia(RequestError):
    """A body in a media type that this endpoint does not read."""

    code = "not-supported"


class NotAcceptable(RequestError):
    """An answer in a media type that this server does not write."""

    code = "not-supported"


class UnknownDocument(RequestError):
    """The identifier of a GraphQL document that is not published."""

    code = "not-found"


class TooCostly(RequestError):
    """A document that asks for more than a limit allows; the message names the limit."""

    code = "too-costly"


class AnswerTooLarge(TooCostly):
    """An answer beyond its limit, which is not sent; what was to be stored is stored."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"The answer is larger than {most} bytes (DMI_MAX_ANSWER) and is not sent; what a mutation stores is "
            "stored. Ask for fewer rows (_count, first, last) or fewer fields, or leave out large texts and `raw`.",
            f"La réponse dépasse {most} octets (DMI_MAX_ANSWER) et n’est pas envoyée ; ce qu’une mutation enregistre "
            "est enregistré. Demandez moins de lignes (_count, first, last) ou moins de champs, ou omettez les longs "
            "textes et `raw`.",
            rule="DMI_MAX_ANSWER",
        )


class InvalidSearch(RequestError):
    """A search argument that is unknown, empty or malformed; the message names the parameter."""


class InvalidCursor(RequestError):
    """What is no cursor of this store's feed of changes."""

    def __init__(self) -> None:
        super().__init__(
            "The cursor is none that this server gave with a change. Send one that it gave, as it came; or read what "
            "you need, and subscribe without a cursor.",
            "Le curseur n’est pas de ceux que ce serveur donne avec un changement. Envoyez-en un tel que vous l’avez "
            "reçu ; ou lisez ce qu’il vous faut, puis abonnez-vous sans curseur.",
        )
