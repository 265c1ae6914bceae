"""An executor that spares what most fields do not need.

graphql-core looks at every argument that a field declares, for every row, given or not, and Strawberry wraps reading
a key into three calls. So a field that is asked without arguments is resolved on a twin of its type, in which what
reads the document is a plain function and declares none: else the arguments of lists cost a page a tenth of its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLObjectType, is_introspection_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter

from app.schema.types.fields import from_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLSchema

    from app.fhir.resource import Json


def sparing_executor(schema: GraphQLSchema) -> type[StrawberryGraphQLCoreExecutionContext]:
    """The executor for one schema: Strawberry's `execution_context_class`."""
    # graphql-core knows the root of queries, where __schema is, by its identity; roots read no document.
    roots = (schema.query_type, schema.mutation_type)
    objects = [type_ for type_ in schema.type_map.values() if isinstance(type_, GraphQLObjectType)]
    twins = {type_: _twin(type_) for type_ in objects if type_ not in roots and not is_introspection_type(type_)}

    class Executor(StrawberryGraphQLCoreExecutionContext):
        """graphql-core's, but for the type on which a field without arguments is looked up."""

        def execute_field(self, parent_type: GraphQLObjectType, source: Any, details: Any, *rest: Any) -> Any:
            """graphql-core's hook for one field of one object."""
            type_ = parent_type if details[0].node.arguments else twins.get(parent_type, parent_type)
            return super().execute_field(type_, source, details, *rest)

    return Executor


def _twin(type_: GraphQLObjectType) -> GraphQLObjectType:
    fields = type_.fields.items()
    return GraphQLObjectType(type_.name, {name: _plain(name, field) for name, field in fields})


def _plain(name: str, field: GraphQLField) -> GraphQLField:
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    reads_document = definition is not None and definition.is_basic_field
    return GraphQLField(field.type, resolve=_reader(name)) if reads_document else field


def _reader(name: str) -> Callable[[Json, object], Json]:
    def read(source: Json, _info: object) -> Json:
        return from_document(source, name)

    return read
