"""How a request goes: its time, its turn, and its repeats."""

from __future__ import annotations

from app.errors.issue import DmiError


class KeyReused(DmiError):
    """An Idempotency-Key that came with another request before."""

    code = "business-rule"


class OutOfTime(DmiError):
    """A request has taken as long as it may, and what it still waits for was stopped."""

    code = "timeout"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The request has taken the {seconds:g} seconds that it may take (DMI_MAX_SECONDS) and was stopped; where "
            "this error stands, it has stored nothing. Ask for fewer rows or levels at once, or narrow the search.",
            f"La requête a pris les {seconds:g} secondes qu’elle peut prendre (DMI_MAX_SECONDS) et a été arrêtée ; là "
            "où figure cette erreur, elle n’a rien enregistré. Demandez moins de lignes ou de niveaux à la fois, ou "
            "restreignez la recherche.",
            rule="DMI_MAX_SECONDS",
        )


class TooSlow(DmiError):
    """The body of a request has not come within the time for it."""

    code = "timeout"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The body of the request did not come within {seconds:g} seconds (DMI_MAX_CLIENT_SECONDS), and none of it "
            "was looked at. Send it again, over a faster connection or in smaller parts.",
            f"Le corps de la requête n’est pas arrivé en {seconds:g} secondes (DMI_MAX_CLIENT_SECONDS), et rien n’en a "
            "été lu. Renvoyez-le, par une connexion plus rapide ou en parties plus petites.",
            rule="DMI_MAX_CLIENT_SECONDS",
        )


class TooManyRequests(DmiError):
    """A client has so many requests under way that one more cannot even wait."""

    code = "throttled"

    def __init__(self, most: int, waiting: int) -> None:
        super().__init__(
            f"{most} requests of this client are being answered (DMI_MAX_REQUESTS), and {waiting} may wait "
            "(DMI_MAX_WAITING). Repeat this one in a second, and send fewer at once.",
            f"{most} requêtes de ce client sont en cours (DMI_MAX_REQUESTS), et {waiting} peuvent attendre "
            "(DMI_MAX_WAITING). Répétez celle-ci dans une seconde, et envoyez-en moins à la fois.",
            rule="DMI_MAX_REQUESTS",
        )


class TooMuchUnread(TooManyRequests):
    """A client has not read what it was answered, which waits in memory."""

    def __init__(self, most: int) -> None:
        DmiError.__init__(
            self,
            f"More than {most} bytes of answers wait for this client, who does not read them (twice DMI_MAX_ANSWER). "
            "Read them or close their connections, then repeat this request.",
            f"Plus de {most} octets de réponses attendent ce client, qui ne les lit pas (deux fois DMI_MAX_ANSWER). "
            "Lisez-les ou fermez leurs connexions, puis répétez cette requête.",
            rule="DMI_MAX_ANSWER",
        )


class TooManySubscriptions(DmiError):
    """A web socket has as many subscriptions as it may."""

    code = "throttled"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"A web socket has at most {most} subscriptions (DMI_MAX_SUBSCRIPTIONS). End some, or open another one.",
            f"Un web socket porte au plus {most} abonnements (DMI_MAX_SUBSCRIPTIONS). Terminez-en, ou ouvrez-en un "
            "autre.",
            rule="DMI_MAX_SUBSCRIPTIONS",
        )


class InProgress(DmiError):
    """The same is being done for another request, which takes longer than this one waits."""

    code = "lock-error"

    def __init__(self) -> None:
        super().__init__(
            "Another request is doing the same and has not ended yet. Repeat this one in a moment.",
            "Une autre requête fait la même chose et n’est pas terminée. Répétez celle-ci dans un instant.",
        )
