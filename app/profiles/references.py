"""References: their syntax, the types they may point at, and agreement with `type`.

Source: https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.fhir.elements import is_resource_type
from app.fhir.reference import Contained, Target, Uri, parse
from app.fhir.remembering import remembered
from app.profiles.finding import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.reference import Parsed
    from app.fhir.resource import Json
    from app.profiles.scope import Scope

SYNTAX = Kind(
    "syntax",
    "value",
    "{path} is not a reference: write Type/id with a FHIR type (perhaps /_history/version after it), an absolute URL, "
    "urn:uuid:, urn:oid: or # with the id of a contained resource.",
    "{path} n’est pas une référence : écrivez Type/id avec un type FHIR (suivi au besoin de /_history/version), une "
    "URL absolue, urn:uuid:, urn:oid: ou # suivi de l’id d’une ressource contenue.",
)
TARGET = Kind(
    "target",
    "structure",
    "{path} points at a type that is not allowed here. Point at one of: {allowed}.",
    "{path} désigne un type non autorisé ici. Désignez l’un de : {allowed}.",
)
TYPE_DISAGREES = Kind(
    "agreement",
    "value",
    "{path} names another type than the reference beside it. Make them agree or leave the type out.",
    "{path} nomme un autre type que la référence à côté. Accordez-les ou retirez le type.",
)
TYPE_UNKNOWN = Kind(
    "type",
    "code-invalid",
    "{path} is not the name of an R4 resource type. Correct it or leave it out.",
    "{path} n’est pas le nom d’un type de ressource R4. Corrigez-le ou retirez-le.",
)
NOT_CONTAINED = Kind(
    "ref-1",
    "invariant",
    "{path} refers to a contained resource that is not there. Add it to `contained` or correct the reference.",
    "{path} désigne une ressource contenue absente. Ajoutez-la à `contained` ou corrigez la référence.",
)

_CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
_CONDITIONAL = re.compile(r"(?P<type>[A-Z][A-Za-z]{1,63})\?[^\s?#=]+=[^\s#]*")
_URN = re.compile(
    r"(?i:urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+|(?!(?i:urn:)).+",
    re.DOTALL,
)


def reference_findings(value: Mapping[str, Json], targets: tuple[str, ...], scope: Scope) -> Iterator[Finding]:
    """What is wrong with a Reference that may point at the types in `targets` (none or "Resource": at any)."""
    named = _named_type(value)
    if named is not None and not is_resource_type(named):
        yield Finding(TYPE_UNKNOWN, ".type")
        named = None
    text = value.get("reference")
    pointed: str | None = None
    if isinstance(text, str) and text.strip():
        pointed, findings = _literal(text, scope)
        yield from findings
        if pointed and named and pointed != named:
            yield Finding(TYPE_DISAGREES, ".type")
    yield from _target(pointed or named, targets)


def is_plain_reference(value: Mapping[str, Json], targets: tuple[str, ...], scope: Scope) -> bool:
    """Whether `reference_findings` has nothing to say, as a quick look tells of nearly all references: of nothing but
    Type/id, perhaps with a base, an identifier or a text; in a Bundle a reference first means an entry."""
    text = value.get("reference")
    if scope.in_bundle or "type" in value or not isinstance(text, str):
        return False
    kind = _plain_type(text)
    return kind is not None and (kind in targets or not targets or "Resource" in targets)


@remembered
def _plain_type(text: str) -> str | None:
    """The type that a literal reference points at, if that is plain."""
    target = parse(text)
    return target.type if isinstance(target, Target) and is_resource_type(target.type) else None


def target_type(value: Mapping[str, Json], scope: Scope) -> str | None:
    """The resource type a Reference points at, as far as it can be known from the document."""
    text = value.get("reference")
    pointed = _literal(text, scope)[0] if isinstance(text, str) else None
    return pointed or _named_type(value)


def _literal(text: str, scope: Scope) -> tuple[str | None, tuple[Finding, ...]]:
    """The type a literal reference points at, and what is wrong with it."""
    parsed = parse(text)
    if isinstance(parsed, Contained):
        return _contained(parsed.id, scope)
    if scope.in_bundle and (kind := scope.entries.get(text)):
        return kind, ()
    if isinstance(parsed, Target):
        return _typed(parsed)
    if parsed is None and scope.in_transaction and (found := _CONDITIONAL.fullmatch(text)):
        return found["type"], ()
    return None, () if _is_uri(parsed) else (Finding(SYNTAX, ".reference"),)


def _is_uri(parsed: Parsed | None) -> bool:
    return isinstance(parsed, Uri) and _URN.fullmatch(parsed.text) is not None


def _typed(target: Target) -> tuple[str | None, tuple[Finding, ...]]:
    if is_resource_type(target.type):
        return target.type, ()
    # An absolute URL need not be the address of a resource on a FHIR server.
    return None, () if target.base else (Finding(SYNTAX, ".reference"),)


def _contained(identity: str, scope: Scope) -> tuple[str | None, tuple[Finding, ...]]:
    if not identity and scope.container:
        return scope.container.type, ()
    if identity in scope.contained:
        return scope.contained[identity], ()
    return None, (Finding(NOT_CONTAINED, ".reference", rule=NOT_CONTAINED.aspect),)


def _named_type(value: Mapping[str, Json]) -> str | None:
    text = value.get("type")
    return text.removeprefix(_CORE) if isinstance(text, str) and (_CORE in text or ":" not in text) else None


def _target(kind: str | None, targets: tuple[str, ...]) -> Iterator[Finding]:
    if kind and targets and kind not in targets and "Resource" not in targets:
        yield Finding(TARGET, facts={"allowed": ", ".join(targets)})
