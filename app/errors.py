"""Every error a user can meet, as data; text in English and French is part of the data.

DmiError
├── RequestError            the request cannot be understood
│   ├── MalformedJson
│   ├── TooLarge
│   ├── UnsupportedMedia
│   ├── TooCostly
│   └── InvalidSearch
├── InvalidResource         a resource breaks rules; carries every one of them
├── NotFound
├── MultipleMatches         an identifier that several resources have
├── VersionConflict
├── UnfitStored             a stored value does not fit its FHIR type
├── StoreUnavailable        for now: the store does not answer
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


class TooCostly(RequestError):
    """A document that asks for more than a limit allows; the message names the limit."""

    code = "too-costly"


class InvalidSearch(RequestError):
    """A search argument that is unknown, empty or malformed; the message names the parameter."""


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
    """The stored version is not the expected one; `current` is 0 where nothing is stored."""

    code = "conflict"

    def __init__(self, place: str, current: int) -> None:
        super().__init__(
            f"{place} is at version {current}, not at the expected one. Read it again and repeat the change.",
            f"{place} est à la version {current}, et non à la version attendue. "
            "Relisez-la et refaites la modification.",
        )
        self.current = current


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


class StoreUnusable(DmiError):
    """The store cannot be opened at all."""

    code = "exception"


class SettingsError(DmiError):
    """A setting has a value that cannot work; the message names it and says what to set."""

    code = "exception"


UNEXPECTED: Final = Issue(
    "error",
    "exception",
    "The server met an error that it did not expect. Try again; if it stays, tell the operator the time.",
    "Le serveur a rencontré une erreur inattendue. Réessayez ; si elle persiste, signalez l’heure à l’exploitant.",
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
