"""The grammar of `_filter`: its text as a tree, whatever the types. https://hl7.org/fhir/R4/search_filter.html

    filter     = conjunction ("or" conjunction)*
    conjunction = term ("and" term)*
    term       = "not" "(" filter ")" | "(" filter ")" | path operator value
    path       = name (":" qualifier)? ("[" filter "]")? ("." path)?
    value      = JSON text in double quotes, or characters other than blanks, double quotes, ( ) and ]

`not` binds tighter than `and`, `and` tighter than `or`, as FHIR's text has it; names have `_` for `-`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from app.errors import InvalidSearch, MalformedJson
from app.fhir.json import decode
from app.search.normal import is_unicode
from app.search.problems import expression_error, malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH: Final = 8_000
MAX_DEPTH: Final = 20


@dataclass(frozen=True, slots=True)
class Word:
    """An operator or a value, and the column (from 1) where it stands."""

    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Step:
    """A parameter in a path, the word after its colon, and what the resource it refers to has to meet."""

    name: str
    column: int
    qualifier: str = ""
    inner: Expression | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A path, all steps but the last of which are references, with an operator and a value."""

    path: tuple[Step, ...]
    operator: Word
    value: Word


@dataclass(frozen=True, slots=True)
class Negation:
    """`not (…)`."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class Joined:
    """Two or more expressions with the same word between them."""

    word: Literal["and", "or"]
    parts: tuple[Expression, ...]


Expression: TypeAlias = Comparison | Negation | Joined


def parse(text: str) -> Expression:
    """The tree of a `_filter`. Raises InvalidSearch, which tells the column."""
    if len(text) > MAX_LENGTH:
        raise expression_error(1, "length")
    if not is_unicode(text):
        raise malformed("_filter", "text")
    parser = _Parser(text)
    found = parser.joined("or", 0)
    if parser.at < len(text):
        raise parser.error("end")
    return found


def names(expression: Expression) -> Iterator[str]:
    """The parameters of the searched type itself that an expression names."""
    match expression:
        case Comparison(path):
            yield path[0].name
        case Negation(inner):
            yield from names(inner)
        case Joined(_, parts):
            for part in parts:
                yield from names(part)


_BLANK = re.compile(r"\s*")
_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_WORD = re.compile(r'[^\s()\[\]"]+')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_VALUE = re.compile(r'[^\s()\]"]+')
_END_OF_WORD = re.compile(r"(?=[\s()]|$)")


@dataclass(slots=True)
class _Parser:
    """Reads the text from left to right; `at` is always at a word or at the end, never at a blank."""

    text: str
    at: int = 0

    def __post_init__(self) -> None:
        self._skip(0)

    def joined(self, word: Literal["and", "or"], depth: int) -> Expression:
        found = [self._below(word, depth)]
        while self._took_word(word):
            found.append(self._below(word, depth))
        return found[0] if len(found) == 1 else Joined(word, tuple(found))

    def _below(self, word: Literal["and", "or"], depth: int) -> Expression:
        return self.joined("and", depth) if word == "or" else self._term(depth)

    def _term(self, depth: int) -> Expression:
        if self._took_word("not"):
            return Negation(self._bracketed("(", ")", depth))
        if self.text.startswith("(", self.at):
            return self._bracketed("(", ")", depth)
        path = tuple(self._path(depth))
        return Comparison(path, self._read(_WORD, "operator"), self._value())

    def _bracketed(self, start: str, end: str, depth: int) -> Expression:
        if depth == MAX_DEPTH:
            raise self.error("depth")
        self._expect(start)
        found = self.joined("or", depth + 1)
        self._expect(end)
        return found

    def _path(self, depth: int) -> Iterator[Step]:
        while True:
            name = self._name()
            qualifier = self._name().text if self._took(":") else ""
            inner = self._bracketed("[", "]", depth) if self.text.startswith("[", self.at) else None
            yield Step(name.text.replace("-", "_"), name.column, qualifier, inner)
            if not self._took("."):
                break
        self._skip(self.at)

    def _name(self) -> Word:
        found = _NAME.match(self.text, self.at)
        if not found:
            raise self.error("parameter")
        word = Word(found[0], self.at + 1)
        self.at = found.end()
        return word

    def _value(self) -> Word:
        if not self.text.startswith('"', self.at):
            return self._read(_VALUE, "value")
        quoted = self._read(_QUOTED, "quote")
        try:
            return Word(str(decode(quoted.text)), quoted.column)
        except MalformedJson:
            raise expression_error(quoted.column, "quote") from None

    def _read(self, form: re.Pattern[str], expected: str) -> Word:
        found = form.match(self.text, self.at)
        if not found:
            raise self.error(expected)
        word = Word(found[0], self.at + 1)
        self._skip(found.end())
        return word

    def _took_word(self, word: str) -> bool:
        end = self.at + len(word)
        took = self.text.startswith(word, self.at) and bool(_END_OF_WORD.match(self.text, end))
        if took:
            self._skip(end)
        return took

    def _took(self, mark: str) -> bool:
        took = self.text.startswith(mark, self.at)
        self.at += took
        return took

    def _expect(self, mark: str) -> None:
        if not self._took(mark):
            raise self.error("bracket")
        self._skip(self.at)

    def _skip(self, start: int) -> None:
        found = _BLANK.match(self.text, start)
        self.at = found.end() if found else start

    def error(self, expected: str) -> InvalidSearch:
        return expression_error(self.at + 1, expected)
