"""What a document may ask for: levels, aliases, directives, root fields, counted through fragments before it runs.

A document is measured once for each operation and fragment in it, so that fragments which spread each other cannot
make the measuring itself expensive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graphql import (
    ASTValidationRule,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
)
from graphql.validation.rules import overlapping_fields_can_be_merged

from app.errors import TooCostly

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import DocumentNode, SelectionNode, SelectionSetNode

    from app.settings import Settings

MOST_COMPARED: Final = 100_000
"""What comparing fields of one name may cost, in graphql-core's measure. Its own default takes two seconds."""
UNBOUNDED: Final = 10**9
"""The size of a fragment that spreads itself; GraphQL's own rules refuse it, but measuring must end too."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many levels of fields, aliases, directives and fields of the first level a selection has."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0


class Measure:
    """Measures the selections of one document."""

    def __init__(self, document: DocumentNode) -> None:
        fragments = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
        self._fragments: Mapping[str, FragmentDefinitionNode] = {each.name.value: each for each in fragments}
        self._measured: dict[str, Size | None] = {}

    def of(self, selections: SelectionSetNode | None) -> Size:
        """The size of a selection set; that of none is zero."""
        sizes = [self._of_one(each) for each in selections.selections] if selections else []
        return Size(
            max((size.depth for size in sizes), default=0),
            sum(size.aliases for size in sizes),
            sum(size.directives for size in sizes),
            sum(size.fields for size in sizes),
        )

    def _of_one(self, selection: SelectionNode) -> Size:
        directives = len(selection.directives or ())
        if isinstance(selection, FragmentSpreadNode):
            inside = self._of_fragment(selection.name.value)
            return Size(inside.depth, inside.aliases, inside.directives + directives, inside.fields)
        inside = self.of(selection.selection_set)  # type: ignore[attr-defined] # a field, or an inline fragment
        if not isinstance(selection, FieldNode):
            return Size(inside.depth, inside.aliases, inside.directives + directives, inside.fields)
        return Size(inside.depth + 1, inside.aliases + bool(selection.alias), inside.directives + directives, 1)

    def _of_fragment(self, name: str) -> Size:
        if name in self._measured:
            return self._measured[name] or Size(depth=UNBOUNDED)
        self._measured[name] = None
        fragment = self._fragments.get(name)
        size = self.of(fragment.selection_set if fragment else None)
        self._measured[name] = size
        return size


def limits_rule(settings: Settings) -> type[ASTValidationRule]:
    """A validation rule that refuses an operation beyond the settings; it names the limit and how to ask for less.

    It also sets graphql-core's one limit for the process, which is a module attribute there."""
    overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = MOST_COMPARED

    class Limits(ASTValidationRule):
        """The limits of one server."""

        def enter_document(self, document: DocumentNode, *_: object) -> None:
            """The visitor's hook: everything is measured here."""
            measure = Measure(document)
            for operation in document.definitions:
                if isinstance(operation, OperationDefinitionNode):
                    for refusal in _beyond(measure.of(operation.selection_set), settings):
                        self.report_error(GraphQLError(refusal.en, operation, original_error=refusal))

    return Limits


def _beyond(size: Size, settings: Settings) -> Iterator[TooCostly]:
    measured = (
        ("DMI_MAX_DEPTH", size.depth, settings.max_depth, "levels", "niveaux"),
        ("DMI_MAX_ALIASES", size.aliases, settings.max_aliases, "aliases", "alias"),
        ("DMI_MAX_DIRECTIVES", size.directives, settings.max_directives, "directives", "directives"),
        ("DMI_MAX_ROOT_FIELDS", size.fields, settings.max_root_fields, "root fields", "champs à la racine"),
    )
    for name, found, most, en, fr in measured:
        if found > most:
            yield TooCostly(
                f"The operation has more than {most} {en} ({name}). Ask for less at once.",
                f"L’opération a plus de {most} {fr} ({name}). Demandez-en moins à la fois.",
                rule=name,
            )
