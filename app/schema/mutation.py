"""Mutation: `TCreate(resource:)` for every served type; and its dry run, the query `TValidate(resource:)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.fhir.outcome import operation_outcome
from app.fhir.served import SERVED
from app.intake.create import create
from app.intake.verdict import examine
from app.schema.types.fields import ResolvedField, argument, define, document_field, nullable
from app.schema.types.scalars import FHIR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strawberry.types import Info
    from strawberry.types.field import StrawberryField

    from app.fhir.resource import Json, Resource
    from app.schema.context import Context
    from app.schema.types.derive import FhirTypes

RESOURCE = argument("resource", FHIR, "The resource: a JSON object, or a string that holds its JSON text.")


def mutation_type(types: FhirTypes) -> type:
    """The root type of mutations."""
    mutation = type("Mutation", (), {})
    define(
        mutation,
        [_create_field(types, name) for name in SERVED],
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


def _create_field(types: FhirTypes, name: str) -> StrawberryField:
    creation = type(f"{name}Creation", (), {})
    define(
        creation,
        [
            document_field("location", nullable(str), "Where the new version is: Type/id/_history/version."),
            document_field("resource", nullable(types.classes[name]), "The resource as it is stored."),
            document_field(
                "information",
                nullable(types.classes["OperationOutcome"]),
                "What was noticed and did not prevent it.",
            ),
        ],
        description=f"What became of a new {name}.",
    )
    description = f"Store a {name} under a new id, checked against its profiles. An id that is sent is not used."
    return ResolvedField.of(f"{name}Create", nullable(creation), description, _creator_of(name), [RESOURCE])


def _creator_of(name: str) -> Any:
    async def resolve(_source: None, info: Info[Context, None], resource: Json) -> dict[str, Json]:
        context = info.context
        creation = await create(context.rules, context.repository, name, resource)
        context.loaders.forget()
        return {
            "location": creation.location,
            "resource": context.containers.enter(creation.resource),
            "information": operation_outcome(creation.warnings, context.language),
        }

    return resolve


def _validator_of(name: str) -> Any:
    async def resolve(_source: None, info: Info[Context, None], resource: Json) -> dict[str, bool | Resource]:
        context = info.context
        verdict = await examine(context.rules, context.repository, resource, name)
        outcome = operation_outcome(verdict.issues, context.language)
        return {"valid": verdict.valid, "information": outcome}

    return resolve
