"""Strawberry fields made from data: one that reads a key of a document, one that calls a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeAlias

from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import Info
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryList, StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from app.errors import UnfitStored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from graphql import GraphQLResolveInfo, GraphQLSchema

    from app.fhir.resource import Json

GraphQLType: TypeAlias = Any
"""A class with a Strawberry definition, a scalar stand-in, or one of them wrapped by `nullable` or `list_of`."""


def nullable(type_: GraphQLType) -> GraphQLType:
    """T, where a type alone means T!"""
    return StrawberryOptional(type_)


def list_of(type_: GraphQLType) -> GraphQLType:
    """[T], nullable with nullable items, as the FHIR GraphQL specification has its lists."""
    return StrawberryOptional(StrawberryList(StrawberryOptional(type_)))


def argument(name: str, type_: GraphQLType, description: str | None, default: object = UNSET) -> StrawberryArgument:
    """An argument; without a default it is left out of the resolver's keywords when the query leaves it out."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(type_),
        description=description,
        default=default,
    )


def document_field(
    name: str,
    type_: GraphQLType,
    description: str,
    arguments: Sequence[StrawberryArgument] = (),
) -> StrawberryField:
    """A field that reads the key of its own name from the document; it leaves arguments to others."""
    field = StrawberryField(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(type_),
        description=description,
    )
    if arguments:
        field.arguments = list(arguments)
    return field


def from_document(source: Json, name: str) -> Json:
    """What a document has under a name. Raises UnfitStored where the stored value is no document."""
    if not isinstance(source, dict):
        raise UnfitStored
    return source.get(name)


class ResolvedField(StrawberryField):
    """A field that calls `resolve(source, info, /, **arguments)`, which may answer an awaitable.

    `reads` are the elements that it reads of the document it stands in, where it reads no others and no other document
    but those that it answers; None: it may read whatever it likes. `by_id` is the type of the resource that it answers
    where it has no argument but `id`."""

    resolve: Callable[..., object]
    reads: frozenset[str] | None = None
    by_id: str = ""

    @classmethod
    def of(
        cls,
        name: str,
        type_: GraphQLType,
        description: str,
        resolve: Callable[..., object],
        arguments: Sequence[StrawberryArgument] = (),
    ) -> Self:
        """The field with everything it needs; arguments keep their GraphQL names."""
        field = cls(
            python_name=name,
            graphql_name=name,
            type_annotation=StrawberryAnnotation(type_),
            description=description,
        )
        field.resolve = resolve
        field.arguments = list(arguments)
        return field

    def reading(self, *elements: str) -> Self:
        """Tell that it reads these elements of its document and no others; answers the field."""
        self.reads = frozenset(elements)
        return self

    def reading_by_id(self, type_name: str) -> Self:
        """Tell that it reads the resource of that type and of its argument `id`; answers the field."""
        self.by_id = type_name
        return self.reading()

    @property
    def is_basic_field(self) -> bool:
        """Never: Strawberry would leave out info and arguments."""
        return False

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: Any) -> Any:
        """What the function answers; Strawberry's signature."""
        return self.resolve(source, info, **kwargs)


def answer_arguments(schema: GraphQLSchema) -> None:
    """Have root fields with an argument `_source` resolved without Strawberry's wrapper, which has a parameter of that
    name and could not be given both."""
    for field in schema.query_type.fields.values() if schema.query_type else ():
        if "_source" in field.args:
            field.resolve = _resolver(field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF])


def _resolver(definition: ResolvedField) -> Callable[..., object]:
    def resolve(source: Json, info: GraphQLResolveInfo[Any], /, **arguments: Any) -> object:
        return definition.resolve(source, Info(info, definition), **arguments)

    return resolve


def define(
    cls: type,
    fields: Iterable[StrawberryField],
    *,
    description: str,
    interfaces: Sequence[type] = (),
    is_interface: bool = False,
) -> None:
    """Make a plain class a GraphQL type of the same name; a list of fields may be filled until the schema is built.

    A class may carry `is_type_of` and `resolve_type` as Strawberry knows them."""
    definition = StrawberryObjectDefinition(
        name=cls.__name__,
        is_input=False,
        is_interface=is_interface,
        origin=cls,
        description=description,
        interfaces=[interface.__strawberry_definition__ for interface in interfaces],  # type: ignore[attr-defined]
        extend=False,
        directives=(),
        is_type_of=getattr(cls, "is_type_of", None),
        resolve_type=getattr(cls, "resolve_type", None),
        fields=fields if isinstance(fields, list) else list(fields),
    )
    cls.__strawberry_definition__ = definition  # type: ignore[attr-defined]
