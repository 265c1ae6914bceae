"""Random arguments of fields, as literals or as variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import is_required_argument

from tests.exactness.literals import literal
from tests.exactness.values import target_of, value

if TYPE_CHECKING:
    from graphql import GraphQLArgument, GraphQLField

    from tests.exactness.chance import Chance
    from tests.exactness.documents import Written
    from tests.exactness.variables import Variables

_USUAL: Final = ("_count", "_sort", "_id", "_filter", "_offset", "_cursor", "first", "after", "last", "before", "id")


class Arguments:
    """Arguments of the fields of one document."""

    def __init__(self, chance: Chance, variables: Variables, written: Written) -> None:
        self._chance = chance
        self._variables = variables
        self._written = written

    def of(self, parent: str, field: str, definition: GraphQLField) -> str:
        """The arguments of a field of a type, in brackets; "" where it is given none."""
        names = self._names(parent, definition)
        written = [self._argument(parent, field, name, each) for name, each in definition.args.items() if name in names]
        ordered = written if self._chance.happens(70) else written[::-1]
        return f"({', '.join(ordered)})" if written else ""

    def _names(self, parent: str, definition: GraphQLField) -> set[str]:
        """Those that are required, a usual one sometimes, and seldom any others."""
        chance, args = self._chance, definition.args
        chosen = {name for name, argument in args.items() if is_required_argument(argument)}
        usual = [name for name in _USUAL if name in args]
        if "lot" in args and chance.happens(85):  # a recall has to be of something
            chosen.add("lot")
        if usual and chance.happens(25):
            chosen.add(chance.one(usual))
        if args and chance.happens(10 if parent == "Query" else 25):
            chosen.update(chance.some(args.keys(), 2))
        return chosen

    def _argument(self, parent: str, field: str, name: str, definition: GraphQLArgument) -> str:
        chance, type_name = self._chance, str(definition.type)
        sent = value(chance, parent, field, name, type_name)
        ids = [id_ for known, id_ in self._written.keys if known == target_of(field)]
        if name == "id" and parent == "Query" and ids and chance.happens(75):
            sent = chance.one(ids)
        if chance.happens(25):
            return f"{name}: {self._variables.use(chance, type_name, sent)}"
        if type_name == "[String]" and chance.happens(15):
            return f"{name}: [{self._variables.use(chance, 'String', 'x')}, {literal('a')}]"
        if isinstance(sent, dict) and sent and chance.happens(15):
            return f"{name}: {literal(sent)[:-1]}, language: {self._variables.use(chance, 'String', 'fr')}}}"
        absent = chance.happens(3) and not is_required_argument(definition)
        return f"{name}: {'null' if absent else literal(sent)}"
