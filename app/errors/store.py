"""What the store cannot do, for now or at all."""

from __future__ import annotations

from app.errors.issue import DmiError


class NoTransactions(DmiError):
    """The server of the store cannot keep several resources together."""

    code = "not-supported"

    def __init__(self) -> None:
        super().__init__(
            "A transaction needs a MongoDB replica set, and this MongoDB is none. Nothing was stored. Have it run as a "
            "replica set, or send the resources one by one.",
            "Une transaction exige un replica set MongoDB, ce que ce MongoDB n’est pas. Rien n’a été enregistré. "
            "Faites-le fonctionner en replica set, ou envoyez les ressources une à une.",
        )


class NoChanges(DmiError):
    """The server of the store does not tell of changes."""

    code = "not-supported"

    def __init__(self) -> None:
        super().__init__(
            "To tell of changes takes a MongoDB replica set, and this MongoDB is none. Have it run as a replica set, "
            "of one member if need be, or ask again now and then.",
            "Suivre les changements exige un replica set MongoDB, ce que ce MongoDB n’est pas. Faites-le fonctionner "
            "en replica set, au besoin d’un seul membre, ou interrogez-le de temps en temps.",
        )


class CursorGone(DmiError):
    """The changes behind a cursor are no longer kept."""

    code = "not-found"

    def __init__(self) -> None:
        super().__init__(
            "What changed since this cursor is no longer kept. Subscribe without a cursor, then read all you need "
            "anew.",
            "Ce qui a changé depuis ce curseur n’est plus conservé. Abonnez-vous sans curseur, puis relisez tout ce "
            "qu’il vous faut.",
        )


class StoreUnavailable(DmiError):
    """The store does not answer now; the request may be repeated."""

    code = "transient"


class StoreFull(StoreUnavailable):
    """There is no room for more; reads go on."""

    code = "no-store"

    def __init__(self) -> None:
        super().__init__(
            "The store has no room left, and nothing was stored. Free space on its disk, then send it again.",
            "La base n’a plus de place et rien n’a été enregistré. Libérez de l’espace sur son disque, puis renvoyez.",
        )
