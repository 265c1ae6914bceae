"""The published operations, graphql/operations: the page offers them, a client may name one by its identifier, and a
server may be told to run no others. The manifest beside them lists them with their identifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphql import OperationDefinitionNode, parse

from app.errors import SettingsError
from app.fhir import json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MANIFEST: Final = "manifest.json"

_ORDER = re.compile(r"^\d+-")


@dataclass(frozen=True, slots=True)
class Operation:
    """A published operation: file, name, leading comment, GraphQL text and, as JSON text, its variables."""

    file: str
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


def manifest(operations: Sequence[Operation]) -> str:
    """The JSON text of the manifest: what a client has to send for each operation."""
    listed = [{"id": each.id, "file": each.file, **_definition(each.query)} for each in operations]
    return json.indented(json.encode({"operations": listed})).decode()


def trusted_operations(directory: Path) -> tuple[Operation, ...]:
    """The operations in the folder, where the manifest lists these and no others. Raises SettingsError: a file that was
    added or changed by mistake is not run."""
    operations = read_operations(directory)
    path = directory / MANIFEST
    differing = {(each.file, each.id) for each in operations} ^ _listed(path)
    if differing:
        files = ", ".join(sorted({file for file, _ in differing}))
        raise SettingsError(
            f"DMI_OPERATIONS=trusted needs {path} to list what is in the folder; it differs in: {files}. "
            f"Look at these files, then have the manifest made anew: dmi-graph schema --operations > {path}",
            f"DMI_OPERATIONS=trusted exige que {path} liste le contenu du dossier ; différences : {files}. "
            f"Vérifiez ces fichiers, puis refaites le manifeste : dmi-graph schema --operations > {path}",
        )
    return operations


def _listed(path: Path) -> set[tuple[str, str]]:
    """The files and identifiers in a manifest; nothing is listed in what is none."""
    found = json.decode(path.read_bytes()) if path.is_file() else None
    listed = found.get("operations") if isinstance(found, dict) else None
    entries = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return {(str(each.get("file")), str(each.get("id"))) for each in entries}


def _definition(query: str) -> dict[str, str]:
    """Name and type of the first operation of a document."""
    found = next(each for each in parse(query).definitions if isinstance(each, OperationDefinitionNode))
    return {"name": found.name.value if found.name else "", "type": found.operation.value}


def _read_operation(path: Path) -> Operation:
    query = path.read_text(encoding="utf-8")
    variables = path.with_suffix(".variables.json")
    return Operation(
        file=path.name,
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
