"""What is wrong with a resource, its place or its version."""

from __future__ import annotations

from app.errors.issue import DmiError, Issue


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
