"""The published operations, graphql/operations: the page offers them, and a client may name one by its identifier."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ORDER = re.compile(r"^\d+-")


@dataclass(frozen=True, slots=True)
class Operation:
    """A published operation: name, leading comment, GraphQL text and, as JSON text, its variables."""

    name: str
    description: str
    query: str
    variables: str | None

    @property
    def id(self) -> str:
        """The identifier of its document, made from its text as the appendix on persisted documents has it.

        https://graphql.github.io/graphql-over-http/draft/#sec-SHA256-Hex-Document-Identifier"""
        return f"sha256:{sha256(self.query.encode()).hexdigest()}"


def operations_directory() -> Path:
    """Where the published operations are: in a package that came as a wheel, else in the checkout."""
    packaged = Path(__file__).parent / "operations"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "graphql" / "operations"


def read_operations(directory: Path) -> tuple[Operation, ...]:
    """The operations of the `.graphql` files in the folder, by file name; none where there is no folder.

    A number in front orders and is no part of the name: 01-lots.graphql is "lots".
    `NAME.variables.json` beside `NAME.graphql` holds its variables."""
    return tuple(_read_operation(path) for path in sorted(directory.glob("*.graphql")))


def _read_operation(path: Path) -> Operation:
    query = path.read_text(encoding="utf-8")
    variables = path.with_suffix(".variables.json")
    return Operation(
        name=_ORDER.sub("", path.stem),
        description=" ".join(_leading_comment(query)),
        query=query,
        variables=variables.read_text(encoding="utf-8") if variables.is_file() else None,
    )


def _leading_comment(query: str) -> Iterator[str]:
    for line in query.splitlines():
        if not line.startswith("#"):
            return
        yield line.lstrip("#").strip()
