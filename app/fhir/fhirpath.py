"""FHIRPath criteria on elements of a document, bounded in every way. https://hl7.org/fhirpath/N1/

The grammar, the operators and the R4 model are those of `fhirpathpy`, its faults mended in `app.fhir.fhirpath_engine`;
what may not run is refused here. A document is never handed over: the engine sees a copy, without the `_name` siblings
of primitives, which it would count as values.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from app.errors import DmiError, RequestError, TooCostly

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.fhirpath_engine import Engine, Node
    from app.fhir.resource import Json

MOST_CHARACTERS: Final = 500
MOST_TOKENS: Final = 150
MOST_BRACKETS: Final = 16
MOST_VALUES: Final = 5_000
"""How many JSON values one element may have, a text counting once more for every 256 characters."""
MOST_WORK: Final = 2_000_000
"""What the expressions of one request may cost in all: for every element, the weight of the expression times its
values, and for every item that a criterion inside it is asked of, the weight again.

Measured: about a second at most."""
MOST_EXPONENT: Final = 400
WORK_TO_READ: Final = 50
"""What one character of an expression costs in that measure, when it comes first in a request."""
WORK_TO_START: Final = 10
"""What is added to the values of every element: an evaluation costs something however small it is."""
WORK_TO_JUDGE: Final = 8
"""What one item of where, exists or all costs for every unit of weight: lists inside each other multiply."""
WEIGHTS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("DateTimeLiteral", "TimeLiteral", "toDate", "toDateTime"), 40),
    "now": 30,
    "today": 5,
    "UnionExpression": 16,
}
"""What a node of a tree, or a function, weighs: those that read a time, or compare each with each, take far longer."""

FUNCTIONS: Final[Mapping[str, tuple[int, ...]]] = {
    **dict.fromkeys(("empty", "not", "count", "first", "last", "tail", "lower", "upper", "length", "trim"), (0,)),
    **dict.fromkeys(("today", "now", "toDate", "toDateTime", "toString"), (0,)),
    **dict.fromkeys(("where", "all", "extension", "ofType", "is", "as", "skip", "take"), (1,)),
    **dict.fromkeys(("startsWith", "endsWith", "contains", "indexOf"), (1,)),
    "exists": (0, 1),
    "substring": (1, 2),
    "iif": (2, 3),
}
"""The functions that may be called, with their numbers of arguments: no result can grow beyond what was read."""
_REFUSED: Final[Mapping[str, tuple[str, str]]] = {
    "ExternalConstantTerm": ("environment variables (%…)", "les variables d’environnement (%…)"),
    "MultiplicativeExpression": ("the operators *, /, div and mod", "les opérateurs *, /, div et mod"),
    "IndexInvocation": ("$index", "$index"),
    "TotalInvocation": ("$total", "$total"),
}


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read and is allowed; `weight` is the size of its tree, by WEIGHTS."""

    tree: Node
    weight: int


class FhirPaths(Struct, eq=False):
    """The FHIRPath expressions of one request, and how much they may still cost."""

    _left: int = MOST_WORK
    _read: dict[str, Expression] = field(default_factory=dict)

    def read(self, text: str) -> Expression:
        """The expression of that text. Raises RequestError where it is wrong or not allowed, TooCostly."""
        known = self._read.get(text)
        if known is None:
            self._spend(min(len(text), MOST_CHARACTERS) * WORK_TO_READ)
            known = self._read[text] = expression(text)
        return known

    def met(self, criterion: Expression, item: Json, path: str) -> bool:
        """Whether the criterion is true for an element; `path` is its FHIR type or path: Procedure.performer.

        As in HL7's engine: nothing is false, a boolean is itself, anything else is true.
        Raises RequestError where the expression does not fit the values, TooCostly."""
        try:
            shown = _Shown(item)
            self._spend(criterion.weight * (shown.values + WORK_TO_START))
            judging = partial(self._spend, criterion.weight * WORK_TO_JUDGE)
            return _engine().met(criterion.tree, shown.copy, path, judging)
        except DmiError:
            raise
        except Exception:  # noqa: BLE001 - the engine raises plain Exception, with stored values in its text
            raise _unfit() from None

    def _spend(self, work: int) -> None:
        self._left -= work
        if self._left < 0:
            raise TooCostly(
                f"The fhirpath arguments of this request ask for more than {MOST_WORK} steps of work in all. "
                "Ask for fewer rows at once, or with simpler expressions.",
                f"Les arguments fhirpath de cette requête demandent plus de {MOST_WORK} étapes de calcul en tout. "
                "Demandez moins de lignes à la fois, ou des expressions plus simples.",
                rule="fhirpath",
            )


@lru_cache(maxsize=256)
def expression(text: str) -> Expression:
    """Read an expression. Raises RequestError where it is wrong, too long or not allowed."""
    if len(text) > MOST_CHARACTERS:
        raise _refused(
            f"has at most {MOST_CHARACTERS} characters",
            f"comporte au plus {MOST_CHARACTERS} caractères",
        )
    engine = _engine()
    tokens = engine.tokens(text)
    depth = deepest = 0
    for word in tokens or ():
        depth += (word in "([{") - (word in ")]}")
        deepest = max(deepest, depth)
    if len(tokens or ()) > MOST_TOKENS or deepest > MOST_BRACKETS:
        raise _refused(
            f"has at most {MOST_TOKENS} words and signs and {MOST_BRACKETS} brackets in each other",
            f"comporte au plus {MOST_TOKENS} mots et signes et {MOST_BRACKETS} parenthèses imbriquées",
        )
    tree = engine.tree(text) if tokens else None
    if tree is None:
        raise RequestError(
            "The fhirpath argument is no FHIRPath expression. See https://hl7.org/fhirpath/N1/.",
            "L’argument fhirpath n’est pas une expression FHIRPath. Voir https://hl7.org/fhirpath/N1/.",
            rule="fhirpath",
        )
    weight = 0
    for node in _nodes(tree):
        _allow(node)
        weight += _weight(node)
    return Expression(tree, weight)


def _nodes(tree: Node) -> Iterator[Node]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.get("children", ()))


def _weight(node: Node) -> int:
    kind = node["children"][0]["text"] if node["type"] == "Functn" else node["type"]
    return WEIGHTS.get(kind, 1)


def _allow(node: Node) -> None:
    """Raises RequestError where a node of the tree is not allowed."""
    kind = node["type"]
    if kind in _REFUSED:
        en, fr = _REFUSED[kind]
        raise _refused(f"cannot use {en}", f"ne peut pas utiliser {fr}")
    if kind == "AdditiveExpression" and "&" in node["terminalNodeText"]:
        raise _refused("cannot use the operator &", "ne peut pas utiliser l’opérateur &")
    if kind == "Functn":
        name, *parameters = node["children"]
        given = len(parameters[0]["children"]) if parameters else 0
        if given not in FUNCTIONS.get(name["text"], ()):
            functions = ", ".join(f"{each}({', '.join('…' * max(counts))})" for each, counts in FUNCTIONS.items())
            raise _refused(f"can only call {functions}", f"ne peut appeler que {functions}")


def _refused(en: str, fr: str) -> RequestError:
    return RequestError(f"A fhirpath expression {en}.", f"Une expression fhirpath {fr}.", rule="fhirpath")


def _unfit() -> RequestError:
    return RequestError(
        "The fhirpath expression does not fit the values at this path: it compares or calls what is of another type, "
        "or is a list.",
        "L’expression fhirpath ne convient pas aux valeurs situées à cet endroit : elle compare ou appelle ce qui est "
        "d’un autre type, ou une liste.",
        rule="fhirpath",
    )


class _Shown:
    """What the engine sees of an element: a copy without siblings of primitives; `values` is its size."""

    def __init__(self, item: Json) -> None:
        self.values = 0
        self.copy = self._copied(item)

    def _copied(self, value: Json) -> Any:
        self.values += 1
        if isinstance(value, str):
            self.values += len(value) >> 8
        if self.values > MOST_VALUES:
            raise TooCostly(
                f"An element at this path has more than {MOST_VALUES} values, too many for fhirpath. "
                "Choose it by its other arguments.",
                f"Un élément situé à cet endroit comporte plus de {MOST_VALUES} valeurs, trop pour fhirpath. "
                "Choisissez-le par ses autres arguments.",
                rule="fhirpath",
            )
        if isinstance(value, dict):
            return {name: self._copied(each) for name, each in value.items() if not name.startswith("_")}
        if isinstance(value, list):
            return [self._copied(each) for each in value if each is not None]
        if isinstance(value, Decimal) and abs(value.adjusted()) > MOST_EXPONENT:
            raise _unfit()  # the engine would write out all its digits
        return value


@cache
def _engine() -> Engine:
    """The engine, imported when the first expression comes: it takes a tenth of a second."""
    from app.fhir.fhirpath_engine import Engine  # noqa: PLC0415 - see the docstring

    return Engine()
