"""What the tables call the types' search parameters, and how each is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.fhir.reference import ID as RESOURCE_ID

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    import apsw

    from app.search.algebra import Indexed


@dataclass(frozen=True, slots=True)
class Scheme:
    """`numbers`: resource type → its parameters and `_lastUpdated` → their numbers in the tables; `parameters`: type →
    parameter → how it is kept; `several`: numbers of parameters under which a resource may have more than one interval
    or reference; `spelled`: those with references that may be texts, not links."""

    numbers: Mapping[str, Mapping[str, int]]
    parameters: Mapping[str, Mapping[str, Indexed]]
    several: frozenset[int] = frozenset()
    spelled: frozenset[int] = frozenset()

    def now(self, connection: apsw.Connection) -> Scheme:
        """The scheme with what the tables say of `several` and `spelled` at this moment."""
        several, spelled = (_noted(connection, table) for table in ("several", "spelled"))
        return replace(self, several=several, spelled=spelled)


def _noted(connection: apsw.Connection, table: str) -> frozenset[int]:
    """The parameters in a table of nothing else, which are few."""
    return frozenset(number for (number,) in connection.execute(f"SELECT parameter FROM {table}"))  # noqa: S608 - ours


def place_of(text: str, types: Container[str]) -> tuple[str, str] | None:
    """Type and id that a reference names, where it is kept as a link: exactly "Type/id", of a type that is known."""
    type_name, _, id_ = text.partition("/")
    return (type_name, id_) if type_name in types and RESOURCE_ID.fullmatch(id_) else None
