"""A plan: what is read from an object of a type, and what becomes of it, for every object that an operation selects."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from app.errors import UnfitStored
from app.schema.execution.arguments import Arguments
from app.schema.execution.run import Nulled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from graphql import DocumentNode, FieldNode, FragmentDefinitionNode, GraphQLField, GraphQLObjectType

    from app.fhir.resource import Json
    from app.schema.execution.alone import Alone
    from app.schema.execution.places import Above
    from app.schema.execution.run import Run
    from app.schema.flattening.shape import Shape

Complete: TypeAlias = "Callable[[Any, Any, Run], Any]"
"""Makes of a value what the answer has at a place; may raise, and may note what is to be built later."""


_NONE: Final[Mapping[str, Any]] = MappingProxyType({})  # no argument of this schema has a default


class Irregular(Exception):
    """A document is not as it should be; nothing is wrong with the request."""


class Asked:
    """A field as an operation asks it of objects of one type: all nodes that select it under one key.

    `single`: nothing in its value depends on the place, so that what is built once may stand at several. `refers`: it
    leads elsewhere, or something below it does. `from_document`: its value stands in the document, under its name.
    `objects` are the plans of the objects in it, by the names of their types. `expected` is the type that the schema
    promises of what a reference leads to, or "Resource"; "" where the field follows none."""

    __slots__ = (
        "_arguments",
        "complete",
        "definition",
        "expected",
        "from_document",
        "key",
        "nodes",
        "objects",
        "parent",
        "refers",
        "required",
        "single",
    )

    def __init__(
        self, key: str, nodes: Sequence[FieldNode], definition: GraphQLField, parent: GraphQLObjectType, required: bool
    ) -> None:
        self.key = key
        self.nodes = nodes
        self.definition = definition
        self.parent = parent
        self.required = required
        self.single = True
        self.refers = False
        self.from_document = False
        self.expected = ""
        self.objects: dict[str, ObjectPlan] = {}
        self.complete: Complete
        self._arguments = Arguments(definition, nodes[0])

    @property
    def name(self) -> str:
        """The name of the field in its type."""
        return self.nodes[0].name.value

    def arguments(self, run: Run) -> Mapping[str, Any]:
        """The values of its arguments, found out once in a run. Raises GraphQLError where a variable does not fit."""
        if not self.nodes[0].arguments:
            return _NONE
        given = run.given.get(self)
        if given is None:
            try:
                given = self._arguments.values(run.variables)
            except Exception as error:  # noqa: BLE001 - raised at each object, as it would be if it were found out there
                given = error
            run.given[self] = given
        if isinstance(given, Exception):
            raise given.with_traceback(None)
        return given


Read: TypeAlias = "tuple[str, str | None, type | None, Complete, bool]"
"""Key, element of the document (None: `complete` reads the object itself), the Python type of values that are answered
as they are, what makes an answer of others, and whether it is required."""


class ObjectPlan:
    """What an operation selects of objects of one type. `single`: built once, it may stand at many places. `refers`:
    something in it leads elsewhere, so that its documents have to be known to the request.

    `direct` builds at once what it can of an object, if anything (`generation`); `rest` are the fields that it leaves.
    It raises Irregular for objects that it does not know."""

    __slots__ = ("asked", "direct", "fields", "refers", "rest", "single", "type")

    def __init__(self, type_: GraphQLObjectType) -> None:
        self.type = type_
        self.asked: Mapping[str, Asked] = {}
        self.fields: Sequence[Read] = ()
        self.single = True
        self.refers = False
        self.direct: Callable[[Any, Above, Run], dict[str, Any]] | None = None
        self.rest: Sequence[Read] = ()

    def parts(self) -> Iterator[ObjectPlan]:
        """A plan for each of the fields, in their order."""
        for read in self.fields:
            part = ObjectPlan(self.type)
            part.asked, part.fields = self.asked, (read,)
            yield part

    def build(self, source: Any, place: Above, run: Run) -> dict[str, Any]:
        """The object of the answer for an object of the store. Raises Nulled."""
        built: dict[str, Any] = {}
        fields = self.fields
        if self.direct is not None:
            noted = len(run.references)
            try:
                built = self.direct(source, place, run)
            except Irregular:  # every field of it is built by itself
                del run.references[noted:]
            else:
                fields = self.rest
                if not fields:
                    return built
        get = source.get if isinstance(source, dict) else _unfit
        for key, element, plain, complete, required in fields:
            try:
                if element is None:
                    built[key] = None  # what comes later has its place in the order
                    built[key] = complete(source, (place, key, built, required), run)
                    continue
                value = get(element)
                if value is None or type(value) is plain:
                    built[key] = value
                else:
                    built[key] = complete(value, (place, key, built, required), run)
            except Exception as error:  # noqa: BLE001 - whatever is raised is an error of the field
                run.failed(error, self.asked[key].nodes, (place, key, built, required))
                if required:
                    raise Nulled from None
                built[key] = None
        return built


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to be run: a document as the shaping directives have it, the shape of its answer, and the plan of its
    root, which is None where graphql-core has to run it.

    Fields of the root run one after the other if `serial`; `fragments` is what resolvers may look into; `elements` are
    what is read of each type of resource, and empty where that is not known; `size` is how many fields are planned.
    `repeats`: something is asked for several times, and may stand in the answer more often than in memory. `alone` is
    the field of a root that reads one resource and no other."""

    document: DocumentNode
    shape: Shape | None = None
    root: ObjectPlan | None = None
    serial: bool = False
    fragments: Mapping[str, FragmentDefinitionNode] = field(default_factory=dict)
    elements: Mapping[str, frozenset[str]] = field(default_factory=dict)
    size: int = 1
    repeats: bool = False
    alone: Alone | None = None


def _unfit(_element: str) -> Json:
    raise UnfitStored
