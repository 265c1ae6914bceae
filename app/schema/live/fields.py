"""Subscription, the root of all that is told as it happens: `TChanged` for every served type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import strawberry

from app.fhir.served import SERVED
from app.schema.live.arguments import subscription_arguments
from app.schema.types.fields import ResolvedField, define, document_field, nullable
from app.schema.types.scalars import scalar_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from strawberry.types import Info
    from strawberry.types.field import StrawberryField

    from app.schema.context import Context
    from app.schema.types.derive import FhirTypes
    from app.store.repository import Change

SUFFIX = "Changed"
"""What stands behind the name of a type in that of its field."""


def subscription_type(types: FhirTypes) -> type:
    """The root type of subscriptions."""
    subscription = type("Subscription", (), {})
    define(
        subscription,
        list(_changed_fields(types)),
        description="What is stored, told as it happens, over a web socket (graphql-transport-ws) at the same address.",
    )
    return subscription


def told(change: Change) -> Mapping[str, Any]:
    """A change as the fields of `TChange` read it."""
    version = change.version
    return {
        "operation": version.operation,
        "id": version.id,
        "version": str(version.version),
        "at": version.at,
        "author": version.author or None,
        "resource": version.resource,
        "cursor": change.cursor,
    }


def _changed_fields(types: FhirTypes) -> Iterator[StrawberryField]:
    for name in SERVED:
        yield ResolvedField.of(
            f"{name}{SUFFIX}",
            nullable(_change_type(name, types.classes[name])),
            f"Each {name} that is created, updated or deleted and meets every argument; a deleted one did before.",
            _changed,
            subscription_arguments(name),
        ).reading()


def _change_type(name: str, cls: type) -> type:
    change = type(f"{name}Change", (), {})
    define(
        change,
        [
            document_field("operation", nullable(scalar_for("code")), "create | update | delete."),
            document_field("id", nullable(strawberry.ID), f"The id of the {name}."),
            document_field("version", nullable(str), "The versionId."),
            document_field("at", nullable(scalar_for("instant")), "When it was stored, by the server's clock."),
            document_field("author", nullable(str), "Who stored it; null where nobody was named."),
            document_field("resource", nullable(cls), "The resource in this version; null where it was deleted."),
            document_field("cursor", nullable(str), "Whoever subscribes with this goes on behind this change."),
        ],
        description=f"A version of a {name} that was stored.",
    )
    return change


def _changed(source: Mapping[str, Any], info: Info[Context, None], /, **_arguments: Any) -> Mapping[str, Any]:
    """The change that is being told; whether it meets the arguments is known by then."""
    if source["resource"] is not None:
        info.context.containers.enter(source["resource"])
    return source
