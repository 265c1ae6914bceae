"""What the benchmarks ask for, and how many values an answer holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.fhir.resource import Json

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = (ROOT / "bench" / "page.graphql").read_text(encoding="utf-8")
PUBLISHED: Final = (ROOT / "graphql" / "operations" / "01-procedures.graphql").read_text(encoding="utf-8")
ROWS: Final = 50
SMALL: Final = "query Small($id: ID!) { Procedure(id: $id) { id status performedDateTime } }"
"""One procedure, three fields."""

LEVELS: Final = (
    "id status performedDateTime",
    "focalDevice { manipulated { resource { id lotNumber expirationDate",
    "definition { resource { id modelNumber type { text }",
    "manufacturerReference { resource { id name active",
)
"""Three values at each level of references: a procedure, its implant, the catalogue's entry, the manufacturer."""


def nested(levels: int) -> str:
    """A query for a page with that many of LEVELS."""
    opening = 'query Nested($rows: Int) { ProcedureList(_sort: "-date", _count: $rows) { ' + " ".join(LEVELS[:levels])
    return opening + " }" * (opening.count("{") - opening.count("}"))


def leaves(value: Json) -> int:
    """How many values an answer has at the ends of its branches."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    return sum(map(leaves, value)) if isinstance(value, list) else 1


def body(query: str, **variables: Json) -> bytes:
    """The JSON body of a GraphQL request, as a browser writes it."""
    return json.dumps({"query": query, "variables": variables}, separators=(",", ":")).encode()
