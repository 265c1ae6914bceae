"""`TCreate`, `TUpdate`, `TPatch` and `TDelete` of every served type T."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import strawberry

from app.fhir.outcome import operation_outcome
from app.fhir.served import SERVED
from app.intake.create import create
from app.intake.delete import delete
from app.intake.patch import patch as apply_patch
from app.intake.update import update
from app.schema.types.fields import ResolvedField, argument, define, document_field, nullable
from app.schema.types.scalars import FHIR

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from strawberry.types import Info
    from strawberry.types.field import StrawberryField

    from app.fhir.resource import Json
    from app.intake.kept import Kept
    from app.schema.context import Context
    from app.schema.types.derive import FhirTypes

Resolve: TypeAlias = "Callable[..., Awaitable[dict[str, Json]]]"

RESOURCE: Final = argument("resource", FHIR, "The resource: a JSON object, or a string that holds its JSON text.")
_PATCH: Final = argument("patch", FHIR, "A JSON Patch: a list of operations, or a string that holds its JSON text.")
_ID: Final = argument("id", strawberry.ID, "The resource's id.")
_IF_NONE_EXIST: Final = argument("ifNoneExist", nullable(str), "A search, as in identifier=system|value.")
_IF_MATCH: Final = argument("ifMatch", nullable(str), "The version that must be current.")


def writing_fields(types: FhirTypes) -> Iterator[StrawberryField]:
    """The fields of every served type."""
    for name in SERVED:
        update_type = _kept_type(types, name, "Update", f"What became of a {name}.")
        yield ResolvedField.of(
            f"{name}Create",
            nullable(_kept_type(types, name, "Creation", f"What became of a new {name}.")),
            f"Store a {name} under a new id, checked against its profiles; an id that is sent is not used. Where one "
            f"{name} meets `ifNoneExist`, that one is answered and nothing is stored.",
            _creating(name),
            [RESOURCE, _IF_NONE_EXIST],
        )
        yield ResolvedField.of(
            f"{name}Update",
            nullable(update_type),
            f"Store a {name} in place of the current one, checked as a new one is. A deleted one is restored.",
            _updating(name),
            [_ID, RESOURCE, _IF_MATCH],
        )
        yield ResolvedField.of(
            f"{name}Patch",
            nullable(update_type),
            f"Change a {name} by a JSON Patch; the result is checked as a new one is.",
            _patching(name),
            [_ID, _PATCH, _IF_MATCH],
        )
        yield ResolvedField.of(
            f"{name}Delete",
            nullable(_deletion_type(types, name)),
            f"Delete a {name}. Its history is kept.",
            _deleting(name),
            [_ID, _IF_MATCH],
        )


def _kept_type(types: FhirTypes, name: str, ending: str, description: str) -> type:
    kept = type(f"{name}{ending}", (), {})
    outcome = nullable(types.classes["OperationOutcome"])
    define(
        kept,
        [
            document_field("location", nullable(str), "Where the version is: Type/id/_history/version."),
            document_field("resource", nullable(types.classes[name]), "The resource as it is stored."),
            document_field("information", outcome, "What was noticed and did not prevent it."),
        ],
        description=description,
    )
    return kept


def _deletion_type(types: FhirTypes, name: str) -> type:
    deletion = type(f"{name}Deletion", (), {})
    outcome = nullable(types.classes["OperationOutcome"])
    define(deletion, [document_field("information", outcome, "What was done.")], description=f"The end of a {name}.")
    return deletion


def _creating(name: str) -> Resolve:
    async def resolve(
        _source: None,
        info: Info[Context, None],
        /,
        resource: Json,
        ifNoneExist: str | None = None,  # noqa: N803 - FHIR's word
    ) -> dict[str, Json]:
        context = info.context
        return _told(
            context, await create(context.rules, context.repository, name, resource, ifNoneExist, context.new_id)
        )

    return resolve


def _updating(name: str) -> Resolve:
    async def resolve(
        _source: None,
        info: Info[Context, None],
        /,
        id: str,  # noqa: A002 - FHIR's words
        resource: Json,
        ifMatch: str | None = None,  # noqa: N803
    ) -> dict[str, Json]:
        context = info.context
        return _told(context, await update(context.rules, context.repository, name, id, resource, ifMatch))

    return resolve


def _patching(name: str) -> Resolve:
    async def resolve(
        _source: None,
        info: Info[Context, None],
        /,
        id: str,  # noqa: A002 - FHIR's words
        patch: Json,
        ifMatch: str | None = None,  # noqa: N803
    ) -> dict[str, Json]:
        context = info.context
        return _told(context, await apply_patch(context.rules, context.repository, name, id, patch, ifMatch))

    return resolve


def _deleting(name: str) -> Resolve:
    async def resolve(
        _source: None,
        info: Info[Context, None],
        /,
        id: str,  # noqa: A002 - FHIR's words
        ifMatch: str | None = None,  # noqa: N803
    ) -> dict[str, Json]:
        context = info.context
        done = await delete(context.repository, name, id, ifMatch)
        context.loaders.forget()
        return {"information": operation_outcome([done], context.language)}

    return resolve


def _told(context: Context, kept: Kept) -> dict[str, Json]:
    context.loaders.forget()
    return {
        "location": kept.location,
        "resource": context.containers.enter(kept.resource),
        "information": operation_outcome(kept.issues, context.language),
    }
