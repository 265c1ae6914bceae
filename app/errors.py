"""Every error a user can meet, as data; text in English and French is part of the data.

DmiError
├── RequestError            the request cannot be understood
│   ├── MalformedJson
│   ├── TooLarge
│   ├── UnsupportedMedia
│   ├── NotAcceptable       an answer in a media type that this server does not write
│   ├── UnknownDocument     the identifier of a GraphQL document that is not published
│   ├── TooCostly
│   │   └── AnswerTooLarge
│   ├── InvalidSearch
│   └── InvalidCursor       what is no cursor of the feed of changes
├── NotAuthenticated        no access token, or one that is not accepted
├── ForeignOrigin           a page of another site asks
├── UntrustedDocument       a GraphQL document that is none of those that may be run
├── NotExplained            how a request was carried out is not for who asks
├── Forbidden               the access token does not allow it
├── InvalidResource         a resource breaks rules; carries every one of them
├── NotFound
├── MultipleMatches         an identifier that several resources have
├── VersionConflict
├── DuplicateKey            what only one resource may have, another one has
├── Gone                    a resource that was deleted
├── PreconditionFailed      a condition of the request is not met by one resource
├── KeyReused               an Idempotency-Key that came with another request before
├── OutOfTime               a request takes longer than it may
├── TooSlow                 a client takes longer to send a request than it may
├── TooManyRequests         a client has too many requests under way
│   └── TooMuchUnread       and does not read what it was answered
├── TooManySubscriptions    a web socket has as many subscriptions as it may
├── InProgress              the same is being done for another request
├── NoTransactions          the server of the store cannot keep several resources together
├── NoChanges               the server of the store does not tell of changes
├── CursorGone              the changes behind a cursor are no longer kept
├── UnfitStored             a stored value does not fit its FHIR type
├── StoreUnavailable        for now: the store does not answer
│   └── StoreFull           there is no room
├── IssuerUnavailable       for now: the keys by which tokens are checked cannot be read
├── StoreUnusable           at start: the store cannot be opened
└── SettingsError           at start: a setting is wrong

`code` is a FHIR issue type: https://hl7.org/fhir/R4/valueset-issue-type.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

Severity = Literal["fatal", "error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding: how bad, of what FHIR issue type, where (FHIRPath), by which rule, said in English and French.

    The texts name path, rule, allowed values and remedy, never the value received."""

    severity: Severity
    code: str
    en: str
    fr: str
    expression: str = ""
    rule: str = ""


class DmiError(Exception):
    """An error that may be shown to the user as it is."""

    code: ClassVar[str] = "processing"

    def __init__(self, en: str, fr: str, *, expression: str = "", rule: str = "") -> None:
        super().__init__(en)
        self.en = en
        self.fr = fr
        self.issues: tuple[Issue, ...] = (Issue("error", self.code, en, fr, expression, rule),)


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


class NotAuthenticated(DmiError):
    """No access token came with the request, or one that is not accepted: `reason` says why, in English, in a word or
    two; it is "" where there was none."""

    code = "login"

    def __init__(self, reason: str = "") -> None:
        told, dit = (f"is not accepted: {reason}", "n’est pas accepté") if reason else ("is missing", "manque")
        super().__init__(
            f"The access token {told}. Send one of this server's issuer as Authorization: Bearer …; "
            "/.well-known/smart-configuration names the issuer.",
            f"Le jeton d’accès {dit}. Envoyez-en un de l’émetteur de ce serveur dans Authorization: Bearer … ; "
            "/.well-known/smart-configuration nomme l’émetteur.",
        )
        self.reason = reason


class Forbidden(DmiError):
    """The access token does not allow what is asked for."""

    code = "forbidden"


class ForeignOrigin(DmiError):
    """A page of another site had a browser ask."""

    code = "forbidden"

    def __init__(self) -> None:
        super().__init__(
            "A page of another site may not ask this server. Have its origin listed in DMI_ORIGINS, or use the page of "
            "this server.",
            "Une page d’un autre site ne peut pas interroger ce serveur. Faites ajouter son origine à DMI_ORIGINS, ou "
            "utilisez la page de ce serveur.",
            rule="DMI_ORIGINS",
        )


class UntrustedDocument(DmiError):
    """A GraphQL document that is none of those that this server runs."""

    code = "forbidden"

    def __init__(self) -> None:
        super().__init__(
            "This server runs published operations only, and this document is none. Name one by its documentId, "
            "or have the document added to graphql/operations (DMI_OPERATIONS).",
            "Ce serveur n’exécute que les opérations publiées, et ce document n’en est pas une. Nommez-en une par son "
            "documentId, ou faites ajouter le document à graphql/operations (DMI_OPERATIONS).",
            rule="DMI_OPERATIONS",
        )


class NotExplained(DmiError):
    """How a request was carried out is asked for by somebody to whom it is not told."""

    code = "forbidden"

    def __init__(self) -> None:
        super().__init__(
            "This server does not explain this request. Ask without `explain` in `extensions`, or have DMI_EXPLAIN set "
            "to on and, where the server asks for tokens, the scope dmi-graph/explain given.",
            "Ce serveur n’explique pas cette requête. Envoyez-la sans `explain` dans `extensions`, ou faites mettre "
            "DMI_EXPLAIN à on et, si le serveur exige un jeton, accorder le scope dmi-graph/explain.",
            rule="DMI_EXPLAIN",
        )


class InvalidResource(DmiError):
    """A resource that breaks rules; nothing was stored."""

    code = "invalid"

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        errors = [issue for issue in issues if issue.severity in ("error", "fatal")]
        super().__init__(
            f"The resource was not stored: {len(errors)} rule(s) broken. Correct them all and send it again.",
            f"La ressource n’a pas été enregistrée : {len(errors)} règle(s) non respectée(s). "
            "Corrigez-les toutes puis renvoyez-la.",
        )
        self.issues = issues


class NotFound(DmiError):
    """Nothing under that type and id."""

    code = "not-found"


class MultipleMatches(DmiError):
    """An identifier that should name one resource names several."""

    code = "multiple-matches"


class VersionConflict(DmiError):
    """The stored version of `place`, "Type/id", is not the expected one; `current` is 0 where nothing is stored."""

    code = "conflict"

    def __init__(self, place: str, current: int) -> None:
        super().__init__(
            f"{place} is at version {current}, not at the expected one. Read it again and repeat the change.",
            f"{place} est à la version {current}, et non à la version attendue. "
            "Relisez-la et refaites la modification.",
        )
        self.place = place
        self.current = current


class DuplicateKey(DmiError):
    """What only one resource may have, another one has; `place` is that one, "Type/id", which is named to those who may
    know of it."""

    code = "duplicate"

    def __init__(self, place: str, *, named: bool = True) -> None:
        one, une = (place, place) if named else ("Another resource", "Une autre ressource")
        super().__init__(
            f"{one} has the identifier that only one resource may have. Update that one, or correct the identifier.",
            f"{une} porte déjà l’identifiant qu’une seule ressource peut avoir. Modifiez celle-ci, ou corrigez "
            "l’identifiant.",
        )
        self.place = place


class Gone(DmiError):
    """A resource that was deleted; its history is there."""

    code = "deleted"

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place} was deleted. Its history tells when; an update restores it.",
            f"{place} a été supprimée. Son historique dit quand ; une mise à jour la rétablit.",
        )


class PreconditionFailed(DmiError):
    """A condition of the request, such as ifNoneExist, is not met by exactly one resource, or cannot be understood."""

    code = "conflict"


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


class UnfitStored(DmiError):
    """A stored value does not fit its FHIR type, so it cannot be shown."""

    code = "structure"

    def __init__(self) -> None:
        super().__init__(
            "The stored value at this path does not fit its FHIR type and is not shown. "
            "Validate the resource to see why.",
            "La valeur enregistrée à cet endroit ne correspond pas à son type FHIR et n’est pas montrée. "
            "Validez la ressource pour en connaître la raison.",
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


class IssuerUnavailable(DmiError):
    """The public keys of the issuer cannot be read now, so no token can be checked."""

    code = "transient"

    def __init__(self) -> None:
        super().__init__(
            "Access tokens cannot be checked now, because the keys of their issuer cannot be read. Repeat the request "
            "in a moment; if it stays, tell the operator.",
            "Les jetons d’accès ne peuvent pas être vérifiés pour l’instant, car les clés de leur émetteur sont "
            "illisibles. Répétez la requête dans un instant ; si cela persiste, prévenez l’exploitant.",
        )


class StoreUnusable(DmiError):
    """The store cannot be opened at all."""

    code = "exception"


class SettingsError(DmiError):
    """A setting has a value that cannot work; the message names it and says what to set."""

    code = "exception"


UNEXPECTED: Final = Issue(
    "error",
    "exception",
    "The server met an error that it did not expect. Try again; if it stays, tell the operator the request's id.",
    "Le serveur a rencontré une erreur inattendue. Réessayez ; si elle persiste, signalez à l’exploitant "
    "l’identifiant de la requête.",
)
"""What a user is told of an error that is nobody's fault but ours."""


def origin(error: BaseException) -> str:
    """The type of an exception and the place where it was raised, for a log: never its text, which may hold data."""
    place, traceback = "an unknown place", error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        place = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return f"{type(error).__name__} at {place}"
