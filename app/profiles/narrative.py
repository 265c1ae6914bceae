"""The XHTML of a narrative: well-formed, harmless, not blank.

Source: https://hl7.org/fhir/R4/narrative.html#xhtml
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from app.profiles.finding import Fact, Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.fhir.resource import Json

NOT_ALLOWED = Kind(
    "txt-1",
    "invariant",
    "{path}: {what} is not allowed in a narrative (line {line}). Keep to basic formatting without scripts, forms, "
    "event handlers, or entities other than those of XML.",
    "{path} : {what} n’est pas permis dans un texte narratif (ligne {line}). Tenez-vous à une mise en forme simple, "
    "sans script, formulaire, gestionnaire d’événement, ni entité autre que celles de XML.",
)
BLANK = Kind(
    "txt-2",
    "invariant",
    "{path} has neither text nor image. Write some or leave the narrative out.",
    "{path} ne contient ni texte ni image. Écrivez-en ou omettez le texte narratif.",
)

_NAMESPACE: Final = "http://www.w3.org/1999/xhtml"
_ELEMENTS: Final = frozenset(
    (
        *("p", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "a", "span", "b", "em", "i", "strong", "small", "big"),
        *("tt", "dfn", "q", "var", "abbr", "acronym", "cite", "blockquote", "hr", "address", "bdo", "kbd", "sub"),
        *("sup", "ul", "ol", "li", "dl", "dt", "dd", "pre", "table", "caption", "colgroup", "col", "thead", "tr"),
        *("tfoot", "tbody", "th", "td", "code", "samp", "img", "map", "area"),
    )
)
_EVERYWHERE: Final = frozenset(
    (
        *("title", "style", "class", "id", "lang", "xml:lang", "dir", "accesskey", "tabindex", "span", "width"),
        *("align", "valign", "char", "charoff", "abbr", "axis", "headers", "scope", "rowspan", "colspan"),
    )
)
_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "a": frozenset({"href", "name", "charset", "type", "hreflang", "rel", "rev", "shape", "coords"}),
    "area": frozenset({"shape", "coords", "href", "nohref", "alt"}),
    "blockquote": frozenset({"cite"}),
    "img": frozenset({"src", "alt", "border", "longdesc", "height", "usemap", "ismap"}),
    "map": frozenset({"name"}),
    "pre": frozenset({"xml:space"}),
    "q": frozenset({"cite"}),
    "table": frozenset({"summary", "border", "frame", "rules", "cellspacing", "cellpadding"}),
    "td": frozenset({"nowrap"}),
}
_ROOT: Final = (
    f"a root other than <div xmlns='{_NAMESPACE}'>",
    f"une racine autre que <div xmlns='{_NAMESPACE}'>",
)
_NONE: Final[frozenset[str]] = frozenset()
# Browsers ignore white space and control characters inside such words, and read CSS through escapes and comments.
_IGNORED: Final = re.compile(r"[\x00-\x20\x7f-\xa0]+")
_CODE: Final = re.compile(r"(?:javascript|vbscript|data(?!:image/(?:png|gif|jpeg|webp);)):")
_CODE_IN_STYLE: Final = re.compile(r"javascript:|vbscript:|expression\(|@import|/\*|\\")


def narrative_findings(div: Json) -> Iterator[Finding]:
    """What is wrong with the text of `Narrative.div`; what is no text is reported elsewhere."""
    if not isinstance(div, str):
        return
    reading = _Reading()
    try:
        reading.read(div)
    except _NotAllowed as refusal:
        facts: dict[str, Fact] = {"what": refusal.what, "line": refusal.line}
        yield Finding(NOT_ALLOWED, ".div", facts, rule=NOT_ALLOWED.aspect)
    else:
        if not reading.shows_something:
            yield Finding(BLANK, ".div", rule=BLANK.aspect)


class _NotAllowed(Exception):
    """Ends the reading; `what` is said in English and French and never quotes the text."""

    def __init__(self, what: tuple[str, str], line: int) -> None:
        super().__init__(what[0])
        self.what = what
        self.line = line


class _Reading:
    """One pass of an XML parser, without document types, entities of one's own, or namespaces other than XHTML."""

    def __init__(self) -> None:
        self.shows_something = False
        self._inside = False
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._forbid(("a DOCTYPE", "un DOCTYPE"))
        parser.ProcessingInstructionHandler = self._forbid(
            ("a processing instruction", "une instruction de traitement")
        )

    def read(self, text: str) -> None:
        try:
            self._parser.Parse(text.encode("utf-8", "replace"), True)
        except expat.ExpatError:
            raise self._refusal(("what is no well-formed XML", "ce qui n’est pas du XML bien formé")) from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._inside:
            self._root(name, attributes)
        if name not in _ELEMENTS:
            raise self._refusal(("an element", "un élément"))
        allowed = _ATTRIBUTES.get(name, _NONE)
        for attribute, value in attributes.items():
            if attribute == "xmlns" and value == _NAMESPACE:
                continue
            if attribute not in _EVERYWHERE and attribute not in allowed:
                raise self._refusal(("an attribute", "un attribut"))
            plain = _IGNORED.sub("", value).lower()
            if _CODE_IN_STYLE.search(plain) if attribute == "style" else _CODE.match(plain):
                raise self._refusal(("an attribute that runs code", "un attribut qui exécute du code"))
        self.shows_something = self.shows_something or name == "img"

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        self._inside = True
        if name != "div" or attributes.get("xmlns") != _NAMESPACE:
            raise self._refusal(_ROOT)

    def _text(self, text: str) -> None:
        self.shows_something = self.shows_something or not text.isspace()

    def _forbid(self, what: tuple[str, str]) -> Callable[..., None]:
        def refuse(*_: object) -> None:
            raise self._refusal(what)

        return refuse

    def _refusal(self, what: tuple[str, str]) -> _NotAllowed:
        return _NotAllowed(what, self._parser.CurrentLineNumber)
