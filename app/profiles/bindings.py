"""Required bindings: codes from a closed list, and the two lists that are not spelled out per element.

The lists of `code` elements come with the elements themselves (`Element.codes`); here are the CodeableConcepts with a
required binding, currencies (ISO 4217) and MIME types (BCP 13). https://hl7.org/fhir/R4/terminologies.html#required
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.profiles.currencies import CURRENCIES
from app.profiles.finding import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.fhir.resource import Json

CODE = Kind(
    "binding",
    "code-invalid",
    "{path} must be one of these codes: {allowed}.",
    "{path} doit être l’un de ces codes : {allowed}.",
)
CONCEPT = Kind(
    "binding",
    "code-invalid",
    "{path} must have a coding of {system} with one of these codes: {allowed}.",
    "{path} doit avoir un coding de {system} avec l’un de ces codes : {allowed}.",
)
FORM = Kind(
    "binding",
    "code-invalid",
    "{path} must be {expected}.",
    "{path} doit être {expected}.",
)


@dataclass(frozen=True, slots=True)
class Concepts:
    """The codes of one system of which a CodeableConcept must carry one."""

    system: str
    codes: frozenset[str]

    def __contains__(self, coding: tuple[Json, Json]) -> bool:
        system, code = coding
        return system == self.system and isinstance(code, str) and code in self.codes


@dataclass(frozen=True, slots=True)
class Form:
    """A binding to a list too long to be quoted, checked by a rule; the texts say what is expected."""

    contains: Callable[[str], object]
    en: str
    fr: str


def code_findings(value: Json, codes: frozenset[str]) -> Iterator[Finding]:
    """A code outside the list of a required binding."""
    if not isinstance(value, str) or value not in codes:
        yield Finding(CODE, facts={"allowed": ", ".join(sorted(codes))})


def concept_findings(value: Mapping[str, Json], concepts: Concepts) -> Iterator[Finding]:
    """A CodeableConcept none of whose codings is on the list; one without any coding is text only and refused too."""
    codings = value.get("coding")
    for coding in codings if isinstance(codings, list) else ():
        if isinstance(coding, dict) and (coding.get("system"), coding.get("code")) in concepts:
            return
    yield Finding(CONCEPT, facts={"system": concepts.system, "allowed": ", ".join(sorted(concepts.codes))})


def form_findings(value: str, form: Form) -> Iterator[Finding]:
    """A code that breaks the rule of a list too long to be quoted."""
    if not form.contains(value):
        yield Finding(FORM, facts={"expected": (form.en, form.fr)})


def concepts_of(type_name: str, element: str) -> Concepts | None:
    """The required binding of a CodeableConcept element, if it has one."""
    return _CONCEPTS.get((type_name, element))


def form_of(type_name: str, element: str) -> Form | None:
    """The rule for a code element bound to currencies or MIME types."""
    return _FORMS.get((type_name, element))


_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem/"
_CONCEPTS: Final[Mapping[tuple[str, str], Concepts]] = MappingProxyType(
    {
        ("Condition", "clinicalStatus"): Concepts(
            _TERMINOLOGY + "condition-clinical",
            frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"}),
        ),
        ("Condition", "verificationStatus"): Concepts(
            _TERMINOLOGY + "condition-ver-status",
            frozenset({"unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"}),
        ),
        ("SupplyDelivery", "type"): Concepts(
            _TERMINOLOGY + "supply-item-type",
            frozenset({"medication", "device"}),
        ),
    }
)

_CURRENCY: Final = Form(
    CURRENCIES.__contains__, "a currency code of ISO 4217, such as EUR", "un code de devise ISO 4217, comme EUR"
)
_MIME_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+\-]{0,126}"
_MIME_TYPE: Final = Form(
    re.compile(rf"{_MIME_NAME}/{_MIME_NAME}(?: ?;[ -~]+)?").fullmatch,
    "a MIME type such as application/pdf",
    "un type MIME comme application/pdf",
)
_FORMS: Final[Mapping[tuple[str, str], Form]] = MappingProxyType(
    {
        ("Attachment", "contentType"): _MIME_TYPE,
        ("Money", "currency"): _CURRENCY,
        ("Signature", "sigFormat"): _MIME_TYPE,
        ("Signature", "targetFormat"): _MIME_TYPE,
    }
)
