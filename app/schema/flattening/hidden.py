"""What is asked for besides what the client selected: the types of objects where they vary, and the values of slices.

Both are given under aliases that clients may not use, and never leave the server.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from graphql import FieldNode, NameNode, SelectionSetNode, TypeInfo, TypeInfoVisitor, Visitor, is_abstract_type, visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, GraphQLSchema

    from app.fhir.resource import Json

PREFIX: Final = "shape__"
TYPE: Final = f"{PREFIX}type"
SLICE: Final = f"{PREFIX}slice"


def with_hidden_fields(
    document: DocumentNode, schema: GraphQLSchema, slices: Mapping[int, tuple[str, ...]]
) -> DocumentNode:
    """The document that also asks for TYPE where a type is abstract, and for SLICE in the fields of `slices`.

    `slices` has the names that lead to a slice's value, by the Python identity of the field in the document.
    Places in the text stay those of the original."""
    type_info = TypeInfo(schema)
    changed: DocumentNode = visit(document, TypeInfoVisitor(type_info, _Additions(type_info, slices)))
    return changed


def slice_text(item: Json) -> str:
    """The text of an item's slice: what stands at the path, joined by commas as FHIRPath's engine of HL7 does; "" where
    an object stands in the place of a text."""
    return ",".join(_texts(item))


def _texts(value: Json) -> list[str]:
    if isinstance(value, dict):
        return _texts(value.get(SLICE))
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    if value is None:
        return []
    return [str(value).lower() if isinstance(value, bool) else str(value)]


class _Additions(Visitor):
    def __init__(self, type_info: TypeInfo, slices: Mapping[int, tuple[str, ...]]) -> None:
        super().__init__()
        self._type_info = type_info
        self._slices = slices

    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
        names = self._slices.get(id(node))
        if not names or not node.selection_set:
            return None
        return replace(node, selection_set=_extended(node.selection_set, _nested(names)))

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        abstract = is_abstract_type(self._type_info.get_parent_type())
        return _extended(node, _field(TYPE, "__typename")) if abstract else None


def _nested(names: tuple[str, ...]) -> FieldNode:
    """`a.b` as `SLICE: a { SLICE: b }`."""
    name, *rest = names
    return _field(SLICE, name, SelectionSetNode(selections=(_nested(tuple(rest)),)) if rest else None)


def _field(alias: str, name: str, selection_set: SelectionSetNode | None = None) -> FieldNode:
    return FieldNode(alias=NameNode(value=alias), name=NameNode(value=name), selection_set=selection_set)


def _extended(selection_set: SelectionSetNode, field: FieldNode) -> SelectionSetNode:
    return replace(selection_set, selections=(*selection_set.selections, field))
