"""The texts of all versions of a resource as they are in the file, whatever has happened to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from app.errors import MalformedJson
from app.fhir.json import decode

if TYPE_CHECKING:
    import apsw

    from app.fhir.resource import Json, Resource

_TEXTS: Final = """
SELECT version, at, CAST(text AS BLOB) FROM history WHERE key = ?1
UNION ALL
SELECT version, at, ifnull(CAST(text AS BLOB), x'') FROM resource LEFT JOIN document USING (key) WHERE key = ?1
ORDER BY version
"""


class Text(NamedTuple):
    """A version's number, its time, and its text as bytes, of which a tombstone has none."""

    version: int
    at: str
    text: bytes


def texts(connection: apsw.Connection, key: int) -> list[Text]:
    """All versions of a resource, the first one first."""
    return [Text(*row) for row in connection.execute(_TEXTS, (key,))]


def readable(text: Text, type_name: str, id_: str) -> Resource | None:
    """The resource of a text; None where it is not JSON, or not that of this version of this resource."""
    try:
        value = decode(text.text)
    except MalformedJson:
        return None
    own = {"resourceType": type_name, "id": id_}
    stamp = {"versionId": str(text.version), "lastUpdated": text.at}
    return value if _has(value, own) and _has(value.get("meta"), stamp) else None


def _has(value: Json, wanted: dict[str, str]) -> bool:
    return isinstance(value, dict) and all(value.get(name) == text for name, text in wanted.items())
