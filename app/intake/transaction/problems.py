"""What can be wrong with the entries of a transaction beyond the rules of each resource."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from app.errors import DmiError, Issue
from app.fhir.served import SERVED
from app.profiles.finding import MOST_FINDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Refusal = TypeVar("Refusal", bound=DmiError)

_SERVED: Final = ", ".join(SERVED)

_PROBLEMS: Final[Mapping[str, tuple[str, str, str]]] = {
    "transaction-type": (
        "value",
        "{path} must be transaction here. A Bundle of another type is stored as a document, by BundleCreate.",
        "{path} doit être transaction ici. Un Bundle d’un autre type s’enregistre comme document, par BundleCreate.",
    ),
    "transaction-size": (
        "too-costly",
        "{path} has more than {most} entries. Send several Bundles.",
        "{path} comporte plus de {most} entrées. Envoyez plusieurs Bundles.",
    ),
    "transaction-conditions": (
        "too-costly",
        "{path} has more than {most} different conditions (ifNoneExist, conditional references). Send several Bundles.",
        "{path} comporte plus de {most} conditions différentes (ifNoneExist, références conditionnelles). Envoyez "
        "plusieurs Bundles.",
    ),
    "entry-method": (
        "not-supported",
        "{path} must be POST, PUT or DELETE in a transaction here. Ask for what you want to read by itself.",
        "{path} doit être POST, PUT ou DELETE dans une transaction ici. Demandez à part ce que vous voulez lire.",
    ),
    "entry-resource": (
        "required",
        "{path} is missing: a POST or PUT needs the resource to store. Add it.",
        "{path} manque : un POST ou PUT exige la ressource à enregistrer. Ajoutez-la.",
    ),
    "entry-type": (
        "not-supported",
        "{path} is of a type that this server does not store. It stores: " + _SERVED + ".",
        "{path} est d’un type que ce serveur n’enregistre pas. Il enregistre : " + _SERVED + ".",
    ),
    "entry-target": (
        "value",
        "{path} must name the resource as Type/id, with a type that this server stores.",
        "{path} doit nommer la ressource sous la forme Type/id, avec un type que ce serveur enregistre.",
    ),
    "entry-agreement": (
        "value",
        "{path} names another type or id than the resource in the entry. Make them agree.",
        "{path} nomme un autre type ou id que la ressource de l’entrée. Accordez-les.",
    ),
    "entry-twice": (
        "duplicate",
        "{path} is about the same resource as another entry. Keep one of them.",
        "{path} concerne la même ressource qu’une autre entrée. N’en gardez qu’une.",
    ),
    "entry-condition": (
        "not-supported",
        "{path} goes with another method: a POST may have ifNoneExist, a PUT or DELETE ifMatch. Leave it out.",
        "{path} va avec une autre méthode : un POST admet ifNoneExist, un PUT ou DELETE ifMatch. Retirez-le.",
    ),
    "entry-full-url": (
        "duplicate",
        "{path} is that of an entry before it. Give each entry its own.",
        "{path} est celui d’une entrée précédente. Donnez à chaque entrée le sien.",
    ),
    "entry-known": (
        "not-found",
        "{path} names a resource that is not there. Check the id, or create the resource by POST.",
        "{path} nomme une ressource absente. Vérifiez l’id, ou créez la ressource par POST.",
    ),
    "entry-if-match": (
        "conflict",
        "{path} names another version than the current one, {current}. Read it again and repeat the change.",
        "{path} nomme une autre version que la version actuelle, {current}. Relisez-la et refaites la modification.",
    ),
    "entry-if-none-exist": (
        "conflict",
        "{path} is met by several resources. Make it narrower.",
        "{path} est remplie par plusieurs ressources. Précisez-la.",
    ),
    "entry-key": (
        "duplicate",
        "{path} has the identifier that only one resource may have, and an entry before it has it too. Correct it.",
        "{path} porte l’identifiant qu’une seule ressource peut avoir, comme une entrée précédente. Corrigez-le.",
    ),
    "reference-entry": (
        "not-found",
        "{path} refers to an entry that is not in the Bundle. Add it, or correct the reference.",
        "{path} désigne une entrée absente du Bundle. Ajoutez-la, ou corrigez la référence.",
    ),
    "reference-none": (
        "not-found",
        "{path} is a search that no resource meets. Store that one first, or correct the search.",
        "{path} est une recherche que ne remplit aucune ressource. Enregistrez-la d’abord, ou corrigez la recherche.",
    ),
    "reference-several": (
        "multiple-matches",
        "{path} is a search that several resources meet. Make it narrower, or name one by id.",
        "{path} est une recherche que remplissent plusieurs ressources. Précisez-la, ou nommez-en une par son id.",
    ),
}
"""Rule → FHIR issue type, and the text in English and French."""


def capped(issues: Sequence[Issue]) -> tuple[Issue, ...]:
    """The first issues, and one that counts the others."""
    beyond = len(issues) - MOST_FINDINGS
    if beyond <= 0:
        return tuple(issues)
    more = Issue(
        "error",
        "too-costly",
        f"{beyond} more findings are not shown. Correct those shown and send the Bundle again.",
        f"{beyond} autres constats ne sont pas affichés. Corrigez les premiers puis renvoyez le Bundle.",
        rule="cap",
    )
    return (*issues[:MOST_FINDINGS], more)


def pointed(error: Refusal, entries: Sequence[int]) -> Refusal:
    """A refusal of the store with the first of the entries that it may be about."""
    for index in entries[:1]:
        error.issues = tuple(replace(issue, expression=f"Bundle.entry[{index}]") for issue in error.issues)
    return error


def problem(rule: str, path: str, **facts: int) -> Issue:
    """The issue of a rule that is broken at a path."""
    code, en, fr = _PROBLEMS[rule]
    english, french = (text.format(path=path, **facts) for text in (en, fr))
    return Issue("error", code, f"{english} [{rule}]", f"{french} [{rule}]", path, rule)
