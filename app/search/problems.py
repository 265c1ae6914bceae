"""What can be wrong with a search, said in English and French. Parameters are named, values never are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.errors import InvalidSearch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

EXPECTED: Final[Mapping[str, tuple[str, str]]] = {
    "date": (
        "2024, 2024-02, 2024-02-29 or 2024-02-29T10:00:00+01:00, with eq ne gt lt ge le sa eb or ap before it",
        "2024, 2024-02, 2024-02-29 ou 2024-02-29T10:00:00+01:00, avec ou sans eq ne gt lt ge le sa eb ap devant",
    ),
    "day": (
        "2024, 2024-02, 2024-02-29 or 2024-02-29T10:00:00+01:00",
        "2024, 2024-02, 2024-02-29 ou 2024-02-29T10:00:00+01:00",
    ),
    "number": (
        "a decimal number, with eq ne gt lt ge le sa eb or ap before it",
        "un nombre décimal, précédé ou non de eq ne gt lt ge le sa eb ap",
    ),
    "quantity": (
        "a number, number||unit or number|system|unit, with eq ne gt lt ge le sa eb or ap before it",
        "un nombre, nombre||unité ou nombre|système|unité, précédé ou non de eq ne gt lt ge le sa eb ap",
    ),
    "token": (
        r"code, system|code, |code or system|, with \| for a | inside a part",
        r"code, système|code, |code ou système|, avec \| pour un | dans une partie",
    ),
    "code": ("a code alone: it belongs to no system", "un code seul : il n’appartient à aucun système"),
    "id": (
        "ids of 1 to 64 letters, digits, hyphens and dots",
        "des identifiants de 1 à 64 lettres, chiffres, tirets et points",
    ),
    "reference": (
        "Type/id, id, or an absolute URI; without a version",
        "Type/id, id, ou une URI absolue ; sans version",
    ),
    "string": ("text with at least one letter or digit", "un texte d’au moins une lettre ou un chiffre"),
    "whole": ("a whole number from 0 on, without a sign", "un nombre entier à partir de 0, sans signe"),
    "instant": (
        "2024-02-29, or with a time and a zone 2024-02-29T10:00:00+01:00",
        "2024-02-29, ou avec une heure et un fuseau 2024-02-29T10:00:00+01:00",
    ),
    "part": ("at most 447 characters with co and ew", "447 caractères au plus avec co et ew"),
    "long": ("at most 8,000 characters", "8 000 caractères au plus"),
    "text": ("text that is valid Unicode", "un texte Unicode valide"),
}
"""What a value has to look like, in English and French."""

EXPRESSION: Final[Mapping[str, tuple[str, str]]] = {
    "length": ("at most 8,000 characters", "8 000 caractères au plus"),
    "depth": ("at most 20 brackets inside one another", "20 parenthèses imbriquées au plus"),
    "quote": ("text in double quotes, escaped as in JSON", "un texte entre guillemets doubles, échappé comme en JSON"),
    "bracket": ("a bracket, ( or ), [ or ]", "une parenthèse ou un crochet"),
    "parameter": ("a search parameter", "un paramètre de recherche"),
    "operator": ("an operator that fits the parameter", "un opérateur qui convienne au paramètre"),
    "value": ("a value", "une valeur"),
    "end": (
        "and, or, or the end; a value with blanks, brackets or quotes stands in double quotes",
        "and, or, ou la fin ; une valeur avec des blancs, des parenthèses, des crochets ou des guillemets se met entre "
        "guillemets doubles",
    ),
    "presence": ("true or false", "true ou false"),
    "chain": (
        "a path of at most 3 references, each followed by a dot, and a parameter",
        "un chemin d’au plus 3 références, chacune suivie d’un point, puis un paramètre",
    ),
    "reference": (
        "a parameter that refers to a resource, for only such a one is followed by a dot",
        "un paramètre qui désigne une ressource, seul à pouvoir être suivi d’un point",
    ),
    "target": (
        "after the colon a type that the reference may point at",
        "après les deux-points un type que la référence peut désigner",
    ),
    "qualifier": (
        "no colon here: only a reference takes one, :identifier at the end, or a type ahead of a dot",
        "pas de deux-points ici : seule une référence en admet, :identifier à la fin, ou un type avant un point",
    ),
    "path": (
        "a dot and a parameter after the square bracket",
        "un point et un paramètre après le crochet",
    ),
    "set": (
        "another operator, for in takes a value set, which this server does not expand; name the codes with eq, "
        "joined by or",
        "un autre opérateur, car in prend un jeu de valeurs, que ce serveur ne déploie pas ; nommez les codes avec eq, "
        "réunis par or",
    ),
}
"""What `_filter` expects at a place, in English and French."""


UNSUPPORTED: Final[Mapping[str, tuple[str, str]]] = {
    "name": (
        "it is no name of a parameter, with maybe a modifier after a colon, or a chain with dots",
        "ce n’est pas un nom de paramètre, suivi ou non d’un modificateur après deux-points, ou une chaîne avec points",
    ),
    "modifier": (
        "after the colon it takes none but these",
        "après les deux-points, il n’admet que ceux-ci",
    ),
    "exact": (
        "values are compared without case and accents. Use _filter with eq, which compares the whole value so",
        "les valeurs se comparent sans casse ni accents. Employez _filter avec eq, qui compare ainsi la valeur entière",
    ),
    "chain": (
        "a chain has at most 3 references, each to a resource of a type that this server stores",
        "une chaîne comporte au plus 3 références, chacune vers une ressource d’un type que ce serveur enregistre",
    ),
    "has": (
        "_has is followed by a type, a reference of that type to the searched one, and a parameter of it, as in "
        "_has:Procedure:focal-device:status",
        "_has est suivi d’un type, d’une référence de ce type vers celui qu’on cherche, et d’un de ses paramètres, "
        "comme _has:Procedure:focal-device:status",
    ),
    "join": (
        "a search answers the resources of one type. Ask for what they refer to by GraphQL, in the same request",
        "une recherche renvoie les ressources d’un seul type. Demandez par GraphQL, dans la même requête, ce qu’elles "
        "désignent",
    ),
    "summary": (
        "of the summaries there are none but these",
        "il n’y a d’autres résumés que ceux-ci",
    ),
    "history": (
        "a history takes none but these",
        "un historique n’admet que ceux-ci",
    ),
}
"""Why this server does not do what a parameter asks for, in English and French."""

IGNORABLE: Final = ("search-unknown-parameter", "search-unsupported")
"""The rules of parameters that a client may have ignored: they are unknown or unsupported, not malformed."""


def unsupported(name: str, reason: str, allowed: Iterable[str] = ()) -> InvalidSearch:
    """A parameter that is not one of those this server takes, for the reason `UNSUPPORTED[reason]`."""
    en, fr = UNSUPPORTED[reason]
    listed = ", ".join(allowed)
    listed = f": {listed}" if listed else ""
    return InvalidSearch(
        f"The search parameter {name} is not supported: {en}{listed}.",
        f"Le paramètre de recherche {name} n’est pas pris en charge : {fr}{listed}.",
        expression=name,
        rule="search-unsupported",
    )


def repeated(name: str) -> InvalidSearch:
    """A parameter that says how the answer is to be, and comes twice."""
    return InvalidSearch(
        f"{name} is given more than once. Give it once.",
        f"{name} est donné plusieurs fois. Donnez-le une seule fois.",
        expression=name,
        rule="search-repeated",
    )


def malformed(name: str, expected: str) -> InvalidSearch:
    """A value that does not have the form `EXPECTED[expected]`."""
    en, fr = EXPECTED[expected]
    return InvalidSearch(
        f"A value of the search parameter {name} is malformed. Expected: {en}.",
        f"Une valeur du paramètre de recherche {name} est mal formée. Attendu : {fr}.",
        expression=name,
        rule=f"search-malformed-{expected}",
    )


def not_allowed(name: str, allowed: Sequence[str]) -> InvalidSearch:
    """A code, or the type of a reference, that the parameter cannot have."""
    listed = ", ".join(allowed)
    return InvalidSearch(
        f"A value of the search parameter {name} is not allowed. Allowed: {listed}.",
        f"Une valeur du paramètre de recherche {name} n’est pas admise. Admis : {listed}.",
        expression=name,
        rule="search-value-not-allowed",
    )


def empty(name: str) -> InvalidSearch:
    """An empty list, a null or an empty text among the values."""
    return InvalidSearch(
        f"The search parameter {name} has an empty value. Give a value, or leave the parameter out.",
        f"Le paramètre de recherche {name} a une valeur vide. Donnez une valeur ou retirez le paramètre.",
        expression=name,
        rule="search-empty-value",
    )


def unknown(type_name: str, name: str, known: Iterable[str]) -> InvalidSearch:
    """A parameter that the type does not have."""
    listed = ", ".join(known)
    return InvalidSearch(
        f"{type_name} has no search parameter {name}. Known: {listed}.",
        f"{type_name} n’a pas de paramètre de recherche {name}. Connus : {listed}.",
        expression=name,
        rule="search-unknown-parameter",
    )


def unsortable(type_name: str, sortable: Iterable[str]) -> InvalidSearch:
    """A `_sort` that is empty, names a key twice, or names what cannot be sorted by."""
    listed = ", ".join(sortable)
    return InvalidSearch(
        f"_sort of {type_name} takes one or more of these, each at most once, separated by commas, with - before "
        f"one for descending: {listed}.",
        f"_sort de {type_name} accepte une ou plusieurs de ces clés, chacune au plus une fois, séparées par des "
        f"virgules, précédées de - pour l’ordre décroissant : {listed}.",
        expression="_sort",
        rule="search-sort",
    )


def foreign_cursor() -> InvalidSearch:
    """A cursor that this server did not make, or made for another search."""
    return InvalidSearch(
        "The cursor does not belong to this search. Use a cursor only with the type, arguments and _sort it came "
        "from; start again without a cursor.",
        "Le curseur n’appartient pas à cette recherche. Un curseur ne s’emploie qu’avec le type, les arguments et le "
        "_sort dont il provient ; recommencez sans curseur.",
        expression="_cursor",
        rule="search-cursor",
    )


def expression_error(column: int, expected: str, allowed: Iterable[str] = ()) -> InvalidSearch:
    """A `_filter` that cannot be read at a column (from 1), where `EXPRESSION[expected]` should be."""
    en, fr = EXPRESSION[expected]
    listed = ", ".join(allowed)
    return InvalidSearch(
        f"_filter cannot be read at column {column}. Expected: {en}{f' ({listed})' if listed else ''}.",
        f"_filter est illisible à la colonne {column}. Attendu : {fr}{f' ({listed})' if listed else ''}.",
        expression="_filter",
        rule=f"search-filter-{expected}",
    )


def at_column(problem: InvalidSearch, column: int) -> InvalidSearch:
    """The problem of a value that stands at a column of a `_filter`."""
    return InvalidSearch(
        f"_filter, column {column}: {problem.en}",
        f"_filter, colonne {column} : {problem.fr}",
        expression="_filter",
        rule=problem.issues[0].rule,
    )


def together(problems: Sequence[InvalidSearch]) -> InvalidSearch:
    """One error that carries every problem."""
    first = problems[0]
    first.issues = tuple(issue for problem in problems for issue in problem.issues)
    return first
