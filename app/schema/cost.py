"""What an operation costs: how many values its answer may have, the sizes of lists multiplied through their nesting.

It is known before anything runs, from the document and the values of its variables alone: a page counts as many rows as
it may have, whatever the store holds. Nobody knows beforehand how long the lists inside documents are: most of them
have one item, and one is what they count as; what really comes is bounded by the size of an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, cast

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    is_object_type,
)

from app.errors import TooCostly
from app.schema.execution.fields import TYPENAME, definition_of
from app.schema.price import Price, largest, only_if, times, total
from app.schema.search_arguments import DEFAULT_COUNT
from app.schema.types.fields import ResolvedField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import (
        DocumentNode,
        GraphQLField,
        GraphQLNamedType,
        GraphQLSchema,
        OperationDefinitionNode,
        SelectionNode,
        SelectionSetNode,
        ValueNode,
    )

COST: Final = "cost"
"""The name under which a request asks for its price, and the answer tells it, in `extensions`."""

PAGING: Final = ("_count", "first", "last")
EDGES: Final = "edges"
"""The rows of a page, whose arguments stand at the field above."""

ITEMS: Final[Mapping[str, int]] = {
    "entry": 20,
    "changes": 20,
    "implantedIn": 20,
    "byOrganization": 20,
    "byMonth": 60,
    "byDeviceType": 100,
}
"""The items that a list without a page counts as, by its name; others count as one."""

WEIGHTS: Final[Mapping[str, int]] = {"raw": 40, "count": 20, "totals": 2_000, "DmiStatistics": 5_000}
"""What a field counts as beside the values below it: a document as a whole, and what the store has to count."""

INTROSPECTION: Final[Mapping[str, int]] = {"__schema": 20_000, "__type": 1_000}
"""What a look at the whole schema, or at a type, counts as whatever it selects, as long as it does not go on from the
fields of a type to those of their types: each such step multiplies it by STEP."""
TYPE_LISTS: Final = frozenset({"fields", "inputFields", "interfaces", "possibleTypes"})
STEP: Final = 30


class Selected(NamedTuple):
    """The price of a selection; `rows` is the part of it that each row of a page costs."""

    once: Price
    rows: Price = 0


_NOTHING: Final = Selected(0)


class Pricing:
    """Prices the operations of one valid document; a fragment is looked at once."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, max_rows: int) -> None:
        self._schema = schema
        self._max_rows = max_rows
        fragments = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
        self._fragments = {each.name.value: each for each in fragments}
        self._priced: dict[str, Selected] = {}
        self._steps: dict[str, int] = {}

    def of(self, operation: OperationDefinitionNode) -> Price:
        """What an operation costs."""
        root = self._schema.get_root_type(operation.operation)
        return self._selected(operation.selection_set, root).once if root else 0

    def _selected(self, selections: SelectionSetNode, parent: GraphQLNamedType) -> Selected:
        """Of the fragments on different types of objects, the dearest one counts: an object is of one type."""
        found: list[Selected] = []
        of_types: dict[str, list[Price]] = {}
        for selection in selections.selections:
            type_, price = self._one(selection, parent)
            if type_ is not parent and is_object_type(type_):
                of_types.setdefault(type_.name, []).append(price.once)
            else:
                found.append(price)
        dearest = largest([total(prices) for prices in of_types.values()])
        return Selected(total([*(each.once for each in found), dearest]), total([each.rows for each in found]))

    def _one(self, selection: SelectionNode, parent: GraphQLNamedType) -> tuple[GraphQLNamedType, Selected]:
        """The type of the objects that a selection is on, and its price."""
        type_ = parent
        if isinstance(selection, FieldNode):
            price = self._field(selection, parent)
        elif isinstance(selection, FragmentSpreadNode):
            fragment = self._fragments[selection.name.value]
            type_, price = self._schema.type_map[fragment.type_condition.name.value], self._fragment(fragment)
        else:
            condition = selection.type_condition  # type: ignore[attr-defined] # an inline fragment is left
            type_ = self._schema.type_map[condition.name.value] if condition else parent
            price = self._selected(selection.selection_set, type_)  # type: ignore[attr-defined] # the same
        return type_, _where_included(selection, price)

    def _fragment(self, fragment: FragmentDefinitionNode) -> Selected:
        name = fragment.name.value
        if name not in self._priced:
            type_ = self._schema.type_map[fragment.type_condition.name.value]
            self._priced[name] = self._selected(fragment.selection_set, type_)
        return self._priced[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType) -> Selected:
        name = node.name.value
        if name in INTROSPECTION:
            return Selected(INTROSPECTION[name] * STEP ** max(self._type_lists(node.selection_set) - 1, 0))
        field = None if name == TYPENAME else self._schema.get_field(parent, name)  # type: ignore[arg-type] # it has fields
        if field is None:
            return _NOTHING
        page = self._page(node, field)
        type_, below = get_named_type(field.type), Selected(1)
        if node.selection_set and is_composite_type(type_):
            below = self._selected(node.selection_set, cast("GraphQLNamedType", type_))
        weight = WEIGHTS.get(name, 0)
        if not is_list_type(get_nullable_type(field.type)):
            rows = times(DEFAULT_COUNT if page is None else page, _at_least_one(below.rows)) if below.rows else 0
            return Selected(total([weight, _at_least_one(total([below.once, rows]))]))
        if name == EDGES and page is None:
            return Selected(0, _at_least_one(below.once))
        return Selected(times(ITEMS.get(name, 1) if page is None else page, _at_least_one(below.once)))

    def _page(self, node: FieldNode, field: GraphQLField) -> Price | None:
        """How many rows the page of a field may have; None where it has none, or is a list inside a document."""
        if not isinstance(definition_of(field), ResolvedField) or not any(name in field.args for name in PAGING):
            return None
        most = self._max_rows
        asked = largest([_asked(each.value) for each in node.arguments or () if each.name.value in PAGING])
        return _within(asked, most) if isinstance(asked, int) else lambda variables: _within(asked(variables), most)

    def _type_lists(self, selections: SelectionSetNode | None) -> int:
        """How many lists of types or of what has types stand inside each other at most."""
        return max((self._type_lists_of(each) for each in selections.selections), default=0) if selections else 0

    def _type_lists_of(self, selection: SelectionNode) -> int:
        if isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            if name not in self._steps:
                self._steps[name] = self._type_lists(self._fragments[name].selection_set)
            return self._steps[name]
        own = isinstance(selection, FieldNode) and selection.name.value in TYPE_LISTS
        return own + self._type_lists(selection.selection_set)  # type: ignore[attr-defined] # both kinds may have one


def too_costly(price: int, most: int) -> TooCostly:
    """The refusal of an operation that costs more than `most`."""
    return TooCostly(
        f"The operation costs {price}, and one may cost {most} (DMI_MAX_COST): so many values may be in its answer, "
        "where a page counts as full. Ask for fewer rows (_count, first, last), for fewer fields, or for fewer levels "
        "of lists in each other, and take the rest by further pages.",
        f"L’opération coûte {price}, et une opération peut coûter {most} (DMI_MAX_COST) : c’est le nombre de valeurs "
        "que peut avoir sa réponse, une page comptant comme pleine. Demandez moins de lignes (_count, first, last), "
        "moins de champs ou moins de listes imbriquées, et le reste par d’autres pages.",
        rule="DMI_MAX_COST",
    )


def _asked(value: ValueNode) -> Price:
    """The rows that one argument asks for; 0 where its value is null, so that another argument tells."""
    if isinstance(value, IntValueNode):
        return max(int(value.value), 1)
    if isinstance(value, VariableNode):
        name = value.name.value
        return lambda variables: 0 if (given := variables.get(name)) is None else max(given, 1)
    return 0


def _within(asked: int, most: int) -> int:
    """The rows of a page; a larger one than is allowed is refused where it is asked for."""
    return min(asked or DEFAULT_COUNT, most)


def _where_included(selection: SelectionNode, price: Selected) -> Selected:
    """The price as @skip and @include have it."""
    for directive in selection.directives or ():
        name = directive.name.value
        if name in {"skip", "include"}:
            value = next(each.value for each in directive.arguments or () if each.name.value == "if")
            price = Selected(_if(value, name == "include", price.once), _if(value, name == "include", price.rows))
    return price


def _if(value: ValueNode, wanted: bool, price: Price) -> Price:
    if isinstance(value, BooleanValueNode):
        return price if value.value is wanted else 0
    return only_if(value.name.value, wanted, price) if isinstance(value, VariableNode) else price


def _at_least_one(price: Price) -> Price:
    """An object without values costs something too."""
    return largest([1, price])
