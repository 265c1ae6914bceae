"""The tokens of a JSON text that is known to be well-formed: where names stand and how deep they are nested."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.fhir.resource import Json

DEEPEST: Final = 200
"""Levels of objects and arrays; a FHIR resource has some twenty."""

# A string with the colon that makes it a name, or a bracket; whatever else there is lies between.
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"(?:[ \t\r\n]*:)?|[\[\]{}]')

_ESCAPED_COLON: Final = b"\\u003"  # of a colon, and of ten other signs


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both from 1, the column in characters."""

    line: int
    column: int

    @property
    def en(self) -> str:
        """The place in English."""
        return f"line {self.line}, column {self.column}"

    @property
    def fr(self) -> str:
        """The place in French."""
        return f"ligne {self.line}, colonne {self.column}"


def place_of(data: bytes, position: int) -> Place:
    """The place of a byte in a UTF-8 text."""
    before = data[:position]
    line = before[before.rfind(b"\n") + 1 :]
    return Place(before.count(b"\n") + 1, len(line.decode("utf-8", "replace")) + 1)


def is_plainly_strict(data: bytes, value: Json) -> bool:
    """Whether counting tells that `strict_findings` has nothing to say about a text, of which `value` is the value.

    Each name has a colon behind it, and the other colons stand in strings. A name that is repeated has a colon too,
    but only the last one is in the value: so there are more colons in the text than names, and colons in names and
    strings, in the value. A colon written as an escape would be counted in the value alone."""
    if _ESCAPED_COLON in data:
        return False
    colons, level = 0, [value]
    for _ in range(DEEPEST):
        deeper: list[Json] = []
        for each in level:
            if isinstance(each, str):
                colons += each.count(":")
            elif isinstance(each, dict):
                colons += len(each) + "".join(each).count(":")
                deeper.extend(each.values())
            elif isinstance(each, list):
                deeper.extend(each)
        if not deeper:
            return colons == data.count(b":")
        level = deeper
    return False


def strict_findings(data: bytes) -> Iterator[tuple[Place, str, str]]:
    """Where well-formed JSON repeats a name within an object or is nested too deeply, in English and French."""
    names: list[set[bytes]] = []
    for token in _TOKEN.finditer(data):
        mark = data[token.start() : token.start() + 1]
        if mark in b"{[":
            names.append(set())
            if len(names) > DEEPEST:
                yield (
                    place_of(data, token.start()),
                    f"The JSON is nested more than {DEEPEST} levels deep",
                    f"Le JSON comporte plus de {DEEPEST} niveaux d’imbrication",
                )
        elif mark in b"}]":
            names.pop()
        elif token[0].endswith(b":"):
            name = _unescaped(token[0])
            if name in names[-1]:
                yield (
                    place_of(data, token.start()),
                    "A name comes twice in the same object, so its value is ambiguous. Keep one",
                    "Un nom figure deux fois dans le même objet, sa valeur est donc ambiguë. N’en gardez qu’un",
                )
            names[-1].add(name)


def _unescaped(token: bytes) -> bytes:
    """The name in a token, its escapes resolved, as UTF-8 without its quotes and its colon."""
    name = token[: token.rindex(b'"') + 1]
    return msgspec.json.decode(name, type=str).encode() if b"\\" in name else name[1:-1]
