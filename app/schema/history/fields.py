"""`history`, `changes` and `raw` of every served type.

What is contained in a resource or stands in a Bundle's entry has no versions of its own: there, history and changes are
null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strawberry.scalars import JSON

from app.fhir.served import SERVED
from app.schema.history.changes import changes_between
from app.schema.history.pages import history_page
from app.schema.types.fields import ResolvedField, argument, define, document_field, list_of, nullable
from app.schema.types.scalars import FHIR, scalar_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from strawberry.types import Info

    from app.fhir.resource import Json, Resource
    from app.schema.context import Context
    from app.schema.types.derive import FhirTypes

_PAGING = [
    argument("first", nullable(int), "So many versions from the newest, or after `after`."),
    argument("after", nullable(str), "A cursor: the versions before that one."),
]
_COMPARED = [
    argument("from", nullable(str), "The earlier versionId; unless given, the one before `to`."),
    argument("to", nullable(str), "The later versionId; unless given, that of this resource."),
]
_IDENTITY = ("id", "meta")
_HISTORY = "Every version, the newest first, deletions included."
_CHANGES = "What differs between two versions, all but versionId and lastUpdated; of the first version it is the whole."
_RAW = "The whole resource as raw FHIR JSON, as it is stored."


def add_history(types: FhirTypes, page_info: type) -> None:
    """Give every served type its versions; `page_info` is Relay's PageInfo."""
    change = _change_type()
    for name in SERVED:
        history = _history_type(name, types.classes[name], page_info)
        types.add(
            name,
            [
                ResolvedField.of("history", nullable(history), _HISTORY, _history_of(name), _PAGING).reading(
                    *_IDENTITY
                ),
                ResolvedField.of("changes", list_of(change), _CHANGES, _changes_of(name), _COMPARED).reading(
                    *_IDENTITY
                ),
                ResolvedField.of("raw", nullable(FHIR), _RAW, _raw),
            ],
        )


def _history_type(name: str, cls: type, page_info: type) -> type:
    """`THistory` with its `THistoryEdge`."""
    edge = type(f"{name}HistoryEdge", (), {})
    resource = nullable(cls)
    define(
        edge,
        [
            document_field("cursor", nullable(str), "Its place in the history, for `after`."),
            document_field("version", nullable(str), "The versionId."),
            document_field("at", nullable(scalar_for("instant")), "When it was stored, by the server's clock."),
            document_field("author", nullable(str), "Who stored it; null where nobody was named."),
            document_field("operation", nullable(scalar_for("code")), "create | update | delete."),
            document_field("resource", resource, "The resource in this version; null where it was deleted."),
            document_field("node", resource, "The same, by Relay's name."),
        ],
        description=f"A version of a {name}.",
    )
    history = type(f"{name}History", (), {})
    define(
        history,
        [
            document_field("edges", list_of(edge), "The versions of the page."),
            document_field("pageInfo", page_info, "Where the page stands."),
        ],
        description=f"A page of the versions of a {name}.",
    )
    return history


def _change_type() -> type:
    change = type("Change", (), {})
    define(
        change,
        [
            document_field("path", nullable(str), "FHIRPath in the later version; of what was removed in the earlier."),
            document_field("operation", nullable(scalar_for("code")), "add | remove | replace."),
            document_field("before", nullable(JSON), "The value in the earlier version."),
            document_field("after", nullable(JSON), "The value in the later version."),
        ],
        description="A value that differs between two versions of a resource.",
    )
    return change


def _history_of(name: str) -> Any:
    def resolve(
        source: Resource, info: Info[Context, None], /, first: int | None = None, after: str | None = None
    ) -> Awaitable[dict[str, Json]] | None:
        stored = _stored_version(source, info.context)
        return history_page(info.context, name, stored[0], first, after) if stored else None

    return resolve


def _changes_of(name: str) -> Any:
    def resolve(
        source: Resource, info: Info[Context, None], /, to: str | None = None, **other: Any
    ) -> Awaitable[list[Mapping[str, Any]] | None] | None:
        stored = _stored_version(source, info.context)
        if stored is None:
            return None
        id_, version = stored
        return changes_between(info.context, name, id_, version if to is None else to, other.get("from"))

    return resolve


def _stored_version(resource: Resource, context: Context) -> tuple[str, str] | None:
    """Id and versionId of a resource of the store; None for one inside another."""
    if context.containers.place(resource) != "stored":
        return None
    meta = resource.get("meta")
    id_, version = resource.get("id"), meta.get("versionId") if isinstance(meta, dict) else None
    return (id_, version) if isinstance(id_, str) and isinstance(version, str) else None


def _raw(source: Resource, _info: object) -> Resource:
    return source
