"""`fhirpathpy` as `app.fhir.fhirpath` needs it: read strictly, run on one element, and right where the library is not.

Its own `where` runs every criterion twice, so that nested ones take 2ⁿ runs, takes a stored `false` for true, and
leaves `$this` at the last element; its `extension` answers one of several; of two lists its `=` and `~` compare the
first items; its parser passes over what follows an expression. It keeps the time of `now()` in a global, so
evaluations must not run in threads.
Source: https://github.com/beda-software/fhirpath-py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from antlr4 import CommonTokenStream, InputStream, ParseTreeWalker
from antlr4.error.ErrorListener import ErrorListener
from fhirpathpy.engine import do_eval
from fhirpathpy.engine.invocations import equality
from fhirpathpy.engine.invocations.constants import constants
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.engine.util import get_data
from fhirpathpy.models import models
from fhirpathpy.parser.ASTPathListener import ASTPathListener
from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer
from fhirpathpy.parser.generated.FHIRPathParser import FHIRPathParser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.fhir.resource import Json

Node: TypeAlias = dict[str, Any]
"""A node of the library's syntax tree: `type`, `terminalNodeText`, often `children`, sometimes `text`."""

_JUDGING: Final = "judging"
"""Where the library's context carries what is called ahead of each item."""


class Engine:
    """Reads and runs expressions."""

    def tokens(self, text: str) -> list[str] | None:
        """The words and signs of an expression; None where something is no FHIRPath."""
        lexer = _strict(FHIRPathLexer(InputStream(text)))
        try:
            return [token.text for token in lexer.getAllTokens()]
        except _NoFhirPath:
            return None

    def tree(self, text: str) -> Node | None:
        """The syntax tree of an expression; None where it is none, or is followed by something."""
        lexer = _strict(FHIRPathLexer(InputStream(text)))
        parser = _strict(FHIRPathParser(CommonTokenStream(lexer)))
        listener = ASTPathListener()
        try:
            ParseTreeWalker().walk(listener, parser.entireExpression())
        except _NoFhirPath:
            return None
        (whole,) = listener.parentStack[0]["children"]
        tree: Node = whole["children"][0]
        return tree

    def met(self, tree: Node, item: Json, path: str, judging: Callable[[], None]) -> bool:
        """Whether an expression is true for an element of that FHIR type or path. Raises what the library raises.

        `judging` is called ahead of each item that a criterion inside the expression is asked of; it may raise."""
        constants.reset()
        root = [ResourceNode.create_node(item, path)]
        context = {
            "dataRoot": root,
            "$this": root,
            "vars": {},
            "model": models["r4"],
            "userInvocationTable": _MENDED,
            _JUDGING: judging,
        }
        return _true(do_eval(context, root, tree))


class _NoFhirPath(Exception):
    """The text cannot be read."""


class _Strict(ErrorListener):  # type: ignore[misc] # ANTLR has no types
    def syntaxError(self, *_: object) -> None:  # noqa: N802 - ANTLR's name
        raise _NoFhirPath


def _strict(recognizer: Any) -> Any:
    recognizer.removeErrorListeners()
    recognizer.addErrorListener(_Strict())
    return recognizer


def _true(values: list[Any]) -> bool:
    """HL7's rule for a criterion: nothing is false, a boolean is itself, anything else is true."""
    only = get_data(values[0]) if len(values) == 1 else None
    return only if isinstance(only, bool) else bool(values)


def _judged(
    context: dict[str, Any], data: list[Any], criterion: Callable[[Any], list[Any]]
) -> Iterator[tuple[Any, bool]]:
    outer = context["$this"]
    for item in data:
        context[_JUDGING]()
        yield item, _true(criterion(item))
    context["$this"] = outer


def _where(context: dict[str, Any], data: list[Any], criterion: Callable[[Any], list[Any]]) -> list[Any]:
    return [item for item, true in _judged(context, data, criterion) if true]


def _exists(context: dict[str, Any], data: list[Any], criterion: Callable[[Any], list[Any]] | None = None) -> bool:
    return bool(_where(context, data, criterion) if criterion else data)


def _all(context: dict[str, Any], data: list[Any], criterion: Callable[[Any], list[Any]]) -> bool:
    return len(_where(context, data, criterion)) == len(data)


def _extension(_context: dict[str, Any], data: list[Any], url: str) -> list[Any]:
    elements = [element for element in map(get_data, data) if isinstance(element, dict)]
    extensions = [each for element in elements for each in element.get("extension", ()) if each.get("url") == url]
    return [ResourceNode.create_node(each, "Extension") for each in extensions]


def _equal(context: dict[str, Any], left: list[Any], right: list[Any]) -> bool | None:
    """Whether lists are equal item by item; None where dates of different precision leave it open."""
    if len(left) != len(right):
        return False
    pairs = [equality.equality(context, [one], [other]) for one, other in zip(left, right, strict=True)]
    return False if False in pairs else None if None in pairs else True


def _unequal(context: dict[str, Any], left: list[Any], right: list[Any]) -> bool | None:
    equal = _equal(context, left, right)
    return None if equal is None else not equal


def _of_one(operator: Callable[..., list[Any]]) -> dict[str, Any]:
    """`~` and `!~` disregard the order of lists; they are answered for single values alone."""

    def compared(context: dict[str, Any], left: list[Any], right: list[Any]) -> list[Any]:
        if len(left) > 1 or len(right) > 1:
            raise ValueError("a list has no equivalent here")
        return operator(context, left, right)

    return {"fn": compared, "arity": {2: ["Any", "Any"]}}


_MENDED: Final[Mapping[str, Mapping[str, Any]]] = {
    "where": {"fn": _where, "arity": {1: ["Expr"]}},
    "exists": {"fn": _exists, "arity": {0: [], 1: ["Expr"]}},
    "all": {"fn": _all, "arity": {1: ["Expr"]}},
    "extension": {"fn": _extension, "arity": {1: ["String"]}},
    "=": {"fn": _equal, "arity": {2: ["Any", "Any"]}, "nullable": True},
    "!=": {"fn": _unequal, "arity": {2: ["Any", "Any"]}, "nullable": True},
    "~": _of_one(equality.equival),
    "!~": _of_one(equality.unequival),
}
