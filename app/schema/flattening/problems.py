"""What can be wrong with the directives that shape an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import GraphQLError

from app.errors import RequestError, TooCostly

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import FieldNode

FLATTEN_LEAF: Final = "flatten-leaf"
SLICE_AND_FIRST: Final = "slice-and-first"
SLICE_PATH: Final = "slice-path"
DIFFERING: Final = "differing-directives"
RESERVED: Final = "reserved-alias"
SINGLETON: Final = "singleton"
TYPES: Final = "flatten-types"

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    FLATTEN_LEAF: (
        "@flatten moves up what is selected in a field, and nothing is selected in this one. Take the directive away.",
        "@flatten remonte ce qui est sélectionné dans un champ, et rien ne l’est dans celui-ci. Retirez la directive.",
    ),
    SLICE_AND_FIRST: (
        "@slice and @first exclude each other: one is for all items of a list, the other keeps one. Take one away.",
        "@slice et @first s’excluent : l’une vaut pour tous les éléments d’une liste, l’autre en garde un. "
        "Retirez-en une.",
    ),
    SLICE_PATH: (
        "The path of @slice leads to a primitive element by names joined by dots, such as use or type.coding.code, or "
        "is $index; of a primitive it is $this or $index. No other FHIRPath expression is allowed there.",
        "Le chemin de @slice mène à un élément primitif par des noms joints par des points, comme use ou "
        "type.coding.code, ou vaut $index ; pour une primitive, il vaut $this ou $index. "
        "Aucune autre expression FHIRPath n’y est admise.",
    ),
    DIFFERING: (
        "The same field is selected several times with different shaping directives. Give each its own alias, or the "
        "same directives.",
        "Le même champ est sélectionné plusieurs fois avec des directives de mise en forme différentes. Donnez à "
        "chacun son alias, ou les mêmes directives.",
    ),
    RESERVED: (
        "Aliases that begin with shape__ are used by the server where a document has shaping directives. Choose "
        "another alias.",
        "Les alias qui commencent par shape__ servent au serveur quand un document a des directives de mise en forme. "
        "Choisissez un autre alias.",
    ),
    SINGLETON: (
        "Several values came to a field with @singleton. Choose one by an argument or by @first, or take @singleton "
        "away.",
        "Plusieurs valeurs arrivent à un champ marqué @singleton. Choisissez-en une par un argument ou par @first, ou "
        "retirez @singleton.",
    ),
    TYPES: (
        "Values of different FHIR types came under one name by @flatten. Give their fields different aliases.",
        "Des valeurs de types FHIR différents arrivent sous un même nom par @flatten. Donnez à leurs champs des alias "
        "différents.",
    ),
}


def problem(rule: str, node: FieldNode, path: Sequence[str | int] | None = None) -> GraphQLError:
    """The error for a rule of this module, at a field of the document, and where it was found in the answer."""
    en, fr = _TEXTS[rule]
    return GraphQLError(en, node, path=path, original_error=RequestError(en, fr, rule=rule))


def too_many_shapes(most: int) -> GraphQLError:
    """The error for a document whose fragments combine into more selections than can be shaped."""
    refusal = TooCostly(
        f"The shaping directives stand above more than {most} different selections. Ask for less at once.",
        f"Les directives de mise en forme portent sur plus de {most} sélections différentes. "
        "Demandez-en moins à la fois.",
        rule="shapes",
    )
    return GraphQLError(refusal.en, original_error=refusal)
