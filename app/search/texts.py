"""Tokens, references, strings and uris in a FHIR value. Broken data yields nothing and raises nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.fhir.reference import Target, Uri, logical, parse
from app.search.normal import canonical, folded, limited, token, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from app.fhir.resource import Json
    from app.search.parameters import Kind, Parameter

IDENTIFIER = ":identifier"
"""`patient:identifier` holds the tokens of the identifiers inside the references of `patient`."""


class Texts(NamedTuple):
    """The texts of one value, the text it is ordered by, and what is added to the name they are kept under."""

    texts: tuple[str, ...]
    sort: str = ""
    under: str = ""


def texts_of(parameter: Parameter, data_type: str, value: Json) -> Iterable[Texts]:
    """What one value of a FHIR data type adds to a parameter that is a token, reference, string or uri."""
    return _READERS[parameter.kind](parameter, data_type, value)


def reference_text(target: Target) -> str:
    """A reference without its version: Patient/x, or the whole address where it has one."""
    return limited(f"{target.base}/{target.type}/{target.id}".removeprefix("/"))


def _token(parameter: Parameter, data_type: str, value: Json) -> Iterator[Texts]:
    for system, code in _codes(data_type, value):
        if parameter.has_systems and (found := tokens(system, code)):
            yield Texts(found, limited(code))
        elif code:
            yield Texts((token(None, code),), limited(code))


def _codes(data_type: str, value: Json) -> Iterator[tuple[str, str]]:
    """The pairs of system and code in a value; no system is ""."""
    if data_type == "CodeableConcept":
        codings = value.get("coding") if isinstance(value, dict) else None
        for coding in codings if isinstance(codings, list) else ():
            yield from _codes("Coding", coding)
    elif data_type in _PAIRS:
        system, code = _PAIRS[data_type]
        yield _member(value, system), _member(value, code)
    elif isinstance(value, bool):
        yield "", "true" if value else "false"
    else:
        yield "", _text(value)


_PAIRS: Mapping[str, tuple[str, str]] = {
    "Coding": ("system", "code"),
    "Identifier": ("system", "value"),
    "ContactPoint": ("", "value"),  # its system says phone or email, which is no namespace of the value
}
"""Data type → the elements that hold system and code: https://hl7.org/fhir/R4/search.html#token"""


def _string(_: Parameter, data_type: str, value: Json) -> Iterator[Texts]:
    for part in _parts(data_type, value):
        if text := limited(folded(part)):
            yield Texts((text,), text)


def _parts(data_type: str, value: Json) -> Iterator[str]:
    if data_type not in _PARTS:
        yield _text(value)
    elif isinstance(value, dict):
        for name in _PARTS[data_type]:
            part = value.get(name)
            yield from map(_text, part if isinstance(part, list) else (part,))


_PARTS: Mapping[str, tuple[str, ...]] = {
    "HumanName": ("family", "given", "text", "prefix", "suffix"),
    "Address": ("text", "line", "city", "district", "state", "postalCode", "country"),
}


def _reference(parameter: Parameter, data_type: str, value: Json) -> Iterator[Texts]:
    if data_type == "canonical":
        yield from _uri(parameter, data_type, value)
        return
    if data_type == "Resource":
        value = f"{_member(value, 'resourceType')}/{_member(value, 'id')}"
    target = parse(value)
    if isinstance(target, Uri):
        yield Texts((limited(target.text),))
    elif isinstance(target, Target) and parameter.may_target(target.type):
        yield Texts((reference_text(target),))
    identifier = logical(value)
    if identifier and (not identifier.type or parameter.may_target(identifier.type)):
        yield Texts(tokens(identifier.system, identifier.value), under=IDENTIFIER)


def _uri(_: Parameter, data_type: str, value: Json) -> Iterator[Texts]:
    if text := _text(value):
        yield Texts(canonical(text) if data_type == "canonical" else (limited(text),), limited(text))


_READERS: Mapping[Kind, Callable[[Parameter, str, Json], Iterator[Texts]]] = {
    "token": _token,
    "string": _string,
    "reference": _reference,
    "uri": _uri,
}


def _member(value: Json, name: str) -> str:
    return _text(value.get(name)) if isinstance(value, dict) else ""


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
