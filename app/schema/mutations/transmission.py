"""`TransmitTraces`: the guide's transaction Bundle, stored whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.fhir.outcome import operation_outcome
from app.intake.transaction.response import beside_entries, transaction_response
from app.intake.transaction.transact import transact
from app.schema.types.fields import ResolvedField, argument, define, document_field, nullable
from app.schema.types.scalars import FHIR

if TYPE_CHECKING:
    from strawberry.types import Info

    from app.fhir.resource import Json
    from app.schema.context import Context
    from app.schema.types.derive import FhirTypes


def transmit_field(types: FhirTypes) -> ResolvedField:
    """The field, with its type."""
    transmission = type("TracesTransmission", (), {})
    outcome = nullable(types.classes["OperationOutcome"])
    define(
        transmission,
        [
            document_field("bundle", nullable(FHIR), "The transaction-response: status, place and version by entry."),
            document_field("information", outcome, "What was noticed of the Bundle and of no entry."),
        ],
        description="What became of a transaction Bundle.",
    )
    return ResolvedField.of(
        "TransmitTraces",
        nullable(transmission),
        "Store a transaction Bundle: each entry by the type of its resource, checked against its profiles, references "
        "among entries led to the stored resources; all of it or nothing.",
        _transmit,
        [argument("bundle", FHIR, "The Bundle: a JSON object, or a string that holds its JSON text.")],
    )


async def _transmit(_source: None, info: Info[Context, None], /, bundle: Json) -> dict[str, Json]:
    context = info.context
    done = await transact(context.rules, context.repository, bundle, context.new_id)
    context.loaders.forget()
    return {
        "bundle": transaction_response(done, context.language, context.base),
        "information": operation_outcome(beside_entries(done), context.language),
    }
