"""`_filter`: a search as one expression. https://hl7.org/fhir/R4/search_filter.html

    date ge 2024-01-01 and date lt 2025-01-01 and not (status eq entered-in-error or code pr false)

`not` binds tighter than `and`, `and` tighter than `or`. A value is one word, or JSON text in double quotes; inside it
`|` and its escapes mean what they mean in an argument, and a comma is a comma.

| parameter              | operators                                                              |
|------------------------|------------------------------------------------------------------------|
| date, number, quantity | eq ne gt lt ge le sa eb ap, as in `app.search.comparisons`             |
| string                 | eq (the whole, case and accents apart), ne, sw (it starts with)        |
| token, reference, uri  | eq, ne                                                                 |
| every one              | pr true, pr false: whether there is a value                            |

`ne` (but for an interval) asks for resources that have values, none of them equal. Chains (`patient.name`) and the
operators co, ew, in, ss, sb, po and re are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from app.errors import MalformedJson
from app.fhir.json import decode
from app.search.algebra import And, Eq, Filter, Missing, Not, Or
from app.search.comparisons import PREFIXES
from app.search.escapes import unescaped
from app.search.normal import folded, is_unicode, limited
from app.search.operands import comparing, matching
from app.search.parameters import Parameter, parameters
from app.search.problems import empty, expression_error, malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH: Final = 8_000
MAX_DEPTH: Final = 20

_WORD = re.compile(r'\s*(?:(?P<mark>[()])|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<word>[^\s()"]+))|(?P<odd>\S)', re.DOTALL)


class Word(NamedTuple):
    """A word, a bracket or a quoted text, and the column (from 1) where it stands."""

    text: str
    quoted: bool
    column: int


def filter_of_expression(type_name: str, text: str, base: str = "") -> Filter:
    """The filter a `_filter` asks for; `base` is this server's FHIR address. Raises InvalidSearch."""
    if len(text) > MAX_LENGTH:
        raise expression_error(1, "length")
    if not is_unicode(text):
        raise malformed("_filter", "text")
    parser = _Parser(type_name, base, list(_words(text)))
    found = parser.alternatives(0)
    if parser.at < len(parser.words) - 1:
        raise expression_error(parser.words[parser.at].column, "end")
    return found


def _words(text: str) -> Iterator[Word]:
    for found in _WORD.finditer(text):
        column = found.end() - len(found[0].lstrip()) + 1
        if found["odd"]:
            raise expression_error(column, "quote")
        if quoted := found["quoted"]:
            yield Word(_unquoted(quoted, column), True, column)
        else:
            yield Word(found["mark"] or found["word"], False, column)
    yield Word("", False, len(text) + 1)


def _unquoted(text: str, column: int) -> str:
    try:
        return str(decode(text))
    except MalformedJson:
        raise expression_error(column, "quote") from None


@dataclass(slots=True)
class _Parser:
    """Reads the words from left to right; the last one is the empty word that marks the end."""

    type_name: str
    base: str
    words: list[Word]
    at: int = 0

    def alternatives(self, depth: int) -> Filter:
        found = [self.conjunction(depth)]
        while self._took("or"):
            found.append(self.conjunction(depth))
        return found[0] if len(found) == 1 else Or(tuple(found))

    def conjunction(self, depth: int) -> Filter:
        found = [self.term(depth)]
        while self._took("and"):
            found.append(self.term(depth))
        return found[0] if len(found) == 1 else And(tuple(found))

    def term(self, depth: int) -> Filter:
        if depth >= MAX_DEPTH:
            raise expression_error(self.words[self.at].column, "depth")
        if self._took("not"):
            return Not(self._bracketed(depth))
        if self.words[self.at][:2] == ("(", False):
            return self._bracketed(depth)
        return self._comparison()

    def _bracketed(self, depth: int) -> Filter:
        self._expect("(")
        found = self.alternatives(depth + 1)
        self._expect(")")
        return found

    def _comparison(self) -> Filter:
        path, operator, value = self._next("parameter"), self._next("operator"), self._next("value")
        if "." in path.text or "[" in path.text:
            raise expression_error(path.column, "chain")
        name, known = path.text.replace("-", "_"), parameters(self.type_name)
        if path.quoted or name not in known:
            raise expression_error(path.column, "parameter", known)
        return _compared(known[name], operator, value, self.base)

    def _next(self, expected: str) -> Word:
        word = self.words[self.at]
        if not word.quoted and word.text in ("", "(", ")"):
            raise expression_error(word.column, expected)
        self.at += 1
        return word

    def _took(self, text: str) -> bool:
        took = self.words[self.at][:2] == (text, False)
        self.at += took
        return took

    def _expect(self, mark: str) -> None:
        if not self._took(mark):
            raise expression_error(self.words[self.at].column, "bracket")


def _compared(parameter: Parameter, operator: Word, value: Word, base: str) -> Filter:
    if not value.text:
        raise empty(parameter.name)
    if operator.text == "pr":
        if value.text not in ("true", "false"):
            raise expression_error(value.column, "presence")
        return Missing(parameter.name, missing=value.text == "false")
    allowed = PREFIXES if parameter.ordered else ("eq", "ne", "sw") if parameter.kind == "string" else ("eq", "ne")
    if operator.text not in allowed:
        raise expression_error(operator.column, "operator", (*allowed, "pr"))
    if parameter.ordered:
        return comparing(parameter, operator.text, value.text)
    if operator.text == "ne":
        return And((Missing(parameter.name, missing=False), Not(_equal(parameter, value, base))))
    return _equal(parameter, value, base) if operator.text == "eq" else matching(parameter, value.text, base)


def _equal(parameter: Parameter, value: Word, base: str) -> Filter:
    if parameter.kind != "string":
        return matching(parameter, value.text, base)
    text = limited(folded(unescaped(value.text)))
    if not text:
        raise malformed(parameter.name, "string")
    return Eq(parameter.name, text)
