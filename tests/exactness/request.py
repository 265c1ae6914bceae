"""What a client asks, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.fhir.resource import Json
    from app.schema.focus import Focus


@dataclass(frozen=True)
class Request:
    """A document, its variables, the operation to run; perhaps the resource at which the document begins."""

    query: str
    variables: Mapping[str, Json] | None = None
    operation: str | None = None
    focus: Focus | None = None

    @property
    def writes(self) -> bool:
        """Whether it may change the store."""
        return "mutation" in self.query


@dataclass(frozen=True)
class Answer:
    """Data, and errors in the form that leaves the server. `refused` is the kind of what Strawberry raised instead."""

    data: Json
    errors: tuple[Mapping[str, Json], ...] = ()
    refused: str = ""
