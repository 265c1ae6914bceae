"""Tokens, references, strings and uris in a FHIR value. Broken data yields nothing and raises nothing.

`text_reader` looks at parameter and data type once; what it answers reads values, millions of them in a load."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from app.fhir.reference import Target, Uri, logical, parse
from app.fhir.remembering import remembered, remembered_pair
from app.search.normal import canonical, folded, limited, token, tokens
from app.search.tracing import TRACED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from app.fhir.resource import Json
    from app.search.parameters import Kind, Parameter

IDENTIFIER = ":identifier"
"""`patient:identifier` holds the tokens of the identifiers inside the references of `patient`."""


class Texts(NamedTuple):
    """The distinct texts of one value, the text it is ordered by, and what is added to the name they are kept under."""

    texts: tuple[str, ...]
    sort: str = ""
    under: str = ""


TextReader: TypeAlias = "Callable[[Json], Iterable[Texts]]"
Codes: TypeAlias = "Iterable[tuple[str, str]]"


def text_reader(parameter: Parameter, data_type: str) -> TextReader:
    """Reads what a value of a FHIR data type adds to a parameter that is a token, reference, string or uri."""
    return _READERS[parameter.kind](parameter, data_type)


def reference_text(target: Target) -> str:
    """A reference without its version: Patient/x, or the whole address where it has one."""
    return limited(f"{target.base}/{target.type}/{target.id}".removeprefix("/"))


def _token(parameter: Parameter, data_type: str) -> TextReader:
    """Texts from the pairs of system and code in a value; no system is ""."""
    if traced := TRACED.get(data_type):
        return lambda value: _together(traced(value))
    codes = _CODES.get(data_type, _plain_code)
    of_pair = _in_system if parameter.has_systems else _alone
    return lambda value: [of_pair(system, code) for system, code in codes(value) if code or system]


@remembered_pair
def _in_system(system: str, code: str) -> Texts:
    return Texts(tokens(system, code), limited(code))


@remembered_pair
def _alone(_: str, code: str) -> Texts:
    return Texts((token(None, code),), limited(code))


def _concept(value: Json) -> Codes:
    codings = value.get("coding") if isinstance(value, dict) else None
    return [_coding(coding) for coding in codings] if isinstance(codings, list) else []


def _pair(value: Json) -> Codes:
    return [_coding(value)]


def _coding(value: Json) -> tuple[str, str]:
    if not isinstance(value, dict):
        return "", ""
    return _text(value.get("system")), _text(value.get("code"))


def _identifier(value: Json) -> Codes:
    return [(_member(value, "system"), _member(value, "value"))]


def _contact(value: Json) -> Codes:
    """Its system says phone or email, which is no namespace of the value."""
    return [("", _member(value, "value"))]


def _plain_code(value: Json) -> Codes:
    if isinstance(value, bool):
        return [("", "true" if value else "false")]
    return [("", _text(value))]


_CODES: Mapping[str, Callable[[Json], Codes]] = {
    "CodeableConcept": _concept,
    "Coding": _pair,
    "Identifier": _identifier,
    "ContactPoint": _contact,
}
"""Data type → its codes: https://hl7.org/fhir/R4/search.html#token"""


def _together(codes: Iterable[str]) -> list[Texts]:
    """Codes of one value, which is ordered, and counted, by all of them: "udi expiry"."""
    found = [code for code in codes if code]
    return [Texts(tuple(dict.fromkeys(token(None, code) for code in found)), limited(" ".join(found)))] if found else []


def _string(_: Parameter, data_type: str) -> TextReader:
    parts = TRACED.get(data_type) or _parts_of(_PARTS.get(data_type))
    return lambda value: [found for part in parts(value) if (found := _folded(part)) is not None]


@remembered
def _folded(text: str) -> Texts | None:
    found = limited(folded(text))
    return Texts((found,), found) if found else None


def _parts_of(names: tuple[str, ...] | None) -> Callable[[Json], Iterable[str]]:
    """Reads the texts of some elements, or the value itself as one."""
    if names is None:
        return lambda value: (value,) if isinstance(value, str) else ()

    def parts(value: Json) -> list[str]:
        found = [value[name] for name in names if name in value] if isinstance(value, dict) else []
        items = [item for part in found for item in (part if isinstance(part, list) else (part,))]
        return [item for item in items if isinstance(item, str)]

    return parts


_PARTS: Mapping[str, tuple[str, ...]] = {
    "HumanName": ("family", "given", "text", "prefix", "suffix"),
    "Address": ("text", "line", "city", "district", "state", "postalCode", "country"),
}


def _reference(parameter: Parameter, data_type: str) -> TextReader:
    if data_type == "canonical":
        return _uri(parameter, data_type)

    def read(value: Json) -> list[Texts]:
        literal = value.get("reference") if isinstance(value, dict) else value
        found = []
        if isinstance(literal, str):
            type_name, texts = _literal(literal)
            if texts is not None and (type_name is None or parameter.may_target(type_name)):
                found.append(texts)
        identifier = logical(value)
        if identifier and (not identifier.type or parameter.may_target(identifier.type)):
            found.append(Texts(tokens(identifier.system, identifier.value), under=IDENTIFIER))
        return found

    if data_type == "Resource":
        return lambda value: read(f"{_member(value, 'resourceType')}/{_member(value, 'id')}")
    return read


@remembered
def _literal(reference: str) -> tuple[str | None, Texts | None]:
    """The type that a literal reference points at, None where it does not say one, and its text."""
    target = parse(reference)
    if isinstance(target, Target):
        return target.type, Texts((reference_text(target),))
    return None, Texts((limited(target.text),)) if isinstance(target, Uri) else None


def _uri(_: Parameter, data_type: str) -> TextReader:
    read = _canonical if data_type == "canonical" else _address
    return lambda value: (read(value),) if isinstance(value, str) and value else ()


@remembered
def _canonical(text: str) -> Texts:
    return Texts(canonical(text), limited(text))


@remembered
def _address(text: str) -> Texts:
    return Texts((limited(text),), limited(text))


_READERS: Mapping[Kind, Callable[[Parameter, str], TextReader]] = {
    "token": _token,
    "string": _string,
    "reference": _reference,
    "uri": _uri,
}


def _member(value: Json, name: str) -> str:
    return _text(value.get(name)) if isinstance(value, dict) else ""


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
