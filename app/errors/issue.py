"""What is said to users, and the root of all errors that say it."""

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
