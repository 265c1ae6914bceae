"""Opaque cursors: a place in one search, as text that is safe in a URL and kept by nobody.

| cursor   | made by                                       | page                        |
|----------|-----------------------------------------------|-----------------------------|
| an edge  | encode(position, mark)                        | the one after the edge      |
| first    | encode(None, mark)                            | the first                   |
| next     | encode(the last row's position, mark)         | the one after it            |
| previous | encode(the first row's position, mark, BEFORE) | the one that ends before it |
| last     | encode(end(sort), mark, BEFORE)               | the last                    |

`_cursor` takes any of them: Search(after=cursor.after, before=cursor.before). The arguments `after` and `before` of
Relay say the direction themselves and use cursor.position alone. A cursor holds the sort's values of one row; it is
encoded, not encrypted.
"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from app.errors import MalformedJson
from app.fhir.json import decode as decode_json
from app.fhir.json import encode as encode_json
from app.search.algebra import ID, LAST_UPDATED, Filter, Position, SortKey
from app.search.problems import foreign_cursor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.fhir.resource import Json

Direction: TypeAlias = Literal["a", "b"]
AFTER: Final[Direction] = "a"
BEFORE: Final[Direction] = "b"
MAX_LENGTH: Final = 65_536

_BEYOND = "~"  # sorts after every id and every time


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place and the side of it that is meant; no position is the start."""

    position: Position | None
    direction: Direction = AFTER

    @property
    def after(self) -> Position | None:
        """The position the page follows."""
        return self.position if self.direction == AFTER else None

    @property
    def before(self) -> Position | None:
        """The position the page ends before."""
        return self.position if self.direction == BEFORE else None


def fingerprint(type_name: str, filter: Filter, sort: Sequence[SortKey]) -> str:  # noqa: A002 - the algebra's word
    """What binds a cursor to its search: the number of sort keys and a hash of type, filter and sort."""
    search = repr((type_name, filter, tuple(sort)))
    return f"{len(sort)}.{sha256(search.encode()).hexdigest()[:20]}"


def end(sort: Sequence[SortKey]) -> Position:
    """A position behind every row of a sort; rows without a value stand last, whatever the direction."""
    last_id = "" if SortKey(ID, descending=True) in sort else _BEYOND
    return Position(tuple(_last(key) for key in sort), last_id)


def encode(position: Position | None, mark: str, direction: Direction = AFTER) -> str:
    """The cursor of a position in the search with that fingerprint."""
    place = None if position is None else [list(position.keys), position.id]
    return urlsafe_b64encode(encode_json([mark, direction, place])).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The cursors of the pages around a page; None where there is no such page."""

    first: str
    previous: str | None
    next: str | None
    last: str


def neighbours(
    rows: Sequence[Position], sort: Sequence[SortKey], mark: str, *, has_previous: bool, has_next: bool
) -> Neighbours:
    """The pages around one with rows at these positions. A page without rows stands at the end of the list where it
    has a previous one, and at its start where it has a next one."""
    ahead = rows[0] if rows else end(sort)
    return Neighbours(
        first=encode(None, mark),
        previous=encode(ahead, mark, BEFORE) if has_previous else None,
        next=encode(rows[-1] if rows else None, mark) if has_next else None,
        last=encode(end(sort), mark, BEFORE),
    )


def decode(text: str, mark: str) -> Cursor:
    """The place a cursor stands for. Raises InvalidSearch for one of another search, and for anything else."""
    try:
        if len(text) > MAX_LENGTH:
            raise foreign_cursor()
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        own, direction, place = decode_json(b64decode(padded, altchars=b"-_", validate=True))
    except (MalformedJson, TypeError, ValueError):  # binascii.Error and UnicodeError are ValueErrors
        raise foreign_cursor() from None
    if own != mark or direction not in (AFTER, BEFORE):
        raise foreign_cursor()
    return Cursor(None if place is None else _position(place, mark), direction)


def _position(place: Json, mark: str) -> Position:
    match place:
        case [[*keys], str(id)] if len(keys) == int(mark.partition(".")[0]):
            if all(key is None or isinstance(key, str) for key in keys):
                return Position(tuple(keys), id)
    raise foreign_cursor()


def _last(key: SortKey) -> str | None:
    """Every row has an id and a time of its last change; the others may lack a value."""
    if key.parameter in (ID, LAST_UPDATED):
        return "" if key.descending else _BEYOND
    return None
