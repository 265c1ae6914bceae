"""What somebody is told whose access token does not allow what is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.errors import Forbidden

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.access.scopes import Interaction

_DOING: Final[Mapping[Interaction, tuple[str, str]]] = {
    "c": ("create", "créer"),
    "r": ("read", "lire"),
    "u": ("update", "modifier"),
    "d": ("delete", "supprimer"),
    "s": ("search", "rechercher"),
}


def not_granted(interaction: Interaction, type_name: str) -> Forbidden:
    """No scope of the token is about that."""
    doing, faire = _DOING[interaction]
    scope = f"{type_name}.{interaction}"
    return Forbidden(
        f"The access token does not allow to {doing} resources of type {type_name}. That takes a scope such as "
        f"user/{scope}.",
        f"Le jeton d’accès ne permet pas de {faire} des ressources de type {type_name}. Il faut pour cela une portée "
        f"telle que user/{scope}.",
        rule="scope",
    )


def out_of_reach() -> Forbidden:
    """There may be such a resource, but the token does not reach it; it is not told whether there is."""
    return Forbidden(
        "The access token reaches no such resource: it is that of another patient, is outside of what the scopes name, "
        "or is not there.",
        "Le jeton d’accès n’atteint pas de telle ressource : elle est celle d’un autre patient, hors de ce que nomment "
        "les portées, ou n’existe pas.",
        rule="reach",
    )


def not_counted(type_name: str) -> Forbidden:
    """A count by what another type holds, of which the token reaches only a part."""
    return Forbidden(
        f"The access token reaches only some resources of type {type_name}, and so cannot count by what they hold.",
        f"Le jeton d’accès n’atteint que certaines ressources de type {type_name} et ne permet donc pas de compter "
        "d’après leur contenu.",
        rule="reach",
    )


def of_another_entity() -> Forbidden:
    """A procedure that was not, or is not to be, on behalf of the legal entity to which the token is bound."""
    return Forbidden(
        "The access token writes procedures of one legal entity only (performer.onBehalfOf), and this one is of "
        "another, or names none.",
        "Le jeton d’accès n’écrit que les interventions d’une seule entité juridique (performer.onBehalfOf) ; celle-ci "
        "relève d’une autre, ou n’en nomme aucune.",
        rule="legal-entity",
    )
