"""Mutation, the root of all changes; and the dry run of a change, the query `TValidate(resource:)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.fhir.outcome import operation_outcome
from app.fhir.served import SERVED
from app.intake.verdict import examine
from app.schema.mutations.transmission import transmit_field
from app.schema.mutations.writing import RESOURCE, writing_fields
from app.schema.types.fields import ResolvedField, define, document_field, nullable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strawberry.types import Info
    from strawberry.types.field import StrawberryField

    from app.fhir.resource import Json, Resource
    from app.schema.context import Context
    from app.schema.types.derive import FhirTypes


def mutation_type(types: FhirTypes) -> type:
    """The root type of mutations."""
    mutation = type("Mutation", (), {})
    define(
        mutation,
        [*writing_fields(types), transmit_field(types)],
        description="Changes. A resource is stored only when it breaks no rule; else every broken rule is named.",
    )
    return mutation


def validate_fields(types: FhirTypes) -> Iterator[StrawberryField]:
    """The query fields `TValidate`."""
    for name in SERVED:
        validation = type(f"{name}Validation", (), {})
        outcome = nullable(types.classes["OperationOutcome"])
        define(
            validation,
            [
                document_field("valid", bool, "Whether it would be stored."),
                document_field("information", outcome, "Every issue found, warnings included."),
            ],
            description=f"The verdict on a {name}.",
        )
        yield ResolvedField.of(
            f"{name}Validate",
            nullable(validation),
            f"The verdict that {name}Create would give; stores nothing.",
            _validator_of(name),
            [RESOURCE],
        )


def _validator_of(name: str) -> Any:
    async def resolve(_source: None, info: Info[Context, None], /, resource: Json) -> dict[str, bool | Resource]:
        context = info.context
        context.repository.demand(name, "c", "u")
        verdict = await examine(context.rules, context.repository, resource, name)
        outcome = operation_outcome(verdict.issues, context.language)
        return {"valid": verdict.valid, "information": outcome}

    return resolve
